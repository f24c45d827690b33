"""The points behind the pictures: lift, reliability, rates by hour."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from pushrank.evaluation.figures import Tree
from pushrank.evaluation.probability import reliability, wilson
from pushrank.evaluation.rows import Bytes, Floats

SHARES = tuple(round(0.05 * step, 2) for step in range(21))


def curves(y: Bytes, scores: Mapping[str, Floats], hour: Bytes, model: str, bins: int) -> Tree:
    """Points for one head; empty lists where there are no rows or no positives."""
    score = scores[model]
    return {
        "lift": lift(y, scores),
        "reliability": [dataclasses.asdict(one) for one in reliability(y, score, bins)],
        "hour": by_hour(y, score, hour),
    }


def lift(y: Bytes, scores: Mapping[str, Floats]) -> Tree:
    """Share of the positives among the best-scored share of rows, for each score; ties in expectation."""
    if not (y == 1).any():
        return {"share_of_rows": [], "share_of_positives": {}}
    captured = {name: _captured(y, score).tolist() for name, score in scores.items()}
    return {"share_of_rows": list(SHARES), "share_of_positives": captured}


def _captured(y: Bytes, score: Floats) -> Floats:
    _, block = np.unique(-score, return_inverse=True)
    rows = np.concatenate([[0], np.cumsum(np.bincount(block))])
    positives = np.concatenate([[0.0], np.cumsum(np.bincount(block, weights=y == 1))])
    return np.asarray(np.interp(SHARES, rows / rows[-1], positives / positives[-1]))


def by_hour(y: Bytes, p: Floats, hour: Bytes) -> list[Tree]:
    """For each local hour that has rows: rows, observed rate with interval, mean prediction."""
    rows = np.bincount(hour, minlength=24)
    positives = np.bincount(hour, weights=y == 1, minlength=24)
    predicted = np.bincount(hour, weights=p, minlength=24)
    return [
        {
            "hour": place,
            "n": int(rows[place]),
            "observed": float(positives[place] / rows[place]),
            "interval": list(wilson(float(positives[place]), int(rows[place]))),
            "predicted": float(predicted[place] / rows[place]),
        }
        for place in np.flatnonzero(rows).tolist()
    ]
