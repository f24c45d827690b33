"""What users say by events and by loads: it binds, and it is a word in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pushrank.domain.codes import EventType, FeedbackReason, Purpose
from pushrank.domain.instants import DAY, HOUR
from pushrank.domain.record import Change, Erasure
from pushrank.logs import ColumnMap, open_log, write_table
from pushrank.logs.parts import Windows
from pushrank.policy import Policy
from pushrank.ranking.intake import Rejection
from pushrank.transfer.loading import Destination, Loaded, load_log
from tests.small_house import House
from tests.small_policies import NOON, message, shipped_categories, shipped_config
from tests.unit.test_purposes import PURPOSES

OUT, IN, ATTRIBUTE, FEEDBACK = EventType.OPTED_OUT, EventType.OPTED_IN, EventType.ATTRIBUTE, EventType.FEEDBACK
TOO_OFTEN, BAD_TIME, NOT_RELEVANT = FeedbackReason.TOO_OFTEN, FeedbackReason.BAD_TIME, FeedbackReason.NOT_RELEVANT


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path)
    built.put(message("m-1"), message("m-2", "sport.tennis"))
    yield built
    built.store.close()


def words(house: House, user: str = "u-1") -> list[tuple[str, Any, Any, int, str]]:
    entries = [entry for _, entry in house.store.words(house.pseudonyms.of(user))]
    return [(one.what, one.before, one.value, one.at, one.source) for one in entries]


def test_choices_that_events_tell_are_words_in_the_ledger_each_of_its_own_moment(house: House) -> None:
    house.take(
        house.event(OUT, NOON, scope="sport"),
        house.event(OUT, NOON + HOUR),
        house.event(IN, NOON + 2 * HOUR),
        house.event(ATTRIBUTE, NOON + 3 * HOUR, name="personalisation", value=False),
        house.event(ATTRIBUTE, NOON + 4 * HOUR, name="country", value="DE"),
    )
    assert words(house) == [
        ("categories", {}, {"sport": False}, NOON, "event"),
        ("push", True, False, NOON + HOUR, "event"),
        ("push", False, True, NOON + 2 * HOUR, "event"),
        ("personalisation", True, False, NOON + 3 * HOUR, "event"),
    ]


def test_an_event_that_comes_twice_or_says_nothing_of_choices_is_no_word(house: House) -> None:
    event = house.event(OUT)
    house.take(event)
    house.take(event, house.event(FEEDBACK, message_id="m-1", reason=NOT_RELEVANT))
    assert len(words(house)) == 1


def test_an_opt_out_that_is_said_once_more_is_a_word(house: House) -> None:
    house.take(house.event(OUT))
    house.take(house.event(OUT, NOON + HOUR))
    assert [what for what, *_ in words(house)] == ["push", "push"]


def test_a_late_event_that_a_younger_one_overrules_is_no_word(house: House) -> None:
    house.take(house.event(IN, NOON + HOUR), house.event(OUT, NOON - DAY, scope="sport"))
    assert [what for what, *_ in words(house)] == ["categories"]
    house.take(house.event(OUT, NOON))
    assert [what for what, *_ in words(house)] == ["categories"]
    assert house.record().preferences.push


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"reason": TOO_OFTEN}, True),
        ({"reason": BAD_TIME}, True),
        ({"reason": BAD_TIME, "comment": "Not at lunch."}, True),
        ({"comment": "Thank you."}, True),
        ({"reason": NOT_RELEVANT}, False),
        ({"reason": NOT_RELEVANT, "comment": "No."}, False),
        ({}, False),
    ],
)
def test_feedback_names_a_push_unless_it_is_about_all_of_them_or_a_bare_comment(
    house: House, fields: dict[str, Any], *, taken: bool
) -> None:
    answer = house.take(house.event(FEEDBACK, **fields))
    assert (answer.accepted, [one.code for one in answer.rejected]) == ((1, []) if taken else (0, ["missing_field"]))


def test_too_often_without_a_message_counts_like_one_with_it(house: House) -> None:
    house.take(house.event(FEEDBACK, reason=TOO_OFTEN))
    house.take(house.event(FEEDBACK, user="u-2", reason=TOO_OFTEN, message_id="m-1"))
    assert house.record().presence.too_often == house.record("u-2").presence.too_often == (NOON,)


def erased(house: House, user: str) -> None:
    house.take(house.event(EventType.ACTIVITY, user=user, kind="view"))
    house.store.transact(house.pseudonyms.of(user), lambda _: Change(None, erase=Erasure(NOON)), NOON)


def test_events_of_an_erased_user_are_rejected_and_those_of_others_taken(house: House) -> None:
    erased(house, "u-1")
    answer = house.take(house.event(OUT, user="u-2"), house.event(OUT), house.event(IN))
    assert answer.accepted == 1
    assert answer.rejected == tuple(
        Rejection(place, "erased", "user_id: expected a user who was not erased") for place in (1, 2)
    )
    assert (house.record().known, house.record().erased, words(house)) == (False, True, [])


def written(folder: Path) -> Path:
    write_table(folder, "messages", pd.DataFrame({"message_id": ["m-1"], "category": ["news"]}))
    sends = {"user_id": ["u-1", "u-2"], "message_id": "m-1", "sent_at": NOON, "opted_out_at": [NOON + HOUR, -1]}
    write_table(folder, "outcomes", pd.DataFrame({**sends, "clicked_at": [-1, -1]}))
    chosen = {"user_id": ["u-1", "u-2"], "max_per_day": [2.0, float("nan")], "category_caps": [{"news": 1}, None]}
    write_table(folder, "preferences", pd.DataFrame(chosen))
    consents = {
        "user_id": ["u-1", "u-1", "u-2"],
        "purpose": ["marketing", "research", "marketing"],
        "granted": [1, 1, 0],
        "policy_version": ["2025-01", None, None],
        "at": [NOON - DAY, NOON - 2 * DAY, NOON - DAY],
    }
    write_table(folder, "consents", pd.DataFrame(consents))
    return folder


def load(house: House, folder: Path) -> Loaded:
    asked = Policy.of(shipped_config("open"), shipped_categories(), PURPOSES)
    there = Destination(house.store, house.catalogue, asked, house.pseudonyms.of)
    log = open_log(written(folder / "log"), ColumnMap({}))
    return load_log(log, there, Windows(24 * HOUR, 72 * HOUR), folder / "work", NOON + 9 * DAY)


def test_what_a_load_brings_is_a_word_and_its_consents_keep_version_and_moment(house: House, tmp_path: Path) -> None:
    load(house, tmp_path)
    said = house.record().preferences
    assert (said.push, said.max_per_day, said.category_caps) == (False, 2, {"news": 1})
    assert {purpose: (word.policy_version, word.at) for purpose, word in said.consents.items()} == {
        Purpose.MARKETING: ("2025-01", NOON - DAY),
        Purpose.RESEARCH: ("2026-11", NOON - 2 * DAY),
    }
    no = house.record("u-2").preferences.consents[Purpose.MARKETING]
    assert (no.granted, no.policy_version) == (False, None)
    found = words(house)
    assert [(what, at) for what, _, _, at, _ in found] == [
        ("category_caps", NOON + 9 * DAY),
        ("consents/marketing", NOON + 9 * DAY),
        ("consents/research", NOON + 9 * DAY),
        ("max_per_day", NOON + 9 * DAY),
        ("push", NOON + HOUR),
    ]
    assert {source for *_, source in found} == {"import"}
    load(house, tmp_path / "again")
    assert words(house) == found


def test_a_load_does_not_revive_an_erased_user(house: House, tmp_path: Path) -> None:
    erased(house, "u-1")
    loaded = load(house, tmp_path)
    assert (loaded.users, dict(loaded.rejected)) == (1, {"erased": 2})
    assert (house.record().known, house.record().erased) == (False, True)
    assert house.record("u-2").known
