from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pushrank.domain.codes import ExclusionCode, HoldState, Kind
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import DAY, HOUR, MINUTE, instant
from pushrank.domain.user import Preferences
from pushrank.policy import effective_caps
from pushrank.policy.effective import Cap
from tests.small_policies import (
    NO_PACE,
    NOON,
    divided,
    held,
    message,
    only_exclusion,
    policy,
    sent,
    shipped_config,
    user,
)

TOMORROW = instant("2026-11-24T00:00:00+00:00")
MONDAY = instant("2026-11-30T00:00:00+00:00")
CAPPED: dict[str, Any] = {"max_per_day": 2, "max_per_week": 5}


def test_a_day_is_full_when_its_cap_is_reached_and_not_before() -> None:
    asked = policy(**CAPPED)
    assert only_exclusion(asked, user([sent("a", NOON - HOUR)]), message()) is None
    full = only_exclusion(asked, user([sent("a", NOON - HOUR), sent("b", NOON)]), message())
    assert full == Exclusion("m-1", ExclusionCode.CAP_DAY, TOMORROW)


def test_a_push_counts_on_its_own_local_day_only() -> None:
    asked = policy(max_per_day=1)
    midnight = TOMORROW - DAY
    assert only_exclusion(asked, user([sent("a", midnight - 1)]), message()) is None
    assert only_exclusion(asked, user([sent("a", midnight)]), message()) is not None
    assert only_exclusion(asked, user([held("a", TOMORROW, TOMORROW + HOUR)]), message()) is None
    assert only_exclusion(asked, user([held("a", TOMORROW - 1, TOMORROW + HOUR)]), message()) is not None


def test_the_day_is_the_users_and_not_utc() -> None:
    record = user([sent("a", NOON + 3 * HOUR)], timezone="Asia/Shanghai")
    evening, next_day = NOON + 3 * HOUR + 30 * MINUTE, NOON + 5 * HOUR
    full = only_exclusion(policy(max_per_day=1), record, message(), evening)
    assert full == Exclusion("m-1", ExclusionCode.CAP_DAY, instant("2026-11-24T00:00:00+08:00"))
    assert only_exclusion(policy(max_per_day=1), record, message(), next_day) is None


def test_a_week_is_full_until_the_next_monday() -> None:
    days = [sent(str(day), NOON + day * DAY) for day in range(5)]
    asked = policy(**CAPPED)
    full = only_exclusion(asked, user(days), message(), NOON + 5 * DAY)
    assert full == Exclusion("m-1", ExclusionCode.CAP_WEEK, MONDAY)
    assert only_exclusion(asked, user(days[:4]), message(), NOON + 5 * DAY) is None
    assert only_exclusion(asked, user(days), message(), MONDAY) is None
    assert only_exclusion(asked, user([sent("x", MONDAY - 7 * DAY - 1), *days[1:]]), message(), NOON + 5 * DAY) is None


def test_a_hold_counts_until_it_expires() -> None:
    asked, record = policy(max_per_day=1), user([held("a", NOON - MINUTE, NOON + 4 * MINUTE)])
    assert only_exclusion(asked, record, message(), NOON + 4 * MINUTE - 1) is not None
    assert only_exclusion(asked, record, message(), NOON + 4 * MINUTE) is None


@pytest.mark.parametrize("state", [HoldState.RELEASED, HoldState.FAILED])
def test_what_was_not_sent_gives_its_place_back(state: HoldState) -> None:
    record = user([replace(sent("a", NOON), state=state)])
    assert only_exclusion(policy(max_per_day=1), record, message()) is None


def test_a_push_of_any_channel_counts() -> None:
    record = user([replace(sent("a", NOON), channel="email")])
    assert only_exclusion(policy(max_per_day=1), record, message()) is not None


