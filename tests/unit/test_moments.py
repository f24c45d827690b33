from __future__ import annotations

from typing import Any

import pytest

from pushrank.config.types import CapRule, Hours, QuietHours
from pushrank.domain.codes import ExclusionCode, Kind, QuietAction, Urgency
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import DAY, HOUR, MINUTE, Instant
from pushrank.domain.message import Message
from pushrank.domain.record import UserRecord
from pushrank.domain.user import QuietWindow
from pushrank.policy import Eligible, Policy, exclude, later
from tests.small_policies import NOON, UTC, divided, held, message, only_exclusion, policy, sent, user

NIGHT = (QuietHours("22:00", "08:00"),)


def waiting(**changes: Any) -> Policy:
    return policy(**{"hours": Hours(24, 3), **changes})


def offered(asked: Policy, record: UserRecord, one: Message, as_of: Instant = NOON, **more: Any) -> list[Instant]:
    """All moments at which a message may go, the first of them included."""
    kept, _ = exclude(asked, record, [(one.message_id, one)], as_of, UTC, **more)
    rows = later(asked.constraints, asked.ask(record, as_of, UTC, **more), kept)
    return [row.send_at for row in (*kept, *rows)]


def hours(first: int, last: int) -> list[Instant]:
    """Full hours after noon."""
    return [NOON + place * HOUR for place in range(first, last + 1)]


def test_without_the_setting_there_is_one_moment() -> None:
    assert offered(policy(), user(), message()) == [NOON]


def test_what_goes_now_may_go_at_every_full_hour_ahead_too() -> None:
    assert offered(waiting(), user(), message()) == hours(0, 24)
    at = NOON + 17 * MINUTE
    assert offered(waiting(hours=Hours(2, 3)), user(), message(), at) == [at, *hours(1, 2)]


def test_one_hour_ahead_is_one_full_hour() -> None:
    assert offered(waiting(hours=Hours(1, 3)), user(), message()) == hours(0, 1)
    assert offered(waiting(hours=Hours(1, 3)), user(), message(), NOON + MINUTE) == [NOON + MINUTE, NOON + HOUR]


def test_quiet_hours_are_not_offered() -> None:
    expected = [*hours(0, 9), *hours(20, 24)]
    assert offered(waiting(quiet_hours=NIGHT), user(), message()) == expected
    assert offered(waiting(), user(quiet_hours=(QuietWindow(22 * 60, 8 * 60),)), message()) == expected


def test_quiet_hours_now_put_the_first_moment_off() -> None:
    asked = waiting(quiet_hours=(QuietHours("11:30", "14:30"),), hours=Hours(4, 3))
    assert offered(asked, user(), message()) == [NOON + 150 * MINUTE, *hours(3, 4)]


def test_who_drops_in_quiet_hours_still_gets_open_hours_from_an_open_one() -> None:
    asked = waiting(quiet_hours=NIGHT, in_quiet_hours=QuietAction.DROP)
    assert offered(asked, user(), message()) == [*hours(0, 9), *hours(20, 24)]
    assert offered(asked, user(), message(), NOON + 11 * HOUR) == []


def test_service_messages_pass_the_quiet_hours_of_the_policy_alone() -> None:
    asked, one = waiting(quiet_hours=NIGHT, service_passes=("quiet_hours",)), message(kind=Kind.SERVICE)
    assert offered(asked, user(), one) == hours(0, 24)
    assert offered(asked, user(quiet_hours=(QuietWindow(22 * 60, 8 * 60),)), one) == [*hours(0, 9), *hours(20, 24)]


def test_a_hold_ends_before_its_message_does() -> None:
    assert offered(waiting(), user(), message(expires_at=NOON + 3 * HOUR + 5 * MINUTE)) == hours(0, 3)
    assert offered(waiting(), user(), message(expires_at=NOON + 3 * HOUR + 5 * MINUTE - 1)) == hours(0, 2)


def test_what_expires_in_a_minute_goes_now_or_never() -> None:
    brief = message(expires_at=NOON + MINUTE)
    assert offered(waiting(), user(), brief) == [NOON]
    assert offered(waiting(), user(), brief, NOON + MINUTE) == []
    gone = only_exclusion(waiting(), user(), brief, NOON + MINUTE)
    assert gone is not None
    assert gone.code is ExclusionCode.EXPIRED
    late = only_exclusion(waiting(min_gap_minutes=60.0), user([sent("m-0", NOON - HOUR + 1)]), brief)
    assert late is not None
    assert late.code is ExclusionCode.MIN_GAP


def test_breaking_news_go_now_or_not_at_all() -> None:
    one = message(urgency=Urgency.BREAKING)
    assert offered(waiting(), user(), one) == [NOON]
    excluded = only_exclusion(waiting(min_gap_minutes=60.0), user([sent("m-0", NOON - 10 * MINUTE)]), one)
    assert excluded == Exclusion("m-1", ExclusionCode.MIN_GAP, NOON + 50 * MINUTE)


def test_where_nothing_may_wait_there_is_one_moment() -> None:
    assert offered(waiting(), user(), message(), now_only=True) == [NOON]


