from __future__ import annotations

import pytest

from pushrank.domain.instants import DAY, HOUR, instant
from pushrank.policy.calendar import day_bounds, week_bounds


@pytest.mark.parametrize(
    ("zone", "moment", "start", "end"),
    [
        ("Asia/Shanghai", "2026-11-23T00:00:00+08:00", "2026-11-23T00:00:00+08:00", "2026-11-24T00:00:00+08:00"),
        ("Asia/Shanghai", "2026-11-22T23:59:59+08:00", "2026-11-22T00:00:00+08:00", "2026-11-23T00:00:00+08:00"),
        ("Asia/Kolkata", "2026-11-22T20:00:00+00:00", "2026-11-23T00:00:00+05:30", "2026-11-24T00:00:00+05:30"),
        ("Pacific/Apia", "2026-11-22T12:00:00+00:00", "2026-11-23T00:00:00+13:00", "2026-11-24T00:00:00+13:00"),
        # 23 and 25 hours
        ("Europe/London", "2026-03-29T12:00:00+01:00", "2026-03-29T00:00:00+00:00", "2026-03-30T00:00:00+01:00"),
        ("Europe/London", "2026-10-25T12:00:00+00:00", "2026-10-25T00:00:00+01:00", "2026-10-26T00:00:00+00:00"),
        # 23.5 and 24.5 hours
        ("Australia/Lord_Howe", "2026-04-05T12:00:00+10:30", "2026-04-05T00:00:00+11:00", "2026-04-06T00:00:00+10:30"),
        # The clock skips from 24:00 to 01:00, and from 24:00 back to 23:00.
        ("America/Santiago", "2026-09-06T01:30:00-03:00", "2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"),
        ("America/Santiago", "2026-04-04T23:30:00-04:00", "2026-04-04T00:00:00-03:00", "2026-04-05T00:00:00-04:00"),
        # Midnight strikes twice.
        ("America/Havana", "2026-11-01T00:30:00-05:00", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"),
    ],
)
def test_a_local_day_begins_when_its_date_first_shows(zone: str, moment: str, start: str, end: str) -> None:
    assert day_bounds(zone, instant(moment)) == (instant(start), instant(end))


def test_a_day_begins_at_the_end_of_a_gap_that_swallows_its_midnight() -> None:
    # Toronto skipped from 23:30 to 00:30 on 1919-03-30.
    start, end = day_bounds("America/Toronto", instant("1919-03-31T12:00:00-04:00"))
    assert start == instant("1919-03-31T00:30:00-04:00")
    assert end == instant("1919-04-01T00:00:00-04:00")
    assert day_bounds("America/Toronto", start - 1)[1] == start


def test_a_day_that_has_begun_goes_on_when_the_clock_falls_back_over_midnight() -> None:
    # St John's fell back from 00:01 on 2010-11-07 to 23:01 the day before.
    began = instant("2010-11-07T00:00:00-02:30")
    again = instant("2010-11-06T23:30:00-03:30")
    assert began < again
    assert day_bounds("America/St_Johns", again) == (began, instant("2010-11-08T00:00:00-03:30"))
    assert day_bounds("America/St_Johns", began - 1)[1] == began
    assert week_bounds("America/St_Johns", again)[1] == instant("2010-11-08T00:00:00-03:30")


@pytest.mark.parametrize(
    "moment", ["2026-12-28T00:00:00+08:00", "2026-12-31T12:00:00+08:00", "2027-01-03T23:59:59+08:00"]
)
def test_a_week_runs_from_monday_to_monday_across_the_year(moment: str) -> None:
    bounds = (instant("2026-12-28T00:00:00+08:00"), instant("2027-01-04T00:00:00+08:00"))
    assert week_bounds("Asia/Shanghai", instant(moment)) == bounds


def test_a_week_in_which_the_clock_changes_is_an_hour_shorter_or_longer() -> None:
    for moment, hour in (("2026-03-27T12:00:00+00:00", -HOUR), ("2026-10-23T12:00:00+01:00", HOUR)):
        start, end = week_bounds("Europe/London", instant(moment))
        assert end - start == 7 * DAY + hour
