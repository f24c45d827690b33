"""What one caller sends must not hold up others, and an erasure may come in the middle of anything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from pushrank.config import Category
from pushrank.domain.codes import Mode
from pushrank.domain.instants import time_zone
from pushrank.domain.record import Change, DecisionRow, Erasure, FeatureRow
from pushrank.rights.terms import MOST_FAULTS, Terms
from pushrank.service import decoding
from pushrank.service.decoding import faults
from pushrank.service.wire.preferences import PreferencesBody
from pushrank.store.errors import ConflictError
from tests.small_house import House, codes_of
from tests.small_policies import NOON, message


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path)
    built.put(message("m-1"))
    yield built
    built.store.close()


@pytest.mark.parametrize("name", ["localtime", "posixrules", "Factory"])
def test_a_zone_of_the_machine_is_no_zone_of_a_user(name: str) -> None:
    with pytest.raises(ValueError, match="expected an IANA time zone"):
        time_zone(name)


def test_of_many_unknown_categories_a_few_are_told_and_for_one_the_nearest_is_looked_for() -> None:
    terms = Terms({}, {"sport": Category({"en": "Sport"})})
    found = [str(one) for one in terms.faults("categories", {f"strange-{place}": True for place in range(1_000)}, ())]
    assert len(found) == MOST_FAULTS
    assert ["did you mean 'sport'?" in one for one in found] == [True] + [False] * (MOST_FAULTS - 1)


def test_faults_of_a_long_list_are_looked_for_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, look = list[object](), decoding._refusal

    def counted(value: Any, hint: Any) -> str | None:
        asked.append(hint)
        return look(value, hint)

    monkeypatch.setattr(decoding, "_refusal", counted)
    told = list(islice(faults({"quiet_hours": [{"from": 1}] * 10_000}, PreferencesBody), 3))
    assert len(told) == 3
    assert len(asked) < 100


def test_a_look_that_meets_an_erasure_answers_and_leaves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    key, keep = house.pseudonyms.of("u-1"), house.store.append_decision

    def erased_first(row: DecisionRow, features: FeatureRow | None = None) -> None:
        house.store.transact(key, lambda _: Change(None, erase=Erasure(NOON)), 0)
        keep(row, features)

    monkeypatch.setattr(house.store, "append_decision", erased_first)
    assert house.rank("m-1", mode=Mode.LOOK).slate
    assert house.store.count("decisions") == 0
    assert codes_of(house.rank("m-1", mode=Mode.LOOK)) == {"m-1": "opted_out"}


def test_a_conflict_of_a_look_about_somebody_who_is_there_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: DecisionRow, __: FeatureRow | None = None) -> None:
        raise ConflictError

    monkeypatch.setattr(house.store, "append_decision", refused)
    with pytest.raises(ConflictError):
        house.rank("m-1", mode=Mode.LOOK)