def test_without_a_zone_nothing_is_offered() -> None:
    asked, record, one = waiting(default_timezone=None), user(), message()
    kept, (excluded,) = divided(asked, record, [one])
    assert (kept, excluded.code) == ([], ExclusionCode.NO_TIMEZONE)
    assert list(later(asked.constraints, asked.ask(record, NOON, None), kept)) == []


def test_a_full_day_is_not_offered_and_the_next_one_is() -> None:
    tomorrow = NOON + 12 * HOUR
    asked = waiting(max_per_day=1, hours=Hours(40, 3))
    record = user([held("m-0", tomorrow + 8 * HOUR, tomorrow + 9 * HOUR)])
    assert offered(asked, record, message()) == [*hours(0, 11), *hours(36, 40)]


def test_a_rolling_cap_frees_the_hours_after_it() -> None:
    asked = waiting(caps=(CapRule(1, "2h", category="news"),), hours=Hours(6, 3))
    record = user([held("m-0", NOON + 3 * HOUR, NOON + 4 * HOUR)])
    assert offered(asked, record, message()) == [*hours(0, 1), *hours(5, 6)]


class TestTheGap:
    def test_puts_off_to_its_end(self) -> None:
        asked, record = waiting(min_gap_minutes=60.0), user([sent("m-0", NOON - 10 * MINUTE)])
        assert offered(asked, record, message())[:2] == [NOON + 50 * MINUTE, NOON + HOUR]

    def test_excludes_where_messages_do_not_wait(self) -> None:
        record = user([sent("m-0", NOON - 10 * MINUTE)])
        expected = Exclusion("m-1", ExclusionCode.MIN_GAP, NOON + 50 * MINUTE)
        assert only_exclusion(policy(min_gap_minutes=60.0), record, message()) == expected
        asked = waiting(min_gap_minutes=60.0)
        assert divided(asked, record, [message()], now_only=True) == ([], [expected])

    def test_excludes_where_it_ends_beyond_what_a_message_may_wait(self) -> None:
        asked = waiting(min_gap_minutes=120.0, hours=Hours(1, 3))
        assert only_exclusion(asked, user([sent("m-0", NOON - HOUR)]), message()) is None
        excluded = only_exclusion(asked, user([sent("m-0", NOON - HOUR + 1)]), message())
        assert excluded == Exclusion("m-1", ExclusionCode.MIN_GAP, NOON + HOUR + 1)

    def test_after_it_the_next_push_has_a_gap_too(self) -> None:
        pushes = [sent("m-0", NOON - 10 * MINUTE), held("m-2", NOON + 70 * MINUTE, NOON + 75 * MINUTE)]
        assert offered(waiting(min_gap_minutes=60.0), user(pushes), message())[:2] == [
            NOON + 130 * MINUTE,
            NOON + 3 * HOUR,
        ]

    def test_may_end_in_quiet_hours(self) -> None:
        record, quiet = user([sent("m-0", NOON - 10 * MINUTE)]), (QuietHours("12:30", "14:00"),)
        asked = waiting(min_gap_minutes=60.0, quiet_hours=quiet)
        assert offered(asked, record, message())[:2] == [NOON + 2 * HOUR, NOON + 3 * HOUR]
        dropping = waiting(min_gap_minutes=60.0, quiet_hours=quiet, in_quiet_hours=QuietAction.DROP)
        assert only_exclusion(dropping, record, message()) == Exclusion(
            "m-1", ExclusionCode.QUIET_HOURS, NOON + 2 * HOUR
        )

    def test_may_end_on_a_day_that_is_full(self) -> None:
        late, midnight = NOON + 11 * HOUR + 30 * MINUTE, NOON + 12 * HOUR
        record = user([sent("m-0", late - 10 * MINUTE), held("m-2", midnight + 9 * HOUR, midnight + 10 * HOUR)])
        excluded = only_exclusion(waiting(min_gap_minutes=60.0, max_per_day=2, caps=()), record, message(), late)
        assert excluded is None
        full = waiting(min_gap_minutes=60.0, caps=(CapRule(1, "day", kind="inform"), CapRule(3, "week")))
        excluded = only_exclusion(full, record, message(), late)
        assert excluded == Exclusion("m-1", ExclusionCode.CAP_KIND, midnight + DAY)

    def test_candidates_keep_their_order(self) -> None:
        asked = waiting(min_gap_minutes=60.0, service_passes=("min_gap",))
        messages = [message("a"), message("b", kind=Kind.SERVICE), message("c", urgency=Urgency.BREAKING), message("d")]
        kept, out = divided(asked, user([sent("m-0", NOON - 10 * MINUTE)]), messages)
        end = NOON + 50 * MINUTE
        assert kept == [Eligible(messages[0], end), Eligible(messages[1], NOON), Eligible(messages[3], end)]
        assert out == [Exclusion("c", ExclusionCode.MIN_GAP, end)]


@pytest.mark.parametrize("code", ["cap_day", "cap_week"])
def test_a_full_cap_puts_nothing_off(code: str) -> None:
    asked = waiting(**{"max_per_day" if code == "cap_day" else "max_per_week": 1, "max_per_week": 1})
    excluded = only_exclusion(asked, user([sent("m-0", NOON - HOUR)]), message())
    assert excluded is not None
    assert excluded.code in ("cap_day", "cap_week")
