from __future__ import annotations

from typing import Any

import pytest

from pushrank.domain.codes import ExclusionCode, Kind, Purpose, QuietAction, Urgency
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import HOUR, Instant, instant
from pushrank.domain.record import UserRecord
from pushrank.domain.user import QuietWindow, UserFacts
from pushrank.policy import exclude, zone_of
from pushrank.policy.windows import Quiet, always_quiet, quiet_at
from tests.small_policies import NOON, divided, message, only_exclusion, policy, shipped_config, user

NIGHT = QuietWindow(22 * 60, 8 * 60)
LATE = instant("2026-11-23T23:00:00+08:00")
MORNING = instant("2026-11-24T08:00:00+08:00")
SHANGHAI = "Asia/Shanghai"


def quiet_until(windows: tuple[QuietWindow, ...], zone: str, moment: str) -> Instant | None:
    quiet = quiet_at(windows, zone, instant(moment))
    return None if quiet is None else quiet.end


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-11-23T21:59:59+08:00", None),
        ("2026-11-23T22:00:00+08:00", MORNING),
        ("2026-11-24T00:00:00+08:00", MORNING),
        ("2026-11-24T07:59:59+08:00", MORNING),
        ("2026-11-24T08:00:00+08:00", None),
    ],
)
def test_a_window_wraps_past_midnight_and_ends_when_its_end_strikes(moment: str, end: Instant | None) -> None:
    assert quiet_until((NIGHT,), SHANGHAI, moment) == end


def test_the_days_of_a_window_are_those_on_which_it_starts() -> None:
    sunday_night = QuietWindow(22 * 60, 8 * 60, days=(6,))
    assert quiet_until((sunday_night,), SHANGHAI, "2026-11-22T23:00:00+08:00") == instant("2026-11-23T08:00:00+08:00")
    assert quiet_until((sunday_night,), SHANGHAI, "2026-11-23T07:00:00+08:00") == instant("2026-11-23T08:00:00+08:00")
    assert quiet_until((sunday_night,), SHANGHAI, "2026-11-22T07:00:00+08:00") is None
    assert quiet_until((sunday_night,), SHANGHAI, "2026-11-23T23:00:00+08:00") is None


def test_a_window_from_a_time_to_itself_is_a_whole_day_from_there() -> None:
    monday = QuietWindow(9 * 60, 9 * 60, days=(0,))
    assert quiet_until((monday,), SHANGHAI, "2026-11-23T08:59:00+08:00") is None
    for moment in ("2026-11-23T09:00:00+08:00", "2026-11-24T08:59:00+08:00"):
        assert quiet_until((monday,), SHANGHAI, moment) == instant("2026-11-24T09:00:00+08:00")


def test_windows_that_touch_or_overlap_are_one_quiet_time() -> None:
    windows = (NIGHT, QuietWindow(8 * 60, 9 * 60), QuietWindow(8 * 60 + 30, 10 * 60, days=(1,)))
    assert quiet_until(windows, SHANGHAI, "2026-11-23T23:00:00+08:00") == instant("2026-11-24T10:00:00+08:00")
    assert quiet_until(windows, SHANGHAI, "2026-11-24T23:00:00+08:00") == instant("2026-11-25T09:00:00+08:00")


def test_a_short_window_inside_a_long_one_does_not_end_it() -> None:
    windows = (QuietWindow(0, 12 * 60), QuietWindow(60, 120))
    assert quiet_until(windows, SHANGHAI, "2026-11-23T01:30:00+08:00") == instant("2026-11-23T12:00:00+08:00")


def test_six_quiet_days_end_on_the_seventh() -> None:
    windows = (QuietWindow(0, 0, days=(0, 1, 2, 3, 4, 5)),)
    assert quiet_until(windows, SHANGHAI, "2026-11-23T00:00:00+08:00") == instant("2026-11-29T00:00:00+08:00")


