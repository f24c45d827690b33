"""What an open channel is still expected to bring, in ordinary clicks."""

from __future__ import annotations

import math


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
