from __future__ import annotations

from dataclasses import replace

import pytest

from pushrank.config import Category
from pushrank.domain.codes import ExclusionCode, Purpose
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import HOUR
from pushrank.domain.message import Message
from pushrank.domain.record import UserRecord
from pushrank.domain.user import Consent
from pushrank.policy import Ask, Eligible, Policy
from pushrank.policy.categories import CategoryTree
from pushrank.policy.constraints import CONSTRAINTS
from tests.small_policies import NOON, divided, message, only_exclusion, policy, shipped_config, user


def code_of(asked: Policy, record: UserRecord, one: Message) -> ExclusionCode | None:
    exclusion = only_exclusion(asked, record, one)
    return None if exclusion is None else exclusion.code


def test_a_user_without_a_word_gets_an_ordinary_message_now() -> None:
    kept, excluded = divided(policy(), user(), [message()])
    assert kept == [(message(), NOON)]
    assert excluded == []


def test_nothing_goes_to_a_device_that_cannot_be_reached() -> None:
    assert code_of(policy(), user(reachable=False), message()) is ExclusionCode.NOT_REACHABLE


def test_nothing_goes_after_an_opt_out() -> None:
    assert code_of(policy(), user(push=False), message()) is ExclusionCode.OPTED_OUT


def test_a_pause_ends_at_its_moment_and_not_before() -> None:
    exclusion = only_exclusion(policy(), user(muted_until=NOON + 1), message())
    assert exclusion == Exclusion("m-1", ExclusionCode.MUTED, NOON + 1)
    assert only_exclusion(policy(), user(muted_until=NOON), message()) is None


@pytest.mark.parametrize(
    ("categories", "category", "goes"),
    [
        ({"sport": False}, "sport", False),
        ({"sport": False}, "sport.tennis", False),
        ({"sport": False, "sport.tennis": True}, "sport.tennis.women", True),
        ({"*": False, "sport": True}, "news", False),
        ({"*": False, "sport": True}, "sport.tennis", True),
        ({"sport": False}, "sports", True),
    ],
)
def test_the_most_specific_word_about_a_category_wins(
    categories: dict[str, bool], category: str, *, goes: bool
) -> None:
    code = code_of(policy(), user(categories=categories), message(category=category))
    assert code == (None if goes else ExclusionCode.CATEGORY_OFF)


QUIET_TREE = {"club": Category({"en": "Club"}, default=False), "club.news": Category({"en": "Club news"})}


@pytest.mark.parametrize(
    ("categories", "category", "goes"),
    [
        ({}, "club", False),
        ({}, "club.parties", False),
        ({}, "club.news.local", True),
        ({"club": True}, "club.parties", True),
        ({"*": True}, "club", True),
        ({"news": True}, "club", False),
        ({"news": False}, "club.news", True),
    ],
)
def test_where_the_user_said_nothing_the_nearest_default_of_the_tree_holds(
    categories: dict[str, bool], category: str, *, goes: bool
) -> None:
    asked = Policy.of(shipped_config("open"), QUIET_TREE)
    code = code_of(asked, user(categories=categories), message(category=category))
    assert code == (None if goes else ExclusionCode.CATEGORY_OFF)


def test_an_objection_stops_marketing_and_nothing_else() -> None:
    record = user(objected=True)
    assert code_of(policy(), record, message(category="promo.shoes")) is ExclusionCode.OBJECTED
    assert code_of(policy(), record, message(purpose=Purpose.MARKETING)) is ExclusionCode.OBJECTED
    assert code_of(policy(), record, message(category="promo", purpose=Purpose.SERVICE)) is None
    assert code_of(policy(), record, message()) is None


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize("granted", [True, False, None])
def test_a_recorded_word_about_a_purpose_binds_else_the_default_does(
    purpose: Purpose, *, default: bool, granted: bool | None
) -> None:
    asked = policy(default_consents={**dict.fromkeys(Purpose, not default), purpose: default})
    consents = {} if granted is None else {purpose: Consent(granted)}
    code = code_of(asked, user(consents=consents), message(purpose=purpose))
    goes = default if granted is None else granted
    assert code == (None if goes else ExclusionCode.NO_CONSENT)


@pytest.mark.parametrize(
    ("category", "refused"), [("promo.shoes", Purpose.MARKETING), ("survey", Purpose.RESEARCH), ("x.y", None)]
)
def test_a_message_without_a_purpose_has_that_of_its_category(category: str, refused: Purpose | None) -> None:
    code = code_of(policy("default"), user(timezone="UTC"), message(category=category))
    assert code == (None if refused is None else ExclusionCode.NO_CONSENT)


def test_marketing_needs_a_yes_under_the_shipped_default() -> None:
    yes = user(timezone="UTC", consents={Purpose.MARKETING: Consent(granted=True, at=NOON - HOUR)})
    assert code_of(policy("default"), yes, message(category="promo")) is None


def test_a_purpose_that_not_even_the_policy_speaks_of_is_not_allowed() -> None:
    speechless = replace(shipped_config("open"), default_consents={})
    ask = Ask(user(), NOON, "UTC", speechless, CategoryTree({}))
    kept, excluded = CONSTRAINTS["no_consent"].check(ask, [Eligible(message(), NOON)])
    assert (list(kept), [exclusion.code for exclusion in excluded]) == ([], [ExclusionCode.NO_CONSENT])
