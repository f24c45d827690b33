"""Near-duplicates, what was seen elsewhere and variety, through rankings and confirms on a real store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pushrank.config.types import NearDuplicate, SeenElsewhere, Variety
from pushrank.domain.codes import EventType, ExclusionCode, Mode
from pushrank.domain.decision import RankingRequest
from pushrank.domain.instants import DAY, HOUR, MINUTE, SECOND
from pushrank.domain.message import Candidate
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.holds import Stop
from tests.small_house import House, codes_of, slate_of
from tests.small_policies import NOON, message

SHOES = "Only today: 30 % off all running shoes in our shop"
TEXTS = {
    "a": ("Running shoes", SHOES),
    "b": ("RUNNING SHOES!", SHOES + "!"),
    "c": ("A quiet evening", "Ten places in the old town where nobody hurries"),
}
WEEK = 7 * DAY


@pytest.fixture
def house(tmp_path: Path) -> House:
    return opened(tmp_path)


def opened(folder: Path) -> House:
    house = House(folder, near_duplicate=NearDuplicate(0.85, 7.0), seen_elsewhere=SeenElsewhere(("view",), 7.0))
    house.put(*(message(name, title=title, body=body) for name, (title, body) in TEXTS.items()))
    return house


def confirmed(house: House, name: str | Candidate) -> None:
    decision = house.rank(name)
    assert house.holds.confirm(decision.decision_id, None, NOON).send


def test_what_says_nearly_the_same_is_not_pushed_again_for_a_week(house: House) -> None:
    confirmed(house, "a")
    before = house.rank("b", "c", mode=Mode.LOOK, as_of=NOON + WEEK - SECOND, slots=2)
    assert slate_of(before) == ["c"]
    assert [(one.code, one.until) for one in before.excluded] == [(ExclusionCode.NEAR_DUPLICATE, NOON + WEEK)]
    assert slate_of(house.rank("b", mode=Mode.LOOK, as_of=NOON + WEEK)) == ["b"]
    assert slate_of(house.rank("b", mode=Mode.LOOK, as_of=NOON + WEEK + SECOND)) == ["b"]


def test_two_events_in_the_same_words_both_go(house: House) -> None:
    confirmed(house, Candidate("a", "sku-1"))
    found = house.rank(Candidate("b", "sku-2"), Candidate("a", "sku-1"), "c", slots=3, mode=Mode.LOOK)
    assert sorted(slate_of(found)) == ["b", "c"]
    assert codes_of(found) == {"a": "already_sent"}
    assert codes_of(house.rank(Candidate("b", "sku-1"), mode=Mode.LOOK)) == {"b": "near_duplicate"}
    assert codes_of(house.rank("b", mode=Mode.LOOK)) == {"b": "near_duplicate"}


def test_a_slate_never_says_the_same_twice(house: House) -> None:
    found = house.rank("a", "b", "c", slots=3)
    assert len(slate_of(found)) == 2
    assert set(codes_of(found).values()) == {"near_duplicate"}


def test_a_twin_in_hold_is_in_the_way_until_it_ends(house: House) -> None:
    house.rank("a")
    assert codes_of(house.rank("b")) == {"b": "near_duplicate"}
    assert slate_of(house.rank("b", as_of=NOON + 5 * MINUTE)) == ["b"]


def test_another_systems_push_in_the_same_words_stops_a_confirm(house: House) -> None:
    decision = house.rank("b")
    house.take(house.event(EventType.SENT, message_id="a"))
    found = house.holds.confirm(decision.decision_id, None, NOON + MINUTE)
    assert (found.send, found.stop) == ((), (Stop("b", ExclusionCode.NEAR_DUPLICATE, NOON + WEEK),))


def test_what_was_pushed_counts_after_it_was_deleted(house: House) -> None:
    confirmed(house, "a")
    house.store.delete_message("a", NOON)
    assert codes_of(house.rank("b", mode=Mode.LOOK)) == {"b": "near_duplicate"}


def test_who_does_not_want_to_be_known_gets_no_text_twice_either(house: House) -> None:
    house.settle(personalisation=False)
    confirmed(house, "a")
    assert codes_of(house.rank("b", mode=Mode.LOOK)) == {"b": "near_duplicate"}


def test_twins_follow_the_catalogue_as_another_process_changes_it(house: House) -> None:
    other = Catalogue(house.store, house.policy.config)
    request = RankingRequest("u", NOON)
    assert other.consider(request, 10).twins == dict.fromkeys("ab", frozenset("ab"))
    house.put(replace(message("b"), title="Something", body="altogether different"), message("d", body="Rain tomorrow"))
    assert other.consider(request, 10).twins == {}
    house.put(replace(message("d"), title="Running shoes", body=SHOES))
    assert other.consider(request, 10).twins == other.twins() == dict.fromkeys("ad", frozenset("ad"))
    assert Catalogue(house.store, house.policy.config).twins() == other.twins()


def test_no_twins_are_looked_for_where_the_policy_does_not_ask(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.put(*(message(name, body=SHOES) for name in "ab"))
    assert house.catalogue.twins() == {}
    assert len(slate_of(house.rank("a", "b", slots=2))) == 2


def test_what_was_seen_in_the_app_or_over_another_channel_is_no_news(house: House) -> None:
    house.put(message("d", items=("sku-1",)), message("e"), message("f"))
    house.take(
        house.event(EventType.ACTIVITY, NOON - HOUR, kind="view", items=("sku-1",)),
        house.event(EventType.SENT, NOON - HOUR, message_id="e", channel="email"),
        house.event(EventType.CLICKED, NOON - 2 * HOUR, message_id="f", channel="inbox"),
    )
    found = house.rank("c", "d", "e", "f", slots=4, mode=Mode.LOOK)
    assert slate_of(found) == ["c"]
    assert {one.message_id: (one.code, one.until) for one in found.excluded} == {
        "d": (ExclusionCode.SEEN_ELSEWHERE, NOON - HOUR + WEEK),
        "e": (ExclusionCode.SEEN_ELSEWHERE, NOON - HOUR + WEEK),
        "f": (ExclusionCode.SEEN_ELSEWHERE, NOON - 2 * HOUR + WEEK),
    }
    house.settle(personalisation=False)
    assert codes_of(house.rank("c", "d", "e", "f", slots=4, mode=Mode.LOOK)) == {"e": "already_sent"}


def test_what_was_seen_after_the_ranking_is_stopped_at_the_confirm(house: House) -> None:
    house.put(message("d", items=("sku-1",)))
    decision = house.rank("d")
    house.take(house.event(EventType.ACTIVITY, kind="view", items=("sku-1",)))
    found = house.holds.confirm(decision.decision_id, None, NOON)
    assert found.stop == (Stop("d", ExclusionCode.SEEN_ELSEWHERE, NOON + WEEK),)


def test_a_push_remembers_its_tags_whoever_sent_it(house: House) -> None:
    house.put(message("d", tags=("x", "y")), message("e", tags=("z",)))
    house.rank("d")
    house.take(house.event(EventType.SENT, message_id="e"))
    assert {push.message_id: push.tags for push in house.record().pushes} == {"d": ("x", "y"), "e": ("z",)}


def test_the_net_value_that_is_answered_has_the_penalty_in_it(tmp_path: Path) -> None:
    house = House(tmp_path, variety=Variety(category=0.5, tag=0.0, half_life_hours=24.0))
    house.put(message("a"), message("b"), message("c", "sport"))
    confirmed(house, "a")
    (free,) = house.rank("c", mode=Mode.LOOK).slate
    (plain,) = house.rank("b", mode=Mode.LOOK).slate
    assert plain.scored.net_value == free.scored.net_value
    house.ranker.served = replace(house.ranker.served, degraded=False)
    (less,) = house.rank("b", mode=Mode.LOOK).slate
    assert less.scored.p_click == free.scored.p_click
    assert less.scored.net_value == pytest.approx(free.scored.net_value - 0.5 * free.scored.p_click)
    assert slate_of(house.rank("b", "c", mode=Mode.LOOK)) == ["c"]
