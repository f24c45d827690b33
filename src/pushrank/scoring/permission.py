"""What an open channel is still expected to bring, in ordinary clicks, and how often suits whom."""

from __future__ import annotations

import math
from bisect import bisect_right

import msgspec

from pushrank.domain.permission import Cohort


class Permission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People by usage: cohort `[i * (len(click_edges) + 1) + j]` is that of activity level i and click level j.

    A level is the number of edges (signs of life and clicks a day, ascending) that the user has reached. `levels` are
    the pushes a week of which each cohort's `clicks` and `opt_outs` speak, ascending from 0; none where the log could
    not tell. `pooled` is everybody.
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

    def cohort(self, activity: float, clicks: float) -> Cohort:
        """Find the cohort of a user by signs of life and clicks a day."""
        level = bisect_right(self.activity_edges, activity)
        return self.cohorts[level * (len(self.click_edges) + 1) + bisect_right(self.click_edges, clicks)]


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
