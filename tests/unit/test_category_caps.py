"""What a user says of one category: at most so many a week."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pushrank.domain.codes import ExclusionCode, Kind, Mode
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import DAY, HOUR, instant
from pushrank.domain.record import Push
from pushrank.policy import slots_of
from pushrank.wording.words import Words
from tests.small_house import House, codes_of, slate_of
from tests.small_policies import NOON, message, only_exclusion, policy, sent, shipped_categories, user

MONDAY = instant("2026-11-30T00:00:00+00:00")


def had(category: str, at: int = NOON - HOUR) -> Push:
    return replace(sent(f"x-{category}-{at}", at), category=category)


def test_fewer_of_a_category_is_a_limit_per_local_week() -> None:
    record = user([had("sport")], category_caps={"sport": 1})
    full = only_exclusion(policy(), record, message(category="sport"))
    assert full == Exclusion("m-1", ExclusionCode.CAP_CATEGORY, MONDAY)
    assert (full.about, full.limit, full.decided_by) == ("sport", 1, "user")
    assert only_exclusion(policy(), record, message(category="sport"), MONDAY) is None
    assert only_exclusion(policy(), record, message(category="news")) is None


def test_the_week_is_the_users_own() -> None:
    record = user([had("sport")], category_caps={"sport": 1}, timezone="Asia/Shanghai")
    full = only_exclusion(policy(), record, message(category="sport"))
    assert full == Exclusion("m-1", ExclusionCode.CAP_CATEGORY, instant("2026-11-30T00:00:00+08:00"))


@pytest.mark.parametrize(
    ("caps", "category", "about"),
    [
        ({"sport": 1}, "sport.tennis", "sport"),
        ({"sport": 1}, "sport", "sport"),
        ({"sport.golf": 1}, "sport.golf", "sport.golf"),
        ({"sport.golf": 1}, "sport.tennis", None),
        ({"sport.tennis": 1}, "sport.tennis", None),
        ({"sport": 2}, "sport.tennis", None),
        ({"sport": 0}, "sport.tennis", "sport"),
        ({"sport.tennis": 0, "sport": 9}, "sport.tennis.women", "sport.tennis"),
    ],
)
def test_a_limit_counts_what_lies_below_its_category(caps: dict[str, int], category: str, about: str | None) -> None:
    full = only_exclusion(policy(), user([had("sport.golf")], category_caps=caps), message(category=category))
    assert (None if full is None else full.about) == about


def test_none_at_all_never_ends() -> None:
    assert only_exclusion(policy(), user(category_caps={"news": 0}), message()) == Exclusion(
        "m-1", ExclusionCode.CAP_CATEGORY, None
    )


def test_what_lets_service_messages_pass_the_policys_limits_does_not_pass_the_users_own() -> None:
    asked = policy(service_passes=("cap_category",))
    parcel = message(category="account", kind=Kind.SERVICE)
    record = user([had("account")], category_caps={"account": 1})
    assert only_exclusion(asked, record, parcel) is not None
    assert only_exclusion(asked, user([had("account")]), parcel) is None


def test_the_database_gets_a_place_for_each_limit_of_the_lineage() -> None:
    record = user(category_caps={"sport": 3, "sport.golf": 1, "news": 2})
    slots = slots_of(policy(), record, had("sport.golf"), message(category="sport.golf"))
    assert {slot.cap: slot.most for slot in slots} == {
        "cap_category/sport.golf/week@UTC": 1,
        "cap_category/sport/week@UTC": 3,
    }


@pytest.mark.parametrize("personalisation", [True, False])
def test_it_holds_at_a_ranking_within_a_slate_and_at_a_confirm(tmp_path: Path, *, personalisation: bool) -> None:
    house = House(tmp_path, hold_minutes=1440.0)
    house.put(*(message(name, "sport.golf") for name in ("a", "b", "c")))
    house.settle(category_caps={"sport": 2}, personalisation=personalisation)
    both = house.rank("a", "b", "c", slots=3)
    assert (len(slate_of(both)), list(codes_of(both).values())) == (2, ["cap_category"])
    house.settle(category_caps={"sport": 1}, personalisation=personalisation)
    answer = house.holds.confirm(both.decision_id, None, NOON)
    assert len(answer.send) == 1
    assert [stop.code for stop in answer.stop] == [ExclusionCode.CAP_CATEGORY]
    later = house.rank("c", mode=Mode.CONFIRM, as_of=NOON + DAY)
    assert codes_of(later) == {"c": "cap_category"}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Your limit of 1 a week from Sport is used up."),
        ("zh", "你说过“体育”类消息每周最多1条，这周已经够了。"),  # noqa: RUF001 - Chinese punctuation is meant
    ],
)
def test_it_is_told_with_the_limit(language: str, said: str) -> None:
    full = only_exclusion(policy(), user([had("sport")], category_caps={"sport": 1}), message(category="sport"))
    assert full is not None
    assert Words(shipped_categories(), language).excluded(full, "UTC", NOON) == said
