"""The figures of one score on one set of rows, each with its interval, or null with the reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from pushrank.evaluation.discrimination import auc, average_precision, pairs_within_user, sweep
from pushrank.evaluation.ordering import group_figures
from pushrank.evaluation.probability import (
    drawn_probabilities,
    expected_calibration_error,
    log_loss,
    normalized_entropy,
)
from pushrank.evaluation.resampling import Interval, Resample, by_user, interval, ratio, unbiased_interval
from pushrank.evaluation.rows import Bytes, Floats, Ints

Tree: TypeAlias = dict[str, Any]

CUTS = (1, 5)
NO_ROWS = "no rows with a known label"
NO_PROBABILITY = "the scores order rows but are no probabilities"
NO_PAIR = "no user has both a positive and a negative"
NO_CHOICE = "no group has two rows and a positive"


@dataclass(frozen=True, slots=True)
class Drawing:
    """How intervals are drawn: number of rounds, bins of calibration, seed."""

    rounds: int
    bins: int
    seed: int


def figure(value: float, bounds: Interval | None, reason: str) -> Tree:
    """One figure as JSON has it: value and 95 % interval; a value that is not finite becomes null with the reason."""
    if not math.isfinite(value):
        return {"value": None, "interval": None, "reason": reason}
    return {"value": value, "interval": None if bounds is None else list(bounds)}


def head_figures(y: Bytes, score: Floats, user: Ints, drawing: Drawing, *, probabilities: bool = True) -> Tree:
    """All figures of CONTRACT section 1 for one head.

    Parameters
    ----------
    y
        int8[n], 1 and 0 only.
    score
        float64[n].
    user
        int64[n]; intervals draw users.
    drawing
        Rounds, bins and seed.
    probabilities
        False for a score that only orders; its losses and calibration are null.
    """
    draws = by_user(user, drawing.rounds, drawing.seed)
    classes = _classes(y)
    drawn_auc, drawn_precision = sweep(y, score, draws)
    return {
        "n": len(y),
        "positives": int((y == 1).sum()),
        "auc": figure(auc(y, score), interval(drawn_auc), classes),
        "auc_within_user": _within_user(y, score, user, drawing),
        "average_precision": figure(average_precision(y, score), interval(drawn_precision), classes),
        **(_probability_figures(y, score, drawing, draws) if probabilities else _no_probability_figures()),
    }


def _classes(y: Bytes) -> str:
    positives = int((y == 1).sum())
    return f"one class only: {positives} positives in {len(y)} rows" if len(y) else NO_ROWS


def _within_user(y: Bytes, score: Floats, user: Ints, drawing: Drawing) -> Tree:
    pairs = pairs_within_user(y, score, user)
    sums = by_user(pairs.user, drawing.rounds, drawing.seed).sums(np.stack([pairs.won, pairs.total], axis=1))
    return figure(_mean(pairs.won, pairs.total), interval(ratio(sums[:, 0], sums[:, 1])), NO_PAIR)


def _mean(part: Floats, whole: Floats) -> float:
    total = float(whole.sum())
    return float(part.sum()) / total if total > 0 else math.nan


def _probability_figures(y: Bytes, p: Floats, drawing: Drawing, draws: Resample) -> Tree:
    drawn = drawn_probabilities(y, p, drawing.bins, draws)
    error = expected_calibration_error(y, p, drawing.bins)
    return {
        "log_loss": figure(log_loss(y, p), interval(drawn.log_loss), NO_ROWS),
        "normalized_entropy": figure(normalized_entropy(y, p), interval(drawn.normalized_entropy), _classes(y)),
        "expected_calibration_error": figure(
            error, unbiased_interval(drawn.expected_calibration_error, error), NO_ROWS
        ),
    }


def _no_probability_figures() -> Tree:
    names = ("log_loss", "normalized_entropy", "expected_calibration_error")
    return {name: figure(math.nan, None, NO_PROBABILITY) for name in names}


def ranking_figures(y: Bytes, score: Floats, user: Ints, group: Ints, drawing: Drawing) -> Tree:
    """Give nDCG and the reciprocal rank over groups, with the numbers of groups counted and left out."""
    found = group_figures(y, score, user, group, CUTS)
    columns = np.column_stack([*(found.ndcg[cut] for cut in CUTS), found.mrr, np.ones(len(found.user))])
    sums = by_user(found.user, drawing.rounds, drawing.seed).sums(columns)
    counts = columns[:, -1]
    names = [*(f"ndcg@{cut}" for cut in CUTS), "mrr"]
    tree: Tree = {
        name: figure(_mean(columns[:, place], counts), interval(ratio(sums[:, place], sums[:, -1])), NO_CHOICE)
        for place, name in enumerate(names)
    }
    return {
        **tree,
        "groups": len(found.user),
        "left_out": {"single_row": found.single_row, "without_positive": found.without_positive},
    }
