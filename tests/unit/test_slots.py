from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pushrank.config.types import CapRule, NearDuplicate, RampStep, RampUp, Variety
from pushrank.domain.codes import Kind
from pushrank.domain.instants import DAY, MINUTE, instant
from pushrank.domain.record import Push, Slot, UserRecord
from pushrank.policy import Policy, slots_of
from tests.small_policies import NOON, message, policy, sent, user

MIDNIGHT = instant("2026-11-23T00:00:00+08:00")
CHINESE = user(timezone="Asia/Shanghai")
ALL = ("cap_category", "cap_kind", "cap_channel", "min_gap", "ramp_up")


def capped(*rules: CapRule, **changes: Any) -> Policy:
    names = policy().config.constraints
    return policy(constraints=(*names, *(name for name in ALL if name not in names)), caps=rules, **changes)


def taken(asked: Policy, record: UserRecord, push: Push) -> dict[str, Slot]:
    slots = slots_of(asked, record, push, message(push.message_id, push.category, kind=push.kind))
    assert all(slot.at == push.at for slot in slots)
    return {slot.cap: slot for slot in slots}


def test_a_calendar_cap_names_the_window_and_the_zone_of_its_clock() -> None:
    slots = taken(capped(max_per_day=2, max_per_week=9), CHINESE, sent("a", NOON))
    assert slots == {
        "cap_day@Asia/Shanghai": Slot("cap_day@Asia/Shanghai", NOON, MIDNIGHT, MIDNIGHT + DAY, 2),
        "cap_week@Asia/Shanghai": Slot("cap_week@Asia/Shanghai", NOON, MIDNIGHT, MIDNIGHT + 7 * DAY, 9),
    }


def test_a_rolling_cap_names_what_lies_before_the_push() -> None:
    slots = taken(capped(CapRule(4, "24h"), min_gap_minutes=1.5), CHINESE, sent("a", NOON))
    assert slots == {
        "cap_day/*/24h": Slot("cap_day/*/24h", NOON, NOON - DAY + 1, NOON + 1, 4),
        "min_gap/*/1.5m": Slot("min_gap/*/1.5m", NOON, NOON - 3 * MINUTE // 2 + 1, NOON + 1, 1),
    }


def test_a_push_takes_a_slot_of_its_category_of_each_parent_of_its_kind_and_of_its_channel() -> None:
    rules = (
        CapRule(1, "1h", category="news.local"),
        CapRule(2, "1h", category="news"),
        CapRule(9, "1h", category="promo"),
        CapRule(3, "1h", category="*"),
        CapRule(4, "1h", kind="offer"),
        CapRule(5, "2h", kind="*"),
        CapRule(6, "1h", channel="email"),
        CapRule(7, "day", channel="*"),
    )
    push = replace(sent("a", NOON), category="news.local.harbour", kind=Kind.OFFER, channel="email")
    assert {cap: slot.most for cap, slot in taken(capped(*rules), CHINESE, push).items()} == {
        "cap_category/news.local/1h": 1,
        "cap_category/news/1h": 2,
        "cap_kind/offer/1h": 4,
        "cap_kind/offer/2h": 5,
        "cap_channel/email/1h": 6,
        "cap_channel/email/day@Asia/Shanghai": 7,
    }


@pytest.mark.parametrize(("named", "star", "most"), [(2, 3, 2), (3, 2, 2)])
def test_where_a_star_and_a_name_say_the_same_the_stricter_one_holds(named: int, star: int, most: int) -> None:
    rules = CapRule(named, "1h", category="news"), CapRule(star, "1h", category="*")
    for order in (rules, rules[::-1]):
        assert taken(capped(*order), CHINESE, sent("a", NOON))["cap_category/news/1h"].most == most


def test_what_nobody_asked_about_counts_but_is_not_limited() -> None:
    asked = capped(CapRule(1, "1h", kind="inform"), max_per_day=2)
    slots = slots_of(asked, CHINESE, sent("a", NOON), None)
    assert {slot.cap: slot.most for slot in slots} == {"cap_day@Asia/Shanghai": None, "cap_kind/inform/1h": None}


def test_a_service_message_is_not_limited_by_what_it_passes() -> None:
    asked = capped(max_per_day=2, max_per_week=9, service_passes=("cap_day", "cap_week"))
    record, push = user(timezone="UTC", max_per_week=3), replace(sent("a", NOON), kind=Kind.SERVICE)
    assert {cap: slot.most for cap, slot in taken(asked, record, push).items()} == {
        "cap_day@UTC": None,
        "cap_week@UTC": 3,
    }


def test_a_push_of_a_user_without_a_zone_takes_only_slots_that_need_none() -> None:
    asked = capped(CapRule(4, "24h"), max_per_day=2, default_timezone=None)
    assert [slot.cap for slot in slots_of(asked, user(), sent("a", NOON), None)] == ["cap_day/*/24h"]


def test_a_ramp_takes_a_slot_of_the_day_as_long_as_it_lasts() -> None:
    asked = capped(ramp_up=RampUp(30, (RampStep(3, 1), RampStep(7, 2))))
    record = replace(CHINESE, facts=replace(CHINESE.facts, registered_at=NOON))
    for age, most in ((0, 1), (3 * DAY - 1, 1), (3 * DAY, 2), (7 * DAY - 1, 2), (7 * DAY, None)):
        slots = taken(asked, record, sent("a", NOON + age))
        assert {cap: slot.most for cap, slot in slots.items()} == ({"ramp_up@Asia/Shanghai": most} if most else {})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 9 * DAY),
        ({"caps": (CapRule(1, "8d"), CapRule(1, "week"))}, 9 * DAY),
        ({"caps": (CapRule(1, "30d", kind="survey"), CapRule(1, "2h"))}, 30 * DAY),
        ({"min_gap_minutes": 11 * 24 * 60.0}, 11 * DAY),
        ({"near_duplicate": NearDuplicate(0.8, 14.0)}, 14 * DAY),
        ({"variety": Variety(0.3, 0.1, 48.0)}, 10 * DAY),
        ({"variety": Variety(0.3, 0.1, 24.0)}, 9 * DAY),
        ({"hold_minutes": 60.0, "repeat_after_days": 90.0}, 9 * DAY),
    ],
)
def test_a_policy_looks_back_over_the_longest_window_of_its_rules(changes: dict[str, Any], expected: int) -> None:
    # Not every setting of a part goes with the constraints of a shipped policy; what counts here is the figure.
    assert replace(policy(), config=replace(policy().config, **changes)).look_back == expected
