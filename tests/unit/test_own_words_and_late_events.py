"""What a user set themselves is not undone by what a backend reports late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pushrank.domain.codes import EventType
from pushrank.domain.instants import HOUR, Instant
from pushrank.domain.user import Preferences
from pushrank.ranking.intake import digest_of
from pushrank.rights.preferences import change_preferences
from tests.small_house import House
from tests.small_policies import NOON, message

BEFORE, AFTER = NOON - HOUR, NOON + HOUR
IN, OUT = EventType.OPTED_IN, EventType.OPTED_OUT


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path)
    built.put(message("m-1", "sport"))
    yield built
    built.store.close()


def say(house: House, patch: Mapping[str, Any], source: str = "page", at: Instant = NOON) -> None:
    change_preferences(house.store, house.pseudonyms.of("u-1"), patch, at, source=source)


def chosen(house: House) -> Preferences:
    return house.record().preferences


@pytest.mark.parametrize("source", ["api", "page", "link"])
def test_a_late_opt_in_does_not_undo_what_the_user_turned_off_since(house: House, source: str) -> None:
    say(house, {"push": False, "categories": {"sport": False}}, source)
    house.take(house.event(IN, BEFORE), house.event(IN, BEFORE, scope="sport"))
    assert not chosen(house).push
    assert chosen(house).categories == {"sport": False}


def test_a_late_opt_in_still_says_that_the_device_can_be_reached(house: House) -> None:
    house.take(house.event(EventType.REACH_LOST, BEFORE - HOUR))
    say(house, {"push": False})
    house.take(house.event(IN, BEFORE))
    assert house.record().reachable
    assert not chosen(house).push


def test_a_late_opt_out_does_not_end_what_the_user_turned_on_since(house: House) -> None:
    say(house, {"push": False}, at=BEFORE - HOUR)
    say(house, {"push": True})
    house.take(house.event(OUT, BEFORE))
    assert chosen(house).push


def test_a_younger_event_has_the_last_word(house: House) -> None:
    say(house, {"push": False, "personalisation": False})
    attribute = replace(house.event(EventType.ATTRIBUTE, AFTER), name="personalisation", value=True)
    house.take(house.event(IN, AFTER), attribute)
    assert chosen(house).push
    assert chosen(house).personalisation


def test_a_late_word_about_another_choice_counts(house: House) -> None:
    say(house, {"categories": {"sport": False}, "max_per_day": 1})
    house.take(house.event(OUT, BEFORE), house.event(OUT, BEFORE, scope="news"))
    assert not chosen(house).push
    assert chosen(house).categories == {"sport": False, "news": False}


def test_personalisation_that_the_user_turned_off_stays_off_when_an_older_report_comes(house: House) -> None:
    say(house, {"personalisation": False})
    house.take(replace(house.event(EventType.ATTRIBUTE, BEFORE), name="personalisation", value=True))
    assert not chosen(house).personalisation


def test_what_an_import_brought_is_no_word_of_that_moment(house: House) -> None:
    say(house, {"push": False}, "import")
    house.take(house.event(IN, BEFORE))
    assert chosen(house).push


@pytest.mark.parametrize(
    ("patch", "kind", "more"),
    [
        ({"push": False}, IN, {}),
        ({"categories": {"sport": False}}, IN, {"scope": "sport"}),
        ({"personalisation": False}, EventType.ATTRIBUTE, {"name": "personalisation", "value": True}),
    ],
)
def test_a_no_that_was_said_again_is_not_overruled_by_what_was_reported_in_between(
    house: House, patch: Mapping[str, Any], kind: EventType, more: Mapping[str, Any]
) -> None:
    say(house, patch, at=BEFORE - HOUR)
    before = chosen(house)
    say(house, patch)
    house.take(replace(house.event(kind, BEFORE), **more))
    assert chosen(house) == before


def test_an_opt_out_that_changes_nothing_is_the_last_word_all_the_same(house: House) -> None:
    say(house, {"push": False, "categories": {"sport": False}})
    house.take(house.event(OUT, AFTER), house.event(OUT, AFTER, scope="sport"))
    words = [entry for _, entry in house.store.words(house.pseudonyms.of("u-1"))]
    assert [(entry.what, entry.source) for entry in words[-2:]] == [("push", "event"), ("categories", "event")]


def test_a_date_of_birth_can_not_be_tried_out_against_what_is_stored(house: House) -> None:
    event = replace(house.event(EventType.ATTRIBUTE), name="birth_date", value="1987-03-14")
    other = replace(event, value="1990-01-01")
    assert digest_of(event) == digest_of(other)
