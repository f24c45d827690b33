"""What the logged propensities can carry: the value of the policy that wrote the log, and how far its weights reach."""

from __future__ import annotations

import math

import numpy as np

from pushrank.evaluation.figures import Drawing, Tree, figure
from pushrank.evaluation.resampling import by_user, interval, ratio
from pushrank.evaluation.rows import ScoredRows

# Below this chance a row would count for more than a thousand others.
SUPPORT = 0.001
NO_ESTIMATE = (
    "the rows carry the propensity of what was chosen only; the value of another policy also needs what else could have"
    " been chosen, with its scores"
)


def off_policy(rows: ScoredRows, drawing: Drawing) -> Tree | None:
    """Diagnose the weights of inverse propensity scoring; None where the log has no propensity.

    `effective_sample_size` is (sum w)^2 / sum w^2 with w = 1 / propensity (Kish 1965), `largest_weight` the largest
    share of one row in the sum of weights, `support` the share of rows with a propensity of at least `SUPPORT`.
    `behaviour_value` is clicks per push of the policy that wrote the log, which needs no weights.
    """
    given = ~np.isnan(rows.propensity)
    if not given.any():
        return None
    propensity = rows.propensity[given]
    outside = int(((propensity <= 0) | (propensity > 1)).sum())
    head: Tree = {"rows": int(given.sum()), "rows_without": int((~given).sum())}
    if outside:
        reason = f"propensity: expected above 0 and at most 1, got {outside} of {len(propensity)} rows outside"
        return {**head, "reason": reason}
    weights = 1.0 / propensity
    return {
        **head,
        "mean_propensity": float(propensity.mean()),
        "smallest_propensity": float(propensity.min()),
        "effective_sample_size": float(weights.sum() ** 2 / (weights**2).sum()),
        "largest_weight": float(weights.max() / weights.sum()),
        "support": float((propensity >= SUPPORT).mean()),
        "behaviour_value": _behaviour_value(rows, given, drawing),
        "candidate_value": figure(math.nan, None, NO_ESTIMATE),
    }


def _behaviour_value(rows: ScoredRows, given: np.typing.NDArray[np.bool_], drawing: Drawing) -> Tree:
    seen = given & (rows.click >= 0)
    clicks = (rows.click[seen] == 1).astype(np.float64)
    sums = by_user(rows.user[seen], drawing.rounds, drawing.seed).sums(np.column_stack([clicks, np.ones(len(clicks))]))
    value = float(clicks.mean()) if len(clicks) else math.nan
    return figure(value, interval(ratio(sums[:, 0], sums[:, 1])), "no rows with a known click")