def test_a_week_without_an_open_minute_has_no_end() -> None:
    assert quiet_at((QuietWindow(0, 0),), SHANGHAI, NOON) == Quiet(None)
    exclusion = only_exclusion(policy(), user(quiet_hours=(QuietWindow(0, 0),)), message())
    assert exclusion == Exclusion("m-1", ExclusionCode.QUIET_HOURS)


def test_whether_windows_leave_a_minute_of_the_week_open() -> None:
    assert always_quiet((QuietWindow(300, 300),))
    assert always_quiet((QuietWindow(0, 720), QuietWindow(720, 0)))
    assert not always_quiet((QuietWindow(0, 720), QuietWindow(721, 0)))
    assert not always_quiet((QuietWindow(0, 0, days=(0, 1, 2, 3, 4, 5)),))
    assert not always_quiet(())


@pytest.mark.parametrize(
    ("window", "moment", "end"),
    [
        # London repeats 01:00 to 02:00 on 2026-10-25: the window ends with the second 01:30 and starts with the first.
        (QuietWindow(22 * 60, 90), "2026-10-25T01:45:00+01:00", "2026-10-25T01:30:00+00:00"),
        (QuietWindow(90, 180), "2026-10-25T01:00:00+00:00", "2026-10-25T03:00:00+00:00"),
        (QuietWindow(70, 80), "2026-10-25T01:15:00+01:00", "2026-10-25T01:20:00+01:00"),
        (QuietWindow(70, 80), "2026-10-25T01:15:00+00:00", "2026-10-25T01:20:00+00:00"),
        (QuietWindow(70, 80), "2026-10-25T01:30:00+01:00", None),
        # London skips 01:00 to 02:00 on 2026-03-29: 01:30 may be read as 00:30 or as 02:30.
        (QuietWindow(22 * 60, 90), "2026-03-29T02:29:00+01:00", "2026-03-29T02:30:00+01:00"),
        (QuietWindow(90, 180), "2026-03-29T00:30:00+00:00", "2026-03-29T03:00:00+01:00"),
        (QuietWindow(90, 180), "2026-03-29T00:29:00+00:00", None),
        (QuietWindow(70, 80), "2026-03-29T00:15:00+00:00", "2026-03-29T00:20:00+00:00"),
        (QuietWindow(70, 80), "2026-03-29T02:15:00+01:00", "2026-03-29T02:20:00+01:00"),
    ],
)
def test_where_the_clock_changes_it_is_quiet_by_either_reading(
    window: QuietWindow, moment: str, end: str | None
) -> None:
    assert quiet_until((window,), "Europe/London", moment) == (None if end is None else instant(end))


def test_a_window_that_ends_in_a_gap_across_midnight_ends_on_the_day_after() -> None:
    # Toronto skipped from 23:30 to 00:30 on Sunday 1919-03-30.
    saturday = QuietWindow(23 * 60 + 45, 23 * 60 + 45, days=(5,))
    end = instant("1919-03-31T00:45:00-04:00")
    assert quiet_until((saturday,), "America/Toronto", "1919-03-31T00:40:00-04:00") == end


def test_a_message_of_the_night_waits_for_the_morning() -> None:
    record = user(timezone=SHANGHAI)
    assert divided(policy("default"), record, [message()], LATE) == ([(message(), MORNING)], [])
    assert divided(policy("default"), record, [message()], NOON) == ([(message(), NOON)], [])


@pytest.mark.parametrize(
    "fields", [{"urgency": Urgency.BREAKING}, {"expires_at": MORNING}, {"expires_at": MORNING - 1}]
)
def test_what_cannot_wait_does_not_go_at_night(fields: dict[str, Any]) -> None:
    one = message(**fields)
    exclusion = only_exclusion(policy("default"), user(timezone=SHANGHAI), one, LATE)
    assert exclusion == Exclusion("m-1", ExclusionCode.QUIET_HOURS, MORNING)


def test_a_message_that_expires_after_the_night_waits() -> None:
    one = message(expires_at=MORNING + 1)
    assert divided(policy("default"), user(timezone=SHANGHAI), [one], LATE) == ([(one, MORNING)], [])


