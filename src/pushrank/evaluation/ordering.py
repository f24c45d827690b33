"""How well a score orders what could be chosen among: nDCG and the reciprocal rank over groups of rows.

Ties: a figure is its expected value over all orders of rows with equal scores. Groups without a positive, and groups of
one row, where nothing is ordered, are left out and counted; a score cannot win or lose by them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.domain.instants import DAY
from pushrank.evaluation.rows import NONE, Bytes, Floats, Ints

# 1970-01-01 was a Thursday; ISO weeks start on Mondays.
_DAYS_SINCE_MONDAY = 3


def iso_week(sent_at: Ints) -> Ints:
    """Return the number of the ISO week (UTC, from Monday), int64[n]; the week of 1970-01-01 is 0."""
    return (sent_at // DAY + _DAYS_SINCE_MONDAY) // 7


def group_rows(user: Ints, sent_at: Ints, decision: Ints) -> Ints:
    """Return the number of each row's group, int64[n] from 0: the rows of one decision, else of one user and ISO week.

    A decision with one row has nothing to order; its row is taken to its user and week.
    """
    _, place, size = np.unique(decision, return_inverse=True, return_counts=True)
    together = (decision != NONE) & (size[place] > 1)
    keys = np.stack([together, np.where(together, decision, user), np.where(together, 0, iso_week(sent_at))])
    return np.asarray(np.unique(keys, axis=1, return_inverse=True)[1], dtype=np.int64).reshape(-1)


@dataclass(frozen=True, slots=True, eq=False)
class GroupFigures:
    """Figures of every group that orders something, and how many were left out.

    Attributes
    ----------
    ndcg
        For each cut k, float64[groups].
    mrr
        float64[groups].
    user
        int64[groups], the user of each group.
    single_row, without_positive
        Numbers of groups left out.
    """

    ndcg: dict[int, Floats]
    mrr: Floats
    user: Ints
    single_row: int
    without_positive: int


def group_figures(y: Bytes, score: Floats, user: Ints, group: Ints, cuts: tuple[int, ...]) -> GroupFigures:
    """Judge `score` in each group. `group` is int64[n] from 0 without gaps, `cuts` are the depths of nDCG.

    nDCG@k is DCG@k over the best DCG@k there is, with a gain of 1 for a positive and a discount of 1 / log2(rank + 1)
    (Jaervelin and Kekaelaeinen 2002). The reciprocal rank is that of the first positive.
    """
    order = np.lexsort((-score, group))
    ordered, gain, rank = group[order], *_expected(y[order], score[order], group[order])
    size = np.bincount(ordered)
    positives = np.bincount(ordered, weights=y[order]).astype(np.float64)
    kept = (size > 1) & (positives > 0)
    ndcg = {cut: (_dcg(ordered, gain, rank, cut) / _best_dcg(positives, cut))[kept] for cut in cuts}
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    mrr = _reciprocal_ranks(y[order], score[order], ordered)
    single = int((size == 1).sum())
    return GroupFigures(ndcg, mrr[kept], user[order][first][kept], single, int((~kept).sum()) - single)


def _expected(y: Bytes, score: Floats, group: Ints) -> tuple[Floats, Ints]:
    """Find the expected gain at each place (rows sorted by group and falling score), and the place's rank from 1."""
    block = _blocks(score, group)
    gain = (np.bincount(block, weights=y) / np.bincount(block))[block]
    size = np.bincount(group)
    rank = np.arange(1, len(group) + 1) - (np.cumsum(size) - size)[group]
    return gain, rank


def _blocks(score: Floats, group: Ints) -> Ints:
    new = (np.diff(group, prepend=-1) != 0) | (np.diff(score, prepend=np.nan) != 0)
    return np.cumsum(new, dtype=np.int64) - 1


def _dcg(group: Ints, gain: Floats, rank: Ints, cut: int) -> Floats:
    return np.bincount(group, weights=np.where(rank <= cut, gain / np.log2(rank + 1), 0.0)).astype(np.float64)


def _best_dcg(positives: Floats, cut: int) -> Floats:
    discounts = 1.0 / np.log2(np.arange(2, cut + 2))
    best = np.concatenate([[np.nan], np.cumsum(discounts)])
    return best[np.minimum(positives, cut).astype(np.int64)]


def _reciprocal_ranks(y: Bytes, score: Floats, group: Ints) -> Floats:
    """Find the expected 1 / rank of each group's first positive, float64[groups]; 0 without one.

    The first positive lies in the first block of equal scores that holds one. With m rows, q of them positive, and s
    rows before the block, it stands at s + j with P(j) = C(m - j, q - 1) / C(m, q).
    """
    block = _blocks(score, group)
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    owner = group[starts]
    before = starts - np.searchsorted(group, owner)
    rows, positives = np.bincount(block).astype(np.float64), np.bincount(block, weights=y).astype(np.float64)
    holding = np.flatnonzero(positives > 0)
    owners, first = np.unique(owner[holding], return_index=True)
    chosen = holding[first]
    out = np.zeros(int(group[-1]) + 1 if len(group) else 0)
    out[owners] = _expected_reciprocal(before[chosen], rows[chosen], positives[chosen])
    return out


def _expected_reciprocal(before: Ints, rows: Floats, positives: Floats) -> Floats:
    chance = positives / rows
    total = np.zeros(len(rows))
    for place in range(1, int((rows - positives).max(initial=0)) + 2):
        total += chance / (before + place)
        left = np.maximum(rows - place, 1.0)
        chance = chance * np.maximum(rows - place - positives + 1, 0.0) / left
    return total
