"""Quiet time against an oracle that knows nothing of PEP 495: it reads the wall clock of every single minute."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pushrank.domain.instants import MINUTE, from_datetime
from pushrank.domain.user import QuietWindow
from pushrank.policy.windows import quiet_at

ZONES = [
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
]
STEP = timedelta(minutes=1)
SPAN = timedelta(days=4)
SHOWN = 2 * 24 * 60


@cache
def transitions(zone: str) -> tuple[datetime, ...]:
    """Whole minutes UTC of 2026 and 2027 at which the offset changes; one ordinary moment where it never does."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=step) for step in range(2 * 365 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    changed = []
    for before, after, hour in zip(offsets, offsets[1:], hours, strict=False):
        if before != after:
            minutes = [hour + step * STEP for step in range(61)]
            changed.append(next(m for m in minutes if m.astimezone(ZoneInfo(zone)).utcoffset() == after))
    return tuple(changed) or (datetime(2026, 11, 23, tzinfo=UTC),)


@cache
def clock(zone: str, middle: datetime) -> tuple[list[datetime], dict[datetime, list[int]]]:
    """What the wall clock shows at each minute around `middle`, and at which minutes it shows a time."""
    first = middle - SPAN
    shown = [(first + step * STEP).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for step in range(2 * SPAN // STEP)]
    places = defaultdict(list)
    for place, wall in enumerate(shown):
        places[wall].append(place)
    return shown, places


def edge(zone: str, middle: datetime, wall: datetime, *, second: bool) -> int:
    """Place of the minute at which the clock shows `wall`; a skipped time is read by the offset before or after."""
    shown, places = clock(zone, middle)
    found = places.get(wall)
    if found:
        return found[-1 if second else 0]
    if not shown[0] < wall < shown[-1]:
        return 0 if wall < shown[0] else len(shown)
    after = next(place for place in range(1, len(shown)) if shown[place - 1] < wall < shown[place])
    skipped = (shown[after] - shown[after - 1]) // STEP - 1
    return after - 1 + (wall - shown[after - 1]) // STEP - (skipped if second else 0)


def oracle(windows: tuple[QuietWindow, ...], zone: str, middle: datetime) -> bytearray:
    """One byte for each minute around `middle`: 1 where a window is quiet by either reading of its edges."""
    shown, _ = clock(zone, middle)
    quiet = bytearray(len(shown))
    days = {wall.date() for wall in shown}
    for window in windows:
        for day in days:
            if day.weekday() not in window.days:
                continue
            midnight = datetime.combine(day, datetime.min.time())
            start, end = midnight + window.start * STEP, midnight + window.end * STEP
            if end <= start:
                end += timedelta(days=1)
            for second in (False, True):
                begins, ends = (edge(zone, middle, wall, second=second) for wall in (start, end))
                for place in range(begins, ends):
                    quiet[place] = 1
    return quiet


windows_drawn = st.builds(
    QuietWindow,
    st.integers(0, 1439) | st.sampled_from([0, 60, 90, 120, 150, 1380]),
    st.integers(0, 1439) | st.sampled_from([0, 60, 90, 120, 150, 180]),
    st.lists(st.integers(0, 6), min_size=1, unique=True).map(tuple),
)


@pytest.mark.parametrize("zone", ZONES)
@given(windows=st.lists(windows_drawn, min_size=1, max_size=3).map(tuple), data=st.data())
@example(windows=(QuietWindow(22 * 60, 8 * 60),), data=None)
@example(windows=(QuietWindow(90, 90),), data=None)
@example(windows=(QuietWindow(22 * 60, 90), QuietWindow(75, 105)), data=None)
@settings(max_examples=12, deadline=None)
def test_each_minute_around_a_change_of_the_clock_is_quiet_as_the_oracle_says(
    zone: str, windows: tuple[QuietWindow, ...], data: st.DataObject | None
) -> None:
    middles = transitions(zone) if data is None else [data.draw(st.sampled_from(transitions(zone)))]
    for middle in middles:
        expected = oracle(windows, zone, middle)
        start = len(expected) // 2 - SHOWN // 2
        first = from_datetime(middle - SPAN)
        for place in range(start, start + SHOWN):
            quiet = quiet_at(windows, zone, first + place * MINUTE)
            assert (quiet is not None) == expected[place], (middle, place)


@pytest.mark.parametrize("zone", ZONES)
@given(windows=st.lists(windows_drawn, min_size=1, max_size=3).map(tuple), data=st.data())
@settings(max_examples=25, deadline=None)
def test_quiet_time_ends_at_the_first_minute_that_is_not_quiet(
    zone: str, windows: tuple[QuietWindow, ...], data: st.DataObject
) -> None:
    middle = data.draw(st.sampled_from(transitions(zone)))
    at = from_datetime(middle) + data.draw(st.integers(-24 * 60, 24 * 60)) * MINUTE
    quiet = quiet_at(windows, zone, at)
    if quiet is not None and quiet.end is not None:
        minutes = range(at, quiet.end, MINUTE)
        assert quiet_at(windows, zone, quiet.end) is None
        assert all(quiet_at(windows, zone, minute) is not None for minute in minutes)
        assert quiet_at(windows, zone, quiet.end - 1) is not None


def wall_minutes(windows: tuple[QuietWindow, ...]) -> set[tuple[int, int]]:
    """Weekday and minute of everything that the wall clock alone calls quiet."""
    return {
        ((day + minute // 1440) % 7, minute % 1440)
        for window in windows
        for day in window.days
        for minute in range(window.start, window.end + 1440 * (window.end <= window.start))
    }


def test_in_no_zone_of_the_world_is_less_quiet_than_its_wall_clock_says() -> None:
    windows = (QuietWindow(22 * 60, 90, (4, 5)), QuietWindow(135, 165, (6,)))
    named = wall_minutes(windows)
    for zone in sorted(available_timezones() - {"localtime"}):
        for middle in rough_changes(zone):
            for step in range(-24, 25):
                moment = middle + step * timedelta(minutes=30)
                local = moment.astimezone(ZoneInfo(zone))
                if (local.weekday(), local.hour * 60 + local.minute) in named:
                    assert quiet_at(windows, zone, from_datetime(moment)) is not None, (zone, moment)


def rough_changes(zone: str) -> list[datetime]:
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=step) for step in range(2 * 365)]
    offsets = [day.astimezone(ZoneInfo(zone)).utcoffset() for day in days]
    places = [place for place in range(1, len(days)) if offsets[place] != offsets[place - 1]]
    return [days[place] for place in places] or [days[bisect_left(days, datetime(2026, 11, 23, tzinfo=UTC))]]