@pytest.mark.parametrize(
    ("policys", "users", "waits"),
    [
        (QuietAction.DEFER, None, True),
        (QuietAction.DROP, None, False),
        (QuietAction.DEFER, QuietAction.DROP, False),
        (QuietAction.DROP, QuietAction.DEFER, True),
    ],
)
def test_the_user_decides_whether_to_wait_or_to_drop_else_the_policy(
    policys: QuietAction, users: QuietAction | None, *, waits: bool
) -> None:
    record = user(timezone=SHANGHAI, in_quiet_hours=users)
    kept, _ = divided(policy("default", in_quiet_hours=policys), record, [message()], LATE)
    assert bool(kept) is waits


def test_the_windows_of_the_user_replace_those_of_the_policy() -> None:
    no_quiet_time = user(timezone=SHANGHAI, quiet_hours=())
    assert divided(policy("default"), no_quiet_time, [message()], LATE) == ([(message(), LATE)], [])
    siesta = user(timezone="UTC", quiet_hours=(QuietWindow(11 * 60, 14 * 60),))
    assert divided(policy("default"), siesta, [message()]) == ([(message(), NOON + 2 * HOUR)], [])


def test_what_may_only_go_now_is_not_put_off() -> None:
    kept, excluded = divided(policy("default"), user(timezone=SHANGHAI), [message()], LATE, now_only=True)
    assert kept == []
    assert excluded == [Exclusion("m-1", ExclusionCode.QUIET_HOURS, MORNING)]


def test_service_messages_pass_the_quiet_hours_of_a_policy_that_says_so() -> None:
    service, by_category, other = message(kind=Kind.SERVICE), message("m-2", "account.login"), message("m-3")
    asked = policy("default", service_passes=("quiet_hours",))
    kept, _ = divided(asked, user(timezone=SHANGHAI), [service, by_category, other], LATE)
    assert kept == [(service, LATE), (by_category, LATE), (other, MORNING)]
    kept, _ = divided(policy("default"), user(timezone=SHANGHAI), [service], LATE)
    assert kept == [(service, MORNING)]


def test_service_messages_never_pass_the_quiet_hours_that_the_user_set() -> None:
    record = user(timezone=SHANGHAI, quiet_hours=(NIGHT,))
    one = message(purpose=Purpose.SERVICE)
    assert divided(policy("default", service_passes=("quiet_hours",)), record, [one], LATE) == ([(one, MORNING)], [])


def test_the_zone_is_the_users_choice_then_what_is_reported_then_the_policys() -> None:
    config, default = shipped_config("open"), "Europe/London"
    asked = policy(default_timezone=default)
    reported = UserFacts(timezone="Asia/Tokyo")
    assert zone_of(UserRecord("u", facts=reported, preferences=user(timezone=SHANGHAI).preferences), config) == SHANGHAI
    assert zone_of(UserRecord("u", facts=reported), config) == "Asia/Tokyo"
    assert zone_of(UserRecord("u"), asked.config) == default


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "../etc/passwd"])
def test_a_zone_that_cannot_be_read_is_none_even_where_another_is_known(zone: str) -> None:
    record = UserRecord("u", facts=UserFacts(timezone=zone))
    assert zone_of(record, shipped_config("open")) is None
    _, excluded = exclude(policy(), record, [("m-1", message())], NOON, zone)
    assert excluded == [Exclusion("m-1", ExclusionCode.NO_TIMEZONE)]


def test_without_any_zone_nothing_goes() -> None:
    assert only_exclusion(policy("default"), user(), message()) == Exclusion("m-1", ExclusionCode.NO_TIMEZONE)


@pytest.mark.parametrize("moment", ["1976-07-04T23:00:00-04:00", "2076-07-04T23:00:00-04:00"])
def test_quiet_time_is_found_far_from_today(moment: str) -> None:
    assert quiet_until((NIGHT,), "America/New_York", moment) == instant(moment) + 9 * HOUR
