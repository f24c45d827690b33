from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pushrank.domain.codes import EventType, Purpose, QuietAction
from pushrank.domain.decision import Frequency
from pushrank.domain.instants import DAY
from pushrank.domain.preferences_json import to_json
from pushrank.domain.record import Change, Erasure
from pushrank.domain.user import Consent, Preferences, QuietWindow
from pushrank.rights.preferences import (
    ErasedError,
    PatchError,
    StaleError,
    change_preferences,
    document,
    effective,
    etag,
    matches,
    patched,
)
from pushrank.rights.terms import Terms
from tests.small_house import House, codes_of
from tests.small_policies import NOON, message, shipped_categories, shipped_config

FULL = Preferences(
    push=False,
    muted_until=NOON,
    categories={"*": False, "sport": True},
    max_per_day=2,
    max_per_week=9,
    quiet_hours=(QuietWindow(22 * 60, 8 * 60, (0, 6)),),
    in_quiet_hours=QuietAction.DROP,
    timezone="Asia/Shanghai",
    language="zh",
    personalisation=False,
    consents={Purpose.MARKETING: Consent(granted=True, policy_version="1", at=NOON - DAY)},
    objected=True,
    version=7,
)


def faults(patch: Any, preferences: Preferences = FULL) -> list[tuple[str, str]]:
    with pytest.raises(PatchError) as refusal:
        patched(preferences, patch, NOON)
    return [(fault.pointer, fault.detail) for fault in refusal.value.faults]


def test_a_field_changes_alone_and_the_version_grows() -> None:
    after = patched(FULL, {"max_per_day": 5}, NOON)
    assert (after.max_per_day, after.version) == (5, 8)
    assert to_json(after) | {"max_per_day": 2, "version": 7} == to_json(FULL)


def test_a_patch_that_changes_nothing_keeps_the_version() -> None:
    assert patched(FULL, {}, NOON) == FULL
    assert patched(FULL, {"push": False, "categories": {"sport": True}}, NOON).version == 7


@pytest.mark.parametrize("field", sorted(to_json(FULL).keys() - {"version", "consents"}))
def test_null_means_that_the_user_says_nothing_any_more(field: str) -> None:
    assert getattr(patched(FULL, {field: None}, NOON), field) == getattr(Preferences(), field)


def test_categories_are_merged_by_name_and_null_removes_one() -> None:
    assert patched(FULL, {"categories": {"promo": False, "*": None}}, NOON).categories == {
        "sport": True,
        "promo": False,
    }


def test_lists_are_replaced_as_a_whole() -> None:
    after = patched(FULL, {"quiet_hours": [{"from": "13:00", "to": "14:00"}]}, NOON)
    assert after.quiet_hours == (QuietWindow(780, 840),)


def test_a_consent_is_one_word_dated_when_it_was_given() -> None:
    after = patched(FULL, {"consents": {"marketing": {"granted": False}, "research": {"granted": True}}}, NOON)
    assert after.consents == {
        Purpose.MARKETING: Consent(granted=False, at=NOON),
        Purpose.RESEARCH: Consent(granted=True, at=NOON),
    }
    dated = {"granted": True, "policy_version": "2026-11", "at": "1970-01-01T08:00:01+08:00"}
    after = patched(FULL, {"consents": {"marketing": dated}}, NOON)
    assert after.consents[Purpose.MARKETING] == Consent(granted=True, policy_version="2026-11", at=1_000_000)
    assert patched(FULL, {"consents": {"marketing": None}}, NOON).consents == {}
    assert patched(FULL, {"consents": None}, NOON).consents == {}


def test_every_fault_is_named_by_its_pointer_and_nothing_changes() -> None:
    found = faults(
        {
            "version": 3,
            "effective": {},
            "max_per_dya": 1,
            "timezone": "Mars/Olympus",
            "categories": {"a b": True},
            "quiet_hours": [{"from": "22:00", "to": "24:30"}],
            "consents": {"sales": {"granted": True}},
            "push": 1,
        }
    )
    assert [pointer for pointer, _ in found] == [
        "/version",
        "/effective",
        "/max_per_dya",
        "/timezone",
        "/categories",
        "/quiet_hours/0/to",
        "/consents/sales",
        "/push",
    ]
    assert ("/version", "is read-only") in found
    assert ("/push", "expected true or false, got 1") in found


def test_an_unknown_field_is_refused_even_with_null() -> None:
    assert faults({"colour": None})[0][0] == "/colour"
    assert faults({"a/b~c": None})[0][0] == "/a/b~0c"


@pytest.mark.parametrize("patch", [None, [], "push", 3])
def test_a_patch_is_an_object(patch: Any) -> None:
    assert faults(patch)[0][0] == ""


def test_if_match_compares_strong_tags() -> None:
    assert etag(FULL) == '"7"'
    assert matches('"7"', FULL)
    assert matches('"3", "7"', FULL)
    assert matches("*", FULL)
    assert not matches('"8"', FULL)
    assert not matches('W/"7"', FULL)
    assert not matches("7", FULL)


