"""What was confirmed may still be in a backend's hands: whoever asks again hears of permission that has gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pushrank.config.types import Minors
from pushrank.domain.codes import EventType, ExclusionCode, Mode, Purpose
from pushrank.domain.instants import HOUR, MINUTE
from pushrank.rights.preferences import change_preferences
from tests.small_house import House
from tests.small_policies import NOON, message

NIGHT = Minors("21:00", "08:00")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path, minors=NIGHT)
    built.put(message("m-ad", "news", purpose=Purpose.MARKETING), message("m-news", "news"))
    yield built
    built.store.close()


def confirmed(house: House, name: str, at: int = NOON) -> str:
    decision = house.rank(name, mode=Mode.CONFIRM, as_of=at)
    assert decision.slate
    return decision.decision_id


def codes(house: House, decision_id: str, at: int) -> list[str]:
    return [one.code.value for one in house.holds.confirm(decision_id, None, at).stop]


def test_marketing_stops_for_who_is_a_minor_as_it_turns_out(house: House) -> None:
    decision = confirmed(house, "m-ad")
    house.take(replace(house.event(EventType.ATTRIBUTE, NOON), name="minor", value=True))
    assert codes(house, decision, NOON + MINUTE) == [ExclusionCode.MINOR_PROTECTED]


def test_a_night_that_comes_after_a_confirm_takes_nothing_back(house: House) -> None:
    house.take(replace(house.event(EventType.ATTRIBUTE, NOON - HOUR), name="minor", value=True))
    decision = confirmed(house, "m-news", NOON)
    assert codes(house, decision, NOON + 10 * HOUR) == []


def test_an_objection_reaches_marketing_that_has_left_the_catalogue(house: House) -> None:
    decision = confirmed(house, "m-ad")
    change_preferences(house.store, house.pseudonyms.of("u-1"), {"objected": True}, NOON, source="page")
    house.store.delete_message("m-ad", NOON)
    assert codes(house, decision, NOON + MINUTE) == [ExclusionCode.OBJECTED]
