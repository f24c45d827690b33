from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pushrank.domain.codes import EventType
from pushrank.domain.instants import DAY, HOUR
from pushrank.domain.message import Candidate
from pushrank.features.counts import COUNT_COLUMNS
from pushrank.features.facts import MessageFacts, message_facts
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.identifiers import new_decision_id
from tests.histories import made_messages, made_view
from tests.small_house import House
from tests.small_policies import NOON, message

MESSAGES = made_messages(9)
VIEW = made_view(MESSAGES)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path)
    built.put(*MESSAGES)
    yield built
    built.store.close()


def assert_same(found: MessageFacts, expected: MessageFacts) -> None:
    assert found.message_ids == expected.message_ids
    for name in ("key", "category", "root", "tags"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))
    assert found.columns.keys() == expected.columns.keys()
    for name, column in expected.columns.items():
        assert found.columns[name].tobytes() == column.tobytes()


def test_facts_are_those_of_the_messages_in_the_order_asked_for(house: House) -> None:
    asked = [MESSAGES[place] for place in (4, 0, 7)]
    assert_same(house.catalogue.facts(VIEW, asked), message_facts(asked, VIEW.basis))
    assert house.catalogue.facts(VIEW, []).key.size == 0


def test_facts_follow_what_a_request_fills_in(house: House) -> None:
    candidate = Candidate("m-2", event_key="e", items=("a", "b"), worth=2.5)
    asked = [MESSAGES[1], candidate.applied_to(MESSAGES[2])]
    assert_same(house.catalogue.facts(VIEW, asked), message_facts(asked, VIEW.basis))
    assert_same(house.catalogue.facts(VIEW, MESSAGES), message_facts(MESSAGES, VIEW.basis))


def test_facts_follow_the_catalogue(house: House) -> None:
    house.catalogue.facts(VIEW, MESSAGES)
    changed = [replace(MESSAGES[3], title="Something else"), message("new", "promo", tags=("a",))]
    house.put(*changed)
    house.store.delete_message("m-5", NOON)
    live = house.catalogue.messages()
    assert {one.message_id for one in live} == {*(one.message_id for one in MESSAGES), "new"} - {"m-5"}
    assert_same(house.catalogue.facts(VIEW, live), message_facts(live, VIEW.basis))


def test_facts_of_a_message_that_vanished_meanwhile_are_still_right(house: House) -> None:
    house.store.delete_message("m-5", NOON)
    house.put(replace(MESSAGES[3], title="Something else"))
    assert house.catalogue.live("m-5") is None
    asked = [MESSAGES[5], MESSAGES[3]]
    assert_same(house.catalogue.facts(VIEW, asked), message_facts(asked, VIEW.basis))


def test_deleted_messages_are_found_by_what_looks_back_only(house: House) -> None:
    house.store.delete_message("m-5", NOON)
    assert house.catalogue.live("m-5") is None
    assert house.catalogue.lookup()("m-5") == MESSAGES[5]
    assert house.catalogue.lookup()("nobody-knows") is None


def figures(catalogue: Catalogue, name: str, at: int) -> dict[str, float]:
    found = catalogue.live(name)
    assert found is not None
    facts = catalogue.facts(VIEW, [found])
    return dict(zip(COUNT_COLUMNS, catalogue.figures(facts, at)[0].tolist(), strict=True))


def test_figures_count_complete_hours_before_the_moment_also_of_other_processes(house: House) -> None:
    other = Catalogue(house.store, house.policy.config)
    assert figures(other, "m-1", NOON)["message_sends"] == 0.0
    house.take(*(house.event(EventType.SENT, NOON, f"u-{n}", message_id="m-1") for n in range(3)))
    house.take(house.event(EventType.CLICKED, NOON + 1, "u-1", message_id="m-1"))
    for catalogue in (other, house.catalogue):
        assert figures(catalogue, "m-1", NOON + HOUR - 1)["message_sends"] == 0.0
        assert figures(catalogue, "m-1", NOON + HOUR)["message_sends"] == 3.0
        assert figures(catalogue, "m-6", NOON + HOUR)["category_clicks"] == 1.0
        assert figures(catalogue, "m-2", NOON + HOUR)["everyone_sends"] == 3.0
    house.take(house.event(EventType.FAILED, NOON + 2, "u-2", message_id="m-1"))
    assert figures(other, "m-1", NOON + HOUR)["message_sends"] == 2.0


def test_counts_move_with_a_message_to_its_new_category(house: House) -> None:
    house.take(house.event(EventType.SENT, message_id="m-1"))
    assert figures(house.catalogue, "m-6", NOON + HOUR)["category_sends"] == 1.0
    house.put(replace(MESSAGES[1], category="promo"))
    assert figures(house.catalogue, "m-6", NOON + HOUR)["category_sends"] == 0.0
    assert figures(house.catalogue, "m-4", NOON + HOUR)["category_sends"] == 1.0
    assert figures(Catalogue(house.store, house.policy.config), "m-4", NOON + HOUR)["category_sends"] == 1.0


def test_decision_ids_sort_by_time_and_are_ulids() -> None:
    rng = np.random.default_rng(1)
    ids = [new_decision_id(NOON + day * DAY, rng) for day in range(50)]
    assert sorted(ids) == ids
    assert all(len(name) == 26 and set(name) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for name in ids)
    assert len({new_decision_id(NOON, rng) for _ in range(1000)}) == 1000
    assert new_decision_id(-1, rng).startswith("0000000000")