def test_effective_says_what_binds_and_whose_word_it_is() -> None:
    config = shipped_config("default")
    said = {"max_per_week": 12, "week_decided_by": "policy", "figures": None}
    assert effective(Preferences(), config) == said | {"max_per_day": 3, "decided_by": "policy"}
    assert effective(Preferences(max_per_day=2), config) == said | {"max_per_day": 2, "decided_by": "user"}
    assert effective(Preferences(max_per_day=99), config) == said | {"max_per_day": 10, "decided_by": "ceiling"}
    both = {"max_per_day": 2, "decided_by": "user", "max_per_week": 9, "week_decided_by": "user", "figures": None}
    assert document(FULL, config)["effective"] == both


def test_what_suits_the_user_is_effective_with_its_figures() -> None:
    suits = Frequency(1, 4, activity=0.5, opened=0.2, risk=0.001, too_often=0.9, price=0.02)
    assert document(Preferences(max_per_day=0), shipped_config("default"), suits)["effective"] == {
        "max_per_day": 0,
        "max_per_week": 4,
        "decided_by": "user",
        "week_decided_by": "adaptive",
        "figures": {"activity": 0.5, "opened": 0.2, "risk": 0.001, "too_often": 0.9, "price": 0.02},
    }
    assert document(FULL, shipped_config("default"))["version"] == 7


def test_a_change_binds_from_the_next_decision_on(tmp_path: Any) -> None:
    house = House(tmp_path)
    house.put(message("m-1"), message("m-2"))
    key = house.pseudonyms.of("u-1")
    after, changed = change_preferences(house.store, key, {"push": False}, NOON)
    assert (after.push, after.version, changed) == (False, 1, True)
    assert codes_of(house.rank("m-1")) == {"m-1": "opted_out"}
    again, changed = change_preferences(house.store, key, {"push": False}, NOON, '"1"')
    assert (again.version, changed) == (1, False)
    with pytest.raises(StaleError):
        change_preferences(house.store, key, {"push": True}, NOON, '"0"')
    with pytest.raises(PatchError, match="/timezone: expected an IANA time zone"):
        change_preferences(house.store, key, {"push": True, "timezone": "x"}, NOON)
    assert house.record().preferences.push is False


def habits(house: House) -> tuple[bytes | None, dict[tuple[str, int], int]]:
    clicks = {(one.message_id, one.bucket): one.clicks for one in house.store.all_counts() if one.clicks or one.sends}
    return house.record().state, clicks


def terms(house: House) -> Terms:
    return Terms.of(house.policy, shipped_categories(), tuple, house.catalogue.lookup())


@pytest.mark.parametrize(
    ("off", "on"),
    [
        ({"personalisation": False}, {"personalisation": True}),
        ({"tags": {"rain": False}}, {"tags": {"rain": None}}),
    ],
)
def test_what_may_not_be_remembered_is_forgotten_at_once_and_comes_back_as_it_was(
    tmp_path: Path, off: dict[str, Any], on: dict[str, Any]
) -> None:
    house = House(tmp_path)
    house.put(message("m-1", tags=("rain",)))
    house.take(
        house.event(EventType.SENT, message_id="m-1"), house.event(EventType.CLICKED, NOON + 1, message_id="m-1")
    )
    user_key, before = house.record().user_key, habits(house)
    change_preferences(house.store, user_key, off, NOON + 2, terms=terms(house))
    state, counts = habits(house)
    assert state != before[0]
    assert (state is None, any(counts.values())) == ((True, False) if "personalisation" in off else (False, True))
    change_preferences(house.store, user_key, on, NOON + 3, terms=terms(house))
    assert habits(house) == before


def test_a_word_about_a_purpose_is_stamped_with_its_version_unless_it_names_one() -> None:
    stamped = Terms({Purpose.MARKETING: "2026-11"})
    patch = {"consents": {"marketing": {"granted": True}, "research": {"granted": True}}}
    after = patched(Preferences(), patch, NOON, stamped)
    assert {purpose: word.policy_version for purpose, word in after.consents.items()} == {
        Purpose.MARKETING: "2026-11",
        Purpose.RESEARCH: None,
    }
    named = {"consents": {"marketing": {"granted": True, "policy_version": "1"}}}
    assert patched(Preferences(), named, NOON, stamped).consents[Purpose.MARKETING].policy_version == "1"


def test_a_user_who_was_erased_cannot_change_anything(tmp_path: Path) -> None:
    house = House(tmp_path)
    key = house.pseudonyms.of("u-1")
    change_preferences(house.store, key, {"push": False}, NOON)
    house.store.transact(key, lambda _: Change(None, erase=Erasure(NOON)), NOON)
    with pytest.raises(ErasedError):
        change_preferences(house.store, key, {"push": True}, NOON)
    assert not house.record().known
