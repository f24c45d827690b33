from __future__ import annotations

from dataclasses import replace

import pytest

from pushrank.config import Category, PurposeSpec
from pushrank.domain.codes import ExclusionCode, Purpose
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import HOUR
from pushrank.domain.message import Message
from pushrank.domain.record import UserRecord
from pushrank.domain.user import Consent
from pushrank.policy import Ask, Eligible, Policy
from pushrank.policy.categories import CategoryTree
from pushrank.policy.constraints import CONSTRAINTS
from pushrank.policy.touch import may_hear
from tests.small_policies import (
    NOON,
    divided,
    message,
    only_exclusion,
    policy,
    shipped_categories,
    shipped_config,
    user,
)


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


V1, V2 = ({Purpose.MARKETING: PurposeSpec(version, {}, {})} for version in ("1", "2"))


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize(
    ("word", "counts"),
    [
        (Consent(granted=True, policy_version="2"), True),
        (Consent(granted=True, policy_version="1"), None),
        (Consent(granted=True), None),
        (Consent(granted=False, policy_version="2"), False),
        (Consent(granted=False, policy_version="1"), False),
        (Consent(granted=False), False),
    ],
)
def test_a_yes_to_another_version_is_unknown_and_a_no_holds_whatever_its_version(
    word: Consent, *, counts: bool | None, default: bool
) -> None:
    config = shipped_config("open")
    config = replace(config, default_consents={**config.default_consents, Purpose.MARKETING: default})
    asked = Policy.of(config, shipped_categories(), V2)
    code = code_of(asked, user(consents={Purpose.MARKETING: word}), message(purpose=Purpose.MARKETING))
    goes = default if counts is None else counts
    assert code == (None if goes else ExclusionCode.NO_CONSENT)


def test_a_changed_purpose_makes_its_own_consent_unknown_and_no_other() -> None:
    words = dict.fromkeys((Purpose.MARKETING, Purpose.RESEARCH), Consent(granted=True, policy_version="1"))
    for purposes, promo in ((None, None), (V1, None), (V2, ExclusionCode.NO_CONSENT)):
        asked = Policy.of(shipped_config("default"), shipped_categories(), purposes)
        record = user(timezone="UTC", consents=words)
        assert code_of(asked, record, message(category="promo")) == promo
        assert code_of(asked, record, message(category="survey")) is None


def test_who_agreed_to_another_version_only_is_not_said_to_wait_for_messages() -> None:
    config = replace(shipped_config("default"), default_consents=dict.fromkeys(Purpose, False))
    record = user(consents={Purpose.MARKETING: Consent(granted=True, policy_version="1")})
    assert may_hear(record, config, NOON)
    assert may_hear(record, config, NOON, {Purpose.MARKETING: "1"})
    assert not may_hear(record, config, NOON, {Purpose.MARKETING: "2"})


@pytest.mark.parametrize(
    ("categories", "listed", "goes"),
    [
        ({"sport": False}, False, False),
        ({"sport": False}, True, False),
        ({"*": False}, True, False),
        ({"*": False, "news": True}, True, False),
        ({"sport": True}, True, True),
        ({"sport": False, "sport.padel": True}, True, True),
    ],
)
def test_a_category_that_appears_later_inherits_what_the_user_said_of_its_parent(
    categories: dict[str, bool], *, listed: bool, goes: bool
) -> None:
    grown = {**shipped_categories(), "sport.padel": Category({"en": "Padel"}, default=True)}
    asked = Policy.of(shipped_config("open"), grown if listed else shipped_categories())
    code = code_of(asked, user(categories=categories), message(category="sport.padel"))
    assert code == (None if goes else ExclusionCode.CATEGORY_OFF)


def test_a_purpose_that_not_even_the_policy_speaks_of_is_not_allowed() -> None:
    speechless = replace(shipped_config("open"), default_consents={})
    ask = Ask(user(), NOON, "UTC", speechless, CategoryTree({}))
    kept, excluded = CONSTRAINTS["no_consent"].check(ask, [Eligible(message(), NOON)])
    assert (list(kept), [exclusion.code for exclusion in excluded]) == ([], [ExclusionCode.NO_CONSENT])
