"""What the log says about permission: its worth and the pushes a week by cohort, and how much of that it could tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pushrank.domain.permission import Cohort
from pushrank.learning.cohorts import Counts, Grid, counted, grid_of
from pushrank.learning.dataset import Rows
from pushrank.learning.observed import Observed, observed
from pushrank.learning.response import LEAST_POSITIVES, Response, response_of
from pushrank.learning.spells import READ, Ints, Spells, spells_of
from pushrank.learning.worth import cohort_values, pooled_value
from pushrank.scoring.permission import Permission


@dataclass(frozen=True, slots=True)
class Study:
    """What goes into the bundle, what is remembered of how it was found, and what the log shows.

    `clicks` were counted in each cohort and, last, of everybody; `observed` is by activity.
    """

    permission: Permission
    clicks: Sequence[float]
    facts: Mapping[str, Any]
    observed: Sequence[Observed]


def study(rows: Rows, names: Sequence[str], discount_days: float) -> Study:
    """Learn from all rows of a log; `names` are those of its matrix. A click after `discount_days` counts 1/e."""
    spells = spells_of(rows, names)
    grid = grid_of(spells)
    place = grid.place(spells.activity, spells.click_rate)
    counts, answer = counted(spells, place, grid.cohorts), response_of(spells, place, grid.cohorts)
    permission = Permission(
        levels=() if answer is None else answer.levels,
        activity_edges=grid.activity,
        click_edges=grid.clicks,
        cohorts=tuple(_cohorts(cohort_values(counts, discount_days).tolist(), counts, answer)),
        pooled=_everybody(spells, discount_days),
    )
    gaps = list(_untold(spells, grid, names, answer))
    facts = {"cohorts": grid.cohorts, "user_days": float(counts.days.sum()), "not_told": "; ".join(gaps) or "nothing"}
    clicks = (*counts.clicks.tolist(), float(counts.clicks.sum()))
    return Study(permission, clicks, facts, observed(spells))


def _everybody(spells: Spells, discount_days: float) -> Cohort:
    everyone = np.zeros(spells.user.size, dtype=np.int64)
    counts = counted(spells, everyone, 1)
    (one,) = _cohorts([pooled_value(counts, discount_days)], counts, response_of(spells, everyone, 1))
    return one


def _cohorts(values: Sequence[float], counts: Counts, answer: Response | None) -> Iterator[Cohort]:
    positives: Ints = counts.positives
    for place, value in enumerate(values):
        yield Cohort(
            value=value,
            clicks=() if answer is None else tuple(answer.clicks[place].tolist()),
            opt_outs=() if answer is None else tuple(answer.opt_outs[place].tolist()),
            user_days=float(counts.days[place]),
            positives=int(positives[place]),
        )


def _untold(spells: Spells, grid: Grid, names: Sequence[str], answer: Response | None) -> Iterator[str]:
    """What the log could not tell, and what stands for it."""
    left_out = [name for name in READ if name not in names]
    if left_out:
        yield f"without {', '.join(left_out)}: left out of the features"
    if not grid.activity:
        yield "one level of activity: the log has none, or too few user-days at other levels"
    if not grid.clicks:
        yield "one level of clicks: too few user-days at other levels"
    if not (spells.opt_out == 1).any():
        yield "no opt-outs: the prior rate stands for them, and no pushes a week are recommended"
    elif answer is None:
        yield f"fewer than {LEAST_POSITIVES} clicks or opt-outs after whole weeks: no pushes a week are recommended"
