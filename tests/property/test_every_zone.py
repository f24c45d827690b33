"""Quiet hours and calendar windows in every zone of the tz database, minute by minute around each change of its clock.

The oracle reads the wall clock of every single minute. It knows no PEP 495 and none of the code under test.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import numpy.typing as npt
import pytest

from pushrank.domain.instants import MINUTE, SECOND, from_datetime
from pushrank.domain.user import QuietWindow
from pushrank.policy.calendar import day_bounds, week_bounds
from pushrank.policy.windows import quiet_at

Minutes = npt.NDArray[np.int64]

_DAY = 24 * 60
_STEP = timedelta(minutes=1)
_MARGIN = 4 * _DAY  # minutes on each side that the oracle reads, so that no window begins out of its sight
_SHOWN = 20 * 60  # minutes on each side that are compared
_FIRST, _LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
_EVERY_DAY = tuple(range(7))


def _offset(zone: str, moment: datetime) -> timedelta:
    offset = moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset


@cache
def transitions(zone: str) -> tuple[tuple[datetime, timedelta, timedelta], ...]:
    """Each change of 2026 and 2027: its minute and the offsets around it. An ordinary moment where there is none."""
    found = []
    moment, before = _FIRST, _offset(zone, _FIRST)
    while moment < _LAST:
        after = _offset(zone, moment + timedelta(hours=12))
        if after != before:
            found.append((_minute_of_change(zone, moment, before), before, after))
        moment, before = moment + timedelta(hours=12), after
    return tuple(found) or ((datetime(2026, 11, 23, tzinfo=UTC), before, before),)


def _minute_of_change(zone: str, start: datetime, before: timedelta) -> datetime:
    least, most = 0, _DAY // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if _offset(zone, start + middle * _STEP) == before else (least, middle)
    return start + most * _STEP


def _unlike() -> dict[tuple[tuple[datetime, timedelta, timedelta], ...], str]:
    """One zone for each list of changes: zones with the same one show the same clock around them."""
    return {transitions(zone): zone for zone in sorted(available_timezones() - {"localtime"}, reverse=True)}


UNLIKE = _unlike()


def _shown(zone: str, middle: datetime) -> Minutes:
    """Minutes since 1970 that the wall clock shows at each minute around `middle`."""
    start = from_datetime(middle) // MINUTE - _MARGIN
    moments = np.arange(start, start + 2 * _MARGIN)
    quarters = [_offset(zone, middle + (place - _MARGIN) * _STEP) // _STEP for place in range(0, 2 * _MARGIN, 15)]
    return np.asarray(moments + np.repeat(quarters, 15))


def _place(shown: Minutes, wall: int, *, second: bool) -> int:
    """Place of the minute at which the clock shows `wall`; a skipped time by the offset before or after the gap."""
    found = np.flatnonzero(shown == wall)
    if found.size:
        return int(found[-1 if second else 0])
    if wall < shown[0] or wall > shown[-1]:
        return 0 if wall < shown[0] else shown.size
    after = int(np.flatnonzero(shown > wall)[0])
    gap = int(shown[after] - shown[after - 1]) - 1
    return after - 1 + wall - int(shown[after - 1]) - (gap if second else 0)


def _oracle(windows: tuple[QuietWindow, ...], shown: Minutes) -> npt.NDArray[np.bool_]:
    """Which minutes are quiet by either reading of some window's edges."""
    quiet = np.zeros(shown.size, dtype=np.bool_)
    for window in windows:
        length = (window.end - window.start - 1) % _DAY + 1
        for day in range(int(shown.min()) // _DAY, int(shown.max()) // _DAY + 1):
            if (day + 3) % 7 in window.days:  # 1 January 1970 was a Thursday
                start = day * _DAY + window.start
                for second in (False, True):
                    begins, ends = (_place(shown, wall, second=second) for wall in (start, start + length))
                    quiet[begins:ends] = True
    return quiet


def _windows(middle: datetime, before: timedelta, after: timedelta) -> list[tuple[QuietWindow, ...]]:
    """Windows over midnight, on some days, and with edges before, inside and after what is skipped or repeated."""
    walls = sorted((middle + offset).replace(tzinfo=None) for offset in (before, after))
    low, high = (wall.hour * 60 + wall.minute for wall in walls)
    inside = (low + (walls[1] - walls[0]) // _STEP // 2) % _DAY
    weekday = walls[0].weekday()
    return [
        (QuietWindow(22 * 60, 8 * 60),),
        (QuietWindow(inside, (inside + 180) % _DAY, (weekday,)),),
        (QuietWindow((inside - 180) % _DAY, inside),),
        (
            QuietWindow((low - 30) % _DAY, inside),
            QuietWindow((inside + 1) % _DAY, (high + 45) % _DAY, (weekday, (weekday + 1) % 7)),
        ),
        (QuietWindow(inside, inside, (weekday,)), QuietWindow(13 * 60, 14 * 60, (0, 6))),
    ]


def _compare(windows: tuple[QuietWindow, ...], zone: str, middle: datetime, shown: Minutes) -> int:
    """Compare each minute, and where a quiet time ends; gives how many minutes of the compared ones were quiet."""
    expected = _oracle(windows, shown)
    first = from_datetime(middle) - _MARGIN * MINUTE
    for place in range(_MARGIN - _SHOWN, _MARGIN + _SHOWN):
        found = quiet_at(windows, zone, first + place * MINUTE)
        assert (found is not None) == expected[place], (zone, middle, windows, place)
        if found is not None and (place % 7 == 0 or not expected[place + 1]):
            open_again = place + int(np.argmin(expected[place:]))
            assert found.end == first + open_again * MINUTE, (zone, middle, windows, place)
    return int(expected[_MARGIN - _SHOWN : _MARGIN + _SHOWN].sum())


def test_every_zone_of_the_database_is_looked_at() -> None:
    everything = [zone for zone in available_timezones() if zone != "localtime"]
    assert len(everything) > 400
    assert {transitions(zone) for zone in everything} == set(UNLIKE)
    assert {"Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca"} <= {
        zone for zone in everything if len(transitions(zone)) > 1
    }


@pytest.mark.slow
def test_each_minute_around_every_change_is_quiet_as_the_wall_clock_says() -> None:
    minutes = compared = 0
    for changes, zone in UNLIKE.items():
        for middle, before, after in changes:
            shown = _shown(zone, middle)
            for windows in _windows(middle, before, after):
                minutes += _compare(windows, zone, middle, shown)
                compared += 2 * _SHOWN
    assert 0.1 < minutes / compared < 0.6


def test_days_and_weeks_tile_the_line_and_are_those_of_the_wall_clock() -> None:
    days = [_tile(zone, middle) for changes, zone in UNLIKE.items() for middle, _, _ in changes]
    assert len(days) > 100
    assert min(days) >= 3


def _tile(zone: str, middle: datetime) -> int:
    """Every minute lies in one day and one week; the next begins where it ends, with the wall clock's new date.

    Gives how many days were looked at.
    """
    at, end = from_datetime(middle) - 2 * _DAY * MINUTE, from_datetime(middle) + 2 * _DAY * MINUTE
    days = []
    while at < end:
        start, at = day_bounds(zone, at)
        days.append((start, at))
    for (start, stop), (following, _) in pairwise(days):
        assert stop == following > start
        week = week_bounds(zone, start)
        inside = range(start, stop, MINUTE)
        assert {day_bounds(zone, moment) for moment in (*inside, stop - 1)} == {(start, stop)}
        assert {week_bounds(zone, moment) for moment in (*inside, stop - 1)} == {week}
        assert week[0] <= start
        assert stop <= week[1]
        assert week_bounds(zone, week[1])[0] == week[1]
        before, first = _local(zone, start - SECOND), _local(zone, start)
        assert first.date() > before.date() or _repeated(zone, start)
        assert (first.weekday() == 0) == (week[0] == start) or _repeated(zone, start)
    return len(days) - 1


def _local(zone: str, at: int) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(ZoneInfo(zone))


def _repeated(zone: str, at: int) -> bool:
    """Whether the clock falls back here over midnight, so that a date is shown twice."""
    return any(
        before > after
        for middle, before, after in transitions(zone)
        if abs(from_datetime(middle) - at) < 2 * 60 * MINUTE
    )
