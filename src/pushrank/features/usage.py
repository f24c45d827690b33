"""How much a user uses the app and its pushes: the few figures by which frequency and permission are weighed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pushrank.domain.instants import DAY, Instant
from pushrank.features.fold import CLICKED, MONTH_SCALE, OPENED, decay
from pushrank.features.snapshot import hours_since
from pushrank.features.state import (
    ACTIVITY,
    CLICKS,
    FIRST_EVENT,
    LAST_EVENT,
    MARK,
    RECENT,
    SENDS,
    Floats,
    UserState,
)

_MONTH_HOURS = MONTH_SCALE / DAY * 24.0
_LEAST_DAYS = 3.0  # whoever came yesterday is not yet known to come every day
_LAST = 30
_PRIOR_PUSHES, _PRIOR_OPENED, _PRIOR_CLICKED = 10.0, 1.0, 0.5


class Usage(NamedTuple):
    """Figures of one user at a moment.

    `activity`: signs of life a day, and `click_rate`: share of pushes that were clicked, as if half a one of ten more
    had been, both over about a month; `opened`: share of the last 30 pushes that were clicked or opened, as if one of
    ten more had been; `pushes`: how many pushes `opened` speaks of, at most 30.
    """

    activity: float
    click_rate: float
    opened: float
    pushes: int = 0


NO_USAGE = Usage(0.0, _PRIOR_CLICKED / _PRIOR_PUSHES, _PRIOR_OPENED / _PRIOR_PUSHES)


def shrunk(opened: float, pushes: float) -> float:
    """Give the share of `pushes` that were `opened`, as if one of ten more had been."""
    return (opened + _PRIOR_OPENED) / (pushes + _PRIOR_PUSHES)


def click_rates(month_clicks: Floats, month_sends: Floats) -> Floats:
    """Share of pushes that were clicked, [n], from counts that fade within a month.

    A rate per push, not clicks a day: else who gets fewer pushes would look like somebody whom fewer suit.
    """
    rates: Floats = (month_clicks + _PRIOR_CLICKED) / (month_sends + _PRIOR_PUSHES)
    return rates


def per_day(month: Floats, hours_since_first: Floats) -> Floats:
    """What a count that fades within a month says per day, [n].

    Somebody whose rate is r, known for T days, has counted r x 30 x (1 - exp(-T / 30)); T counts at least three days.
    """
    days = _MONTH_HOURS / 24.0 * -np.expm1(-hours_since_first / _MONTH_HOURS)
    rates: Floats = month / np.maximum(days, _LEAST_DAYS)
    return rates


def usage_of(state: UserState, as_of: Instant) -> Usage:
    """Read a user's figures as of a moment."""
    faded = decay(float(as_of - state.clock[LAST_EVENT]), MONTH_SCALE)
    known = np.array([hours_since(as_of, int(state.clock[FIRST_EVENT]))])
    month = state.month[[ACTIVITY, CLICKS, SENDS]][:, None] * faded
    activity = per_day(month[0], known).item() if state.clock[FIRST_EVENT] else 0.0
    click_rate = click_rates(month[1], month[2]).item()
    opened, pushes = _opened(state)
    return Usage(activity, click_rate, shrunk(opened, pushes), pushes)


def _opened(state: UserState) -> tuple[int, int]:
    """How many of the last pushes were clicked or opened, and how many these were."""
    newest = int(state.clock[MARK])
    last = [(newest - back) % RECENT for back in range(1, min(newest, _LAST) + 1)]
    return int(((state.recent_outcome[last] & (CLICKED | OPENED)) > 0).sum()), len(last)