def test_a_message_that_waits_counts_on_the_day_on_which_it_goes() -> None:
    night, morning = instant("2026-11-23T23:00:00+00:00"), instant("2026-11-24T08:00:00+00:00")
    asked = policy("default", max_per_day=1, **NO_PACE)
    full_today = user([sent("a", NOON)], timezone="UTC")
    assert divided(asked, full_today, [message()], night) == ([(message(), morning)], [])
    full_tomorrow = user([held("a", morning, morning + 5 * MINUTE)], timezone="UTC")
    full = only_exclusion(asked, full_tomorrow, message(), night)
    assert full == Exclusion("m-1", ExclusionCode.CAP_DAY, TOMORROW + DAY)


def test_a_cap_of_nothing_allows_nothing_and_never_ends() -> None:
    assert only_exclusion(policy(max_per_day=0), user(), message()) == Exclusion("m-1", ExclusionCode.CAP_DAY)
    assert only_exclusion(policy(), user(max_per_week=0), message()) == Exclusion("m-1", ExclusionCode.CAP_WEEK)


def test_a_policy_without_caps_has_none() -> None:
    record = user([sent(str(n), NOON) for n in range(50)])
    assert only_exclusion(policy(), record, message()) is None


def test_what_the_user_set_binds_below_and_above_the_default() -> None:
    one, three = user([sent("a", NOON)], max_per_day=1), user([sent(name, NOON) for name in "abc"], max_per_day=4)
    assert only_exclusion(policy("default", default_timezone="UTC", **NO_PACE), one, message()) is not None
    assert only_exclusion(policy("default", default_timezone="UTC", **NO_PACE), three, message()) is None


def test_a_user_gets_no_more_than_the_ceiling() -> None:
    record = user([sent(str(n), NOON) for n in range(10)], max_per_day=500)
    assert only_exclusion(policy("default", default_timezone="UTC", **NO_PACE), record, message()) is not None


@pytest.mark.parametrize(
    ("wanted", "cap"),
    [
        (None, Cap(3, "policy")),
        (0, Cap(0, "user")),
        (3, Cap(3, "user")),
        (10, Cap(10, "user")),
        (11, Cap(10, "ceiling")),
    ],
)
def test_whose_word_a_cap_is(wanted: int | None, cap: Cap) -> None:
    assert effective_caps(Preferences(max_per_day=wanted), shipped_config("default")).day == cap


def test_the_caps_of_day_and_week_are_decided_apart() -> None:
    caps = effective_caps(Preferences(max_per_week=2), shipped_config("default"))
    assert (caps.day, caps.week) == (Cap(3, "policy"), Cap(2, "user"))
    assert effective_caps(Preferences(max_per_week=41), shipped_config("default")).week == Cap(40, "ceiling")


def test_service_messages_pass_the_caps_of_a_policy_that_says_so_but_never_the_users() -> None:
    service = message("s", kind=Kind.SERVICE)
    asked = policy(max_per_day=1, service_passes=("cap_day",))
    kept, excluded = divided(asked, user([sent("a", NOON)]), [service, message()])
    assert kept == [(service, NOON)]
    assert [exclusion.message_id for exclusion in excluded] == ["m-1"]
    assert only_exclusion(asked, user([sent("a", NOON)], max_per_day=1), service) is not None
    assert only_exclusion(policy(max_per_day=1), user([sent("a", NOON)]), service) is not None


def test_candidates_for_two_days_are_counted_apart() -> None:
    night, morning = instant("2026-11-23T23:00:00+00:00"), instant("2026-11-24T08:00:00+00:00")
    asked = policy("default", max_per_day=1, service_passes=("quiet_hours",), default_timezone="UTC", **NO_PACE)
    service, other = message("s", kind=Kind.SERVICE), message()
    kept, excluded = divided(asked, user([sent("a", NOON)]), [service, other], night)
    assert kept == [(other, morning)]
    assert excluded == [Exclusion("s", ExclusionCode.CAP_DAY, TOMORROW)]
