"""The slots that holds, confirms and reported sends take in the store, behind the rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pushrank.config.types import Adaptive, CapRule
from pushrank.domain.codes import EventType, Mode
from pushrank.domain.decision import RankingRequest
from pushrank.domain.instants import MINUTE
from pushrank.domain.message import Candidate
from pushrank.domain.permission import Cohort
from pushrank.ranking.holds import Confirmation
from pushrank.scoring.permission import Permission
from tests.small_house import House, codes_of, slate_of
from tests.small_policies import NOON, message


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path)
    built.put(message("m-1"), message("m-2", "sport.tennis"), message("m-3"))
    yield built
    built.store.close()


def confirmed(house: House, decision_id: str, as_of: int = NOON, *names: str) -> Confirmation:
    return house.holds.confirm(decision_id, names or None, as_of)


def stopped(house: House, decision_id: str, as_of: int = NOON, *names: str) -> tuple[str, int | None]:
    """The one stop that a confirm answers, and nothing beside it."""
    answer = confirmed(house, decision_id, as_of, *names)
    (stop,) = answer.stop
    assert answer.send == ()
    return stop.code.value, stop.until


def slots_taken(folder: Path) -> dict[str, list[tuple[str, int, int | None]]]:
    """What SQL knows of the places taken: by message, the cap, the moment and the limit."""
    with closing(sqlite3.connect(folder / "house.sqlite")) as connection:
        rows = connection.execute(
            "SELECT pushes.message_id, cap, slots.at, most FROM slots JOIN pushes USING (push_id) ORDER BY 1, 2"
        ).fetchall()
    found: dict[str, list[tuple[str, int, int | None]]] = {}
    for name, *slot in rows:
        found.setdefault(name, []).append((slot[0], slot[1], slot[2]))
    return found


def test_a_hold_takes_a_slot_that_moves_with_its_confirm_and_ends_with_its_release(
    house: House, tmp_path: Path
) -> None:
    house.settle(max_per_day=2)
    decision = house.rank("m-1", "m-2", slots=2)
    cap = "cap_day@UTC"
    assert slots_taken(tmp_path) == {name: [(cap, NOON, 2)] for name in ("m-1", "m-2")}
    confirmed(house, decision.decision_id, NOON + MINUTE, "m-1")
    assert slots_taken(tmp_path) == {"m-1": [(cap, NOON + MINUTE, 2)], "m-2": [(cap, NOON, 2)]}
    house.holds.release(decision.decision_id, None, NOON + MINUTE)
    assert slots_taken(tmp_path) == {}


def test_a_hold_is_limited_by_what_suits_and_its_confirm_by_the_bounds(tmp_path: Path) -> None:
    house = House(tmp_path, max_per_day=3, max_per_week=12, adaptive=Adaptive(2, 28, 5, 30.0))
    house.put(message("m-1"))
    cohort = Cohort(1.0, (0.0, 1.0), (0.0, 0.01), 9.0, 1)
    permission = Permission((0.0, 7.0), (), (), (cohort,), cohort)
    house.ranker.served = replace(house.served, degraded=False, permission=permission)
    decision = house.rank("m-1")
    assert slots_taken(tmp_path) == {"m-1": [("cap_day@UTC", NOON, 1), ("cap_week@UTC", NOON, 7)]}
    assert confirmed(house, decision.decision_id).send == ("m-1",)
    assert slots_taken(tmp_path) == {"m-1": [("cap_day@UTC", NOON, 5), ("cap_week@UTC", NOON, 28)]}


def test_a_stop_and_a_failure_free_their_slots_and_a_stop_after_a_send_does_not(house: House, tmp_path: Path) -> None:
    house.settle(max_per_day=9)
    decision = house.rank("m-1", "m-2", "m-3", slots=3)
    confirmed(house, decision.decision_id, NOON, "m-1", "m-2")
    house.take(house.event(EventType.FAILED, message_id="m-2", decision_id=decision.decision_id))
    house.settle(max_per_day=9, categories={"news": False})
    confirmed(house, decision.decision_id)
    assert slots_taken(tmp_path).keys() == {"m-1"}


def test_what_others_sent_takes_a_slot_that_nothing_limits(house: House, tmp_path: Path) -> None:
    house.settle(max_per_day=1)
    house.take(*(house.event(EventType.SENT, message_id=name) for name in ("m-1", "m-2")))
    assert slots_taken(tmp_path) == {name: [("cap_day@UTC", NOON, None)] for name in ("m-1", "m-2")}
    assert codes_of(house.rank("m-3")) == {"m-3": "cap_day"}


def test_expired_holds_give_their_slots_back_to_whoever_takes_the_next_place(house: House, tmp_path: Path) -> None:
    house.settle(max_per_day=1)
    first = house.rank("m-1")
    second = house.rank("m-2", as_of=NOON + 5 * MINUTE)
    assert slots_taken(tmp_path) == {"m-2": [("cap_day@UTC", NOON + 5 * MINUTE, 1)]}
    house.holds.release(second.decision_id, None, NOON + 6 * MINUTE)
    assert confirmed(house, first.decision_id, NOON + 6 * MINUTE).send == ("m-1",)
    assert slots_taken(tmp_path) == {"m-1": [("cap_day@UTC", NOON + 6 * MINUTE, 1)]}


def test_what_was_sent_after_its_hold_had_ended_takes_a_slot_that_nothing_limits(house: House, tmp_path: Path) -> None:
    house.settle(max_per_day=1)
    first = house.rank("m-1")
    second = house.rank("m-2", mode=Mode.CONFIRM, as_of=NOON + 5 * MINUTE)
    late = house.event(EventType.SENT, NOON + 6 * MINUTE, message_id="m-1", decision_id=first.decision_id)
    house.take(late)
    limits = {name: [most for _, _, most in slots] for name, slots in slots_taken(tmp_path).items()}
    assert limits == {"m-1": [None], "m-2": [1]}
    assert stopped(house, first.decision_id, NOON + 7 * MINUTE) == ("already_sent", None)
    assert confirmed(house, second.decision_id, NOON + 7 * MINUTE).send == ("m-2",)


def test_a_slate_over_another_channel_keeps_to_the_limit_of_that_channel(tmp_path: Path) -> None:
    house = House(tmp_path, caps=(CapRule(1, "24h", channel="mail"),))
    house.put(message("m-1"), message("m-2"))
    names = (Candidate("m-1"), Candidate("m-2"))
    request = RankingRequest("u-1", NOON, names, slots=2, channel="mail")
    decision = house.ranker.rank(request, "d-mail")
    assert slate_of(decision) == ["m-1"]
    assert codes_of(decision) == {"m-2": "cap_channel"}
    assert confirmed(house, "d-mail").send == ("m-1",)
    assert len(slate_of(house.rank("m-2"))) == 1
