"""Quiet hours: wall-clock windows in a zone, read safely where the clock changes.

A window `[start, end)` in minutes after midnight starts on each of its days and wraps past midnight when
`end <= start`; `start == end` is the whole day from `start` on. A window's edge that falls into a repeated or a skipped
hour has two readings (PEP 495). Quiet is what is quiet by either reading, so never less than the wall clock says.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from pushrank.config.types import Minors, QuietHours
from pushrank.domain.instants import Instant
from pushrank.domain.user import WEEKDAYS, QuietWindow
from pushrank.policy.calendar import day_number, day_start, reading, weekday

_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
# A window lasts at most a day, and which windows there are repeats every week.
_DAYS_BACK, _DAYS_AHEAD = 2, 9


@dataclass(frozen=True, slots=True)
class Quiet:
    """A quiet time that has begun. `end` is the first instant that is not quiet, None where no end is in sight."""

    end: Instant | None


def quiet_at(windows: tuple[QuietWindow, ...], zone: str, at: Instant) -> Quiet | None:
    """Tell whether any of `windows` is quiet in `zone` at `at`, and when that ends; None where nothing is quiet."""
    if not windows:
        return None
    day = day_number(zone, at)
    spans = _spans(windows, zone, day)
    place = bisect_right(spans, at, key=lambda span: span[0]) - 1
    if place < 0 or at >= spans[place][1]:
        return None
    end = spans[place][1]
    return Quiet(None if end >= day_start(zone, day + _DAYS_AHEAD) else end)


@lru_cache(maxsize=1 << 14)
def _spans(windows: tuple[QuietWindow, ...], zone: str, day: int) -> tuple[tuple[Instant, Instant], ...]:
    """Quiet time around a local day as `[start, end)` apart from each other, in order."""
    found = [
        (reading(zone, first, window.start, fold), reading(zone, first + _later(window), window.end, fold))
        for first in range(day - _DAYS_BACK, day + _DAYS_AHEAD + 1)
        for window in windows
        if weekday(first) in window.days
        for fold in (0, 1)
    ]
    return _united(sorted(found))


def _later(window: QuietWindow) -> int:
    return int(window.end <= window.start)


def _united(spans: list[tuple[Instant, Instant]]) -> tuple[tuple[Instant, Instant], ...]:
    apart: list[tuple[Instant, Instant]] = []
    for start, end in spans:
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        elif start < end:
            apart.append((start, end))
    return tuple(apart)


@lru_cache(maxsize=1024)
def windows_of(quiet_hours: tuple[QuietHours, ...]) -> tuple[QuietWindow, ...]:
    """Windows of a policy's `quiet_hours`."""
    return tuple(
        QuietWindow(_minute(hours.start), _minute(hours.end), tuple(WEEKDAYS.index(name) for name in hours.days))
        for hours in quiet_hours
    )


@lru_cache(maxsize=16)
def night_of(minors: Minors) -> tuple[QuietWindow, ...]:
    """The window that protects minors every night."""
    return (QuietWindow(_minute(minors.night_start), _minute(minors.night_end)),)


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def always_quiet(windows: tuple[QuietWindow, ...]) -> bool:
    """Whether `windows` leave no minute of the week open."""
    quiet = {
        (day * _DAY_MINUTES + minute) % _WEEK_MINUTES
        for window in windows
        for day in window.days
        for minute in range(window.start, window.end + _later(window) * _DAY_MINUTES)
    }
    return len(quiet) == _WEEK_MINUTES
