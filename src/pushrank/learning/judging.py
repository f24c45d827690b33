"""Rows with every score given to them, as plain columns: what a recipe hands to the evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pushrank.domain.instants import Instant, iso
from pushrank.features.snapshot import NEVER
from pushrank.learning import baselines
from pushrank.learning.baselines import Baseline
from pushrank.learning.dataset import Rows
from pushrank.learning.errors import LearningError
from pushrank.scoring.heads import HeadScorer
from pushrank.scoring.scorer import Scorer

Floats = npt.NDArray[np.float64]
HeadScores = Mapping[str, Mapping[str, Floats]]

_BATCH = 200_000


def scored(rows: Rows, scorer: Scorer, beside: Mapping[str, Mapping[str, Baseline]]) -> dict[str, dict[str, Floats]]:
    """Scores by head and name, `model` and the baselines; a head that the scorer lacks is left out."""
    model = _in_batches(rows.matrix, scorer)
    without = isinstance(scorer, HeadScorer) and scorer.opt_out is None
    heads = {"click": model[0]} if without else {"click": model[0], "opt_out": model[1]}
    return {
        head: {"model": p, **{name: one.score(rows.matrix) for name, one in beside.get(head, {}).items()}}
        for head, p in heads.items()
    }


def since(rows: Rows, start: Instant | None) -> Rows:
    """Rows sent at or after `start`; all of them for None. LearningError where none is left."""
    some = rows if start is None else rows.take(rows.sent_at >= start)
    if not len(some):
        msg = f"outcomes: expected sends at or after {iso(start or 0)} to judge, got none"
        raise LearningError(msg)
    return some


def columns(rows: Rows, names: Sequence[str], scores: HeadScores) -> dict[str, Any]:
    """Columns of the rows by the names under which the evaluation knows them."""
    categories, place = np.unique(rows.categories.astype(str), return_inverse=True)
    return {
        "user": rows.user,
        "message": rows.message,
        "sent_at": rows.sent_at,
        "category": place.astype(np.int64)[rows.message],
        "categories": tuple(categories.tolist()),
        "click": rows.click,
        "opt_out": rows.opt_out,
        "decision": rows.decision,
        "propensity": rows.propensity,
        "scores": scores,
        "known": rows.matrix[:, list(names).index("user_hours_since_first")] < NEVER,
        "local_hour": rows.local_hour,
    }


def read_baselines(tree: Mapping[str, Any]) -> dict[str, dict[str, Baseline]]:
    """Read the baselines of all heads as `Registry.baselines` gives them."""
    return {head: baselines.from_dict(fields) for head, fields in tree.items()}


def _in_batches(matrix: Floats, scorer: Scorer) -> tuple[Floats, Floats]:
    parts = [scorer.score(matrix[start : start + _BATCH]) for start in range(0, len(matrix), _BATCH)]
    if not parts:
        return np.empty(0), np.empty(0)
    return np.concatenate([part.p_click for part in parts]), np.concatenate([part.p_opt_out for part in parts])
