"""How well a score tells rows apart: AUC pooled and within a user, average precision, the AUC to be expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushrank.evaluation.resampling import Interval, Resample, by_user, interval, ratio
from pushrank.evaluation.rows import Bytes, Flags, Floats, Ints
from pushrank.features.compiled import compiled


@compiled
def _sweep(positive: Flags, last: Flags, unit: Ints, weights: NDArray[np.uint8], out: Floats) -> None:
    """Walk the rows from the highest score down, once for each round; `last` ends a block of equal scores."""
    for one in range(weights.shape[0]):
        above = below = block_positive = block_negative = area = precision = 0.0
        for row in range(len(unit)):
            weight = weights[one, unit[row]]
            if positive[row]:
                block_positive += weight
            else:
                block_negative += weight
            if last[row]:
                area += block_negative * (above + 0.5 * block_positive)
                above += block_positive
                below += block_negative
                if block_positive > 0:
                    precision += block_positive * above / (above + below)
                block_positive = block_negative = 0.0
        out[one, 0] = area / (above * below) if above * below > 0 else np.nan
        out[one, 1] = precision / above if above > 0 else np.nan


def sweep(y: Bytes, score: Floats, draws: Resample) -> tuple[Floats, Floats]:
    """AUC and average precision of each round of `draws`, float64[rounds] each, nan where not defined.

    Parameters
    ----------
    y
        int8[n], 1 for positives, 0 for negatives.
    score
        float64[n], higher means more likely positive.
    draws
        The rounds; see `Resample`.
    """
    order = np.argsort(-score, kind="stable")
    falling = score[order]
    last = np.append(falling[1:] != falling[:-1], [True] * bool(len(order)))
    out = np.empty((len(draws.weights), 2))
    _sweep(y[order] == 1, last.astype(np.bool_), draws.unit[order], draws.weights, out)
    return out[:, 0], out[:, 1]


def _once(size: int) -> Resample:
    return Resample(np.zeros(size, dtype=np.int64), np.ones((1, 1), dtype=np.uint8))


def auc(y: Bytes, score: Floats) -> float:
    """Probability that a positive scores above a negative, ties counted half; nan with one class only."""
    return float(sweep(y, score, _once(len(y)))[0][0])


def average_precision(y: Bytes, score: Floats) -> float:
    """Sum of precision times the gain in recall over falling thresholds; nan without positives.

    Equal scores share one threshold, as in scikit-learn's `average_precision_score`.
    """
    return float(sweep(y, score, _once(len(y)))[1][0])


def expected_auc(p_true: Floats, score: Floats) -> float:
    """AUC of `score` where every row is a positive with weight `p_true` and a negative with weight 1 - `p_true`.

    float64[n] each; ties count half; nan if all the weight lies on one class.
    """
    _, block = np.unique(score, return_inverse=True)
    positive = np.bincount(block, weights=p_true)
    negative = np.bincount(block, weights=1.0 - p_true)
    below = np.cumsum(negative) - negative
    pairs = float(positive.sum() * negative.sum())
    won = float(positive @ (below + 0.5 * negative))
    return won / pairs if pairs > 0 else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of a positive and a negative of the same user. Arrays of one entry for each user that has rows.

    Attributes
    ----------
    won
        float64[users], pairs that the score orders rightly, ties counted half.
    total
        float64[users], all pairs.
    user
        int64[users], the user's code.
    """

    won: Floats
    total: Floats
    user: Ints


def pairs_within_user(y: Bytes, score: Floats, user: Ints) -> Pairs:
    """Count each user's pairs, by ranks (Mann and Whitney 1947), with mean ranks for ties."""
    names, place = np.unique(user, return_inverse=True)
    order = np.lexsort((score, place))
    place, rising, positive = place[order], score[order], y[order].astype(np.float64)
    rows = np.bincount(place, minlength=len(names)).astype(np.float64)
    new_user = np.diff(place, prepend=-1) != 0
    block = np.cumsum(new_user | (np.diff(rising, prepend=np.nan) != 0)) - 1
    size = np.bincount(block)
    rank = (np.cumsum(size) - (size - 1) / 2)[block] - (np.cumsum(rows) - rows)[place]
    positives = np.bincount(place, weights=positive, minlength=len(names))
    won = np.bincount(place, weights=positive * rank, minlength=len(names)) - positives * (positives + 1) / 2
    return Pairs(won, positives * (rows - positives), names)


def auc_within_user(y: Bytes, score: Floats, user: Ints) -> float:
    """Probability that a positive scores above a negative of the same user.

    All pairs within a user are pooled, which is the mean of the users' AUCs weighted by their numbers of pairs. A user
    with one class only has no pair and adds nothing. Ties count half; nan if nobody has a pair.
    """
    pairs = pairs_within_user(y, score, user)
    total = float(pairs.total.sum())
    return float(pairs.won.sum()) / total if total > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of two figures of the same rows, with its 95 % interval by user."""

    value: float
    interval: Interval | None


def paired_auc_difference(score_a: Floats, score_b: Floats, y: Bytes, user: Ints, rounds: int, seed: int) -> Difference:
    """AUC of `score_a` minus AUC of `score_b`; both are taken of the same draws of users."""
    draws = by_user(user, rounds, seed)
    drawn = sweep(y, score_a, draws)[0] - sweep(y, score_b, draws)[0]
    return Difference(auc(y, score_a) - auc(y, score_b), interval(drawn))


def paired_auc_within_user_difference(
    score_a: Floats, score_b: Floats, y: Bytes, user: Ints, rounds: int, seed: int
) -> Difference:
    """`auc_within_user` of `score_a` minus that of `score_b`; both are taken of the same draws of users."""
    one, other = (pairs_within_user(y, score, user) for score in (score_a, score_b))
    draws = by_user(one.user, rounds, seed)
    won, total = draws.sums(np.stack([one.won - other.won, one.total], axis=1)).T
    value = auc_within_user(y, score_a, user) - auc_within_user(y, score_b, user)
    return Difference(value, interval(ratio(won, total)))
