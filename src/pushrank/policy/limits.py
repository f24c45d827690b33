"""How many pushes fit: limits over calendar and rolling windows, when one is full, and until when.

A calendar window is the local day or ISO week around a push. A rolling one of length W ends with a push and reaches
back to just after W before it: a push at `t` counts in every window that ends in `[t, t + W)`, so the next may go
exactly at `t + W`. A push is one too many for a rolling limit of N where it would make any window hold more than N, its
own or that of a push reserved for later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from pushrank.domain.codes import ExclusionCode, HoldState, Kind
from pushrank.domain.decision import DecidedBy
from pushrank.domain.instants import DAY, HOUR, MINUTE, Instant
from pushrank.domain.record import Push, Slot
from pushrank.policy.calendar import day_bounds, week_bounds

_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
_CALENDAR = {"day": DAY, "week": 7 * DAY}


class Window(NamedTuple):
    """What a limit counts over, by its name in the policy: a calendar `day` or `week`, else rolling.

    `length` in microseconds; that of a calendar window is the usual one, and only tells which window is longer.
    """

    name: str
    length: Instant

    @property
    def rolls(self) -> bool:
        """Whether it ends with each push, rather than with a day or a week."""
        return self.name not in _CALENDAR

    def bounds(self, zone: str | None, at: Instant) -> tuple[Instant, Instant]:
        """`[start, end)` of the window of a push at `at`; a calendar one needs a zone."""
        if self.rolls:
            return at - self.length + 1, at + 1
        assert zone is not None
        return day_bounds(zone, at) if self.name == "day" else week_bounds(zone, at)


@lru_cache(maxsize=1024)
def window_of(text: str) -> Window:
    """Read a window as policies spell it: `day`, `week`, `90m`, `24h`, `7d`."""
    if text in _CALENDAR:
        return Window(text, _CALENDAR[text])
    return Window(text, int(text[:-1]) * _UNITS[text[-1]])


class Subject(NamedTuple):
    """What takes a place under limits at `at`: a push, or a candidate that would become one."""

    category: str
    kind: Kind
    channel: str
    at: Instant


class Limit(NamedTuple):
    """At most `most` pushes in a window, over what `about` names, and whose word that is.

    `about` is empty for the one limit of its code over everything, `*` for a rule over everything, else a category, a
    kind or a channel.
    """

    code: ExclusionCode
    about: str
    window: Window
    most: int
    decided_by: DecidedBy = "policy"

    def slot(self, zone: str | None, at: Instant, most: int | None) -> Slot:
        """Give the place that a push at `at` takes. Limits over different windows never share a `cap`."""
        starts, ends = self.window.bounds(zone, at)
        name = f"{self.code.value}/{self.about}/{self.window.name}" if self.about else self.code.value
        return Slot(name if self.window.rolls else f"{name}@{zone}", at, starts, ends, most)


class Full(NamedTuple):
    """A limit that is used up. `until` is the earliest moment at which it is not; None where there is none."""

    until: Instant | None
    limit: Limit


class Taken:
    """The moments that pushes take, in order, as seen at `as_of`.

    A push confirmed later than `as_of` shows that the clock ran backwards, and when it really went nobody can say. So
    beside its own moment it counts at `as_of` too: the stricter reading.
    """

    def __init__(self, pushes: Iterable[Push], as_of: Instant) -> None:
        pushes = tuple(pushes)
        self.times = sorted([push.at for push in pushes])
        self.as_of = as_of
        self.ahead: list[Instant] = []
        if self.times and self.times[-1] > as_of:
            self.ahead = sorted(p.at for p in pushes if p.at > as_of and p.state is HoldState.CONFIRMED)

    def used(self, start: Instant, end: Instant, as_of: Instant) -> int:
        """How many pushes lie in `[start, end)`, each counted once."""
        inside = bisect_left(self.times, end) - bisect_left(self.times, start)
        if self.ahead and start <= as_of < end:
            inside += len(self.ahead) - bisect_left(self.ahead, end)
        return inside


def full(limit: Limit, taken: Taken, zone: str | None, at: Instant) -> Full | None:
    """Tell whether a push at `at` would be one too many; None where it would not. A limit of 0 is never free."""
    if limit.most == 0:
        return Full(None, limit)
    if len(taken.times) < limit.most:
        return None
    if limit.window.rolls:
        return _rolling(limit, taken, at)
    start, end = limit.window.bounds(zone, at)
    return Full(end, limit) if taken.used(start, end, taken.as_of) >= limit.most else None


def _rolling(limit: Limit, taken: Taken, at: Instant) -> Full | None:
    if not _crowded(limit, taken, at, taken.as_of):
        return None
    # A window gets emptier only when a push leaves it, and it is empty once the last one has.
    leaving = (time + limit.window.length for time in taken.times)
    return Full(next(end for end in leaving if end > at and not _crowded(limit, taken, end, end)), limit)


def _crowded(limit: Limit, taken: Taken, at: Instant, as_of: Instant) -> bool:
    """Whether any window that a push at `at` would enter is full without it."""
    times, length = taken.times, limit.window.length
    later = times[bisect_left(times, at) : bisect_left(times, at + length)]
    return any(taken.used(end - length + 1, end + 1, as_of) >= limit.most for end in (at, *later))
