"""What an open channel is still expected to bring, in ordinary clicks, and how often suits whom."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from pushrank.domain.permission import Cohort


class Permission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People by usage: cohort `[i * (len(click_edges) + 1) + j]` is that of activity level i and click level j.

    A level is the number of edges (signs of life a day and share of pushes clicked, ascending) that the user has
    reached. `levels` are the pushes a week of which each cohort's `clicks` and `opt_outs` speak, ascending from 0; none
    where the log could not tell. `pooled` is everybody.
    """

    levels: tuple[float, ...]
    activity_edges: tuple[float, ...]
    click_edges: tuple[float, ...]
    cohorts: tuple[Cohort, ...]
    pooled: Cohort

    @classmethod
    def flat(cls, value: float) -> Permission:
        """One value for everybody, and nothing about frequency."""
        everybody = Cohort(value, (), (), 0.0, 0)
        return cls((), (), (), (everybody,), everybody)

    def cohort(self, activity: float, click_rate: float) -> Cohort:
        """Find the cohort of a user by signs of life a day and the share of pushes that are clicked."""
        level = bisect_right(self.activity_edges, activity)
        return self.cohorts[level * (len(self.click_edges) + 1) + bisect_right(self.click_edges, click_rate)]


def check(permission: Permission) -> None:
    """Raise ValueError that names the first field that can't be: a table is read at each request and never doubted."""
    for name in ("levels", "activity_edges", "click_edges"):
        _refuse_unordered(name, getattr(permission, name))
    if permission.levels and permission.levels[0] != 0.0:
        msg = f"levels: expected them to begin at 0, got {permission.levels[0]}"
        raise ValueError(msg)
    expected = (len(permission.activity_edges) + 1) * (len(permission.click_edges) + 1)
    if len(permission.cohorts) != expected:
        msg = f"cohorts: expected {expected}, as many as the edges divide, got {len(permission.cohorts)}"
        raise ValueError(msg)
    for place, cohort in enumerate(permission.cohorts):
        _check_cohort(f"cohorts[{place}]", cohort, len(permission.levels))
    _check_cohort("pooled", permission.pooled, len(permission.levels))


def _refuse_unordered(name: str, figures: Sequence[float]) -> None:
    if not all(0.0 <= figure < math.inf for figure in figures) or any(a >= b for a, b in pairwise(figures)):
        msg = f"{name}: expected finite numbers of 0 or more, ascending, got {list(figures)}"
        raise ValueError(msg)


def _check_cohort(name: str, cohort: Cohort, levels: int) -> None:
    for field, most in (("clicks", math.inf), ("opt_outs", 1.0)):
        figures = getattr(cohort, field)
        if len(figures) != levels:
            msg = f"{name}.{field}: expected {levels} figures, one for each level, got {len(figures)}"
            raise ValueError(msg)
        if not all(0.0 <= figure <= most and figure < math.inf for figure in figures):
            msg = f"{name}.{field}: expected finite figures from 0 to {most:g}, got {list(figures)}"
            raise ValueError(msg)
    for field in ("value", "user_days", "positives"):
        if not 0.0 <= getattr(cohort, field) < math.inf:
            msg = f"{name}.{field}: expected a finite number of 0 or more, got {getattr(cohort, field)}"
            raise ValueError(msg)


def permission_value(clicks: float, opt_outs: float, user_days: float, discount_days: float) -> float:
    """V(permission), pooled over users: expected discounted clicks of a channel that stays open.

    Clicks come at rate c a day, the channel closes at hazard h a day, and a click after t days counts
    exp(-t / discount_days). The expected sum is the integral of c exp(-(h + 1 / discount_days) t) over t from 0 on:

        V = c / (1 / discount_days + h),    c = clicks / user_days,    h = opt_outs / user_days

    Parameters
    ----------
    clicks, opt_outs
        Counts over the log, ordinary clicks and ended channels.
    user_days
        Days on which channels were open, summed over users.
    discount_days
        After so many days a click counts 1/e.

    Raises ValueError for negative counts, no user-days or no discounting.

    """
    for name, value in (("clicks", clicks), ("opt_outs", opt_outs)):
        if not (math.isfinite(value) and value >= 0.0):
            msg = f"{name}: expected a count of 0 or more, got {value}"
            raise ValueError(msg)
    for name, value in (("user_days", user_days), ("discount_days", discount_days)):
        if not (math.isfinite(value) and value > 0.0):
            msg = f"{name}: expected a number above 0, got {value}"
            raise ValueError(msg)
    return (clicks / user_days) / (1.0 / discount_days + opt_outs / user_days)
