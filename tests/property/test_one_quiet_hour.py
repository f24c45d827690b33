"""Putting an hour into quiet hours, or taking it out, changes that hour and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pushrank.domain.user import QuietWindow
from pushrank.rights.hours import with_hour, without_hour

DAY = 24 * 60
CLOCKS = st.integers(0, DAY - 1)
DAYS = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
WINDOWS = st.lists(st.builds(QuietWindow, CLOCKS, CLOCKS, DAYS), max_size=4).map(tuple)
HOURS = st.integers(0, 23)


def quiet(windows: tuple[QuietWindow, ...]) -> set[int]:
    """Minutes of the week that are quiet by the wall clock."""
    return {
        (day * DAY + minute) % (7 * DAY)
        for window in windows
        for day in window.days
        for minute in range(window.start, window.end + DAY * (window.end <= window.start))
    }


def every_day(hour: int) -> set[int]:
    return {day * DAY + hour * 60 + minute for day in range(7) for minute in range(60)}


@given(WINDOWS, HOURS)
def test_an_hour_that_is_put_in_is_quiet_on_every_day_and_what_was_quiet_stays_so(
    windows: tuple[QuietWindow, ...], hour: int
) -> None:
    assert quiet(with_hour(windows, hour)) == quiet(windows) | every_day(hour)


@given(WINDOWS, HOURS)
def test_an_hour_that_is_taken_out_is_open_on_every_day_and_the_rest_stays_quiet(
    windows: tuple[QuietWindow, ...], hour: int
) -> None:
    assert quiet(without_hour(windows, hour)) == quiet(windows) - every_day(hour)


@given(WINDOWS, HOURS)
def test_windows_stay_as_they_are_where_the_hour_says_nothing_new(windows: tuple[QuietWindow, ...], hour: int) -> None:
    added, taken = with_hour(windows, hour), without_hour(windows, hour)
    assert with_hour(added, hour) == added
    assert without_hour(taken, hour) == taken


def test_a_night_without_one_hour_is_two_shorter_nights() -> None:
    night = (QuietWindow(22 * 60, 8 * 60, (4,)),)
    assert without_hour(night, 1) == (QuietWindow(2 * 60, 8 * 60, (5,)), QuietWindow(22 * 60, 60, (4,)))
