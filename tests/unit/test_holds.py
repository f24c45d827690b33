from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pushrank.domain.codes import EventType, HoldState, Mode
from pushrank.domain.instants import HOUR, MINUTE
from pushrank.domain.message import Candidate
from pushrank.domain.user import QuietWindow
from pushrank.ranking.holds import Confirmation, ForeignMessageError, LookError, Stop, UnknownDecisionError
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


def test_a_confirm_permits_the_slate_and_repeating_it_says_the_same(house: House) -> None:
    decision = house.rank("m-1", "m-2", slots=2)
    first = confirmed(house, decision.decision_id)
    assert (sorted(first.send), first.stop) == (["m-1", "m-2"], ())
    pushes = house.record().pushes
    assert {push.state for push in pushes} == {HoldState.CONFIRMED}
    assert confirmed(house, decision.decision_id, NOON + HOUR) == first
    assert house.record().pushes == pushes


def test_only_the_messages_named_are_confirmed(house: House) -> None:
    decision = house.rank("m-1", "m-2", slots=2)
    assert confirmed(house, decision.decision_id, NOON, "m-2") == Confirmation(("m-2",), ())
    assert sorted(push.state for push in house.record().pushes) == [HoldState.CONFIRMED, HoldState.HELD]


def test_before_its_time_a_confirm_is_too_early_and_later_it_is_not(house: House) -> None:
    house.settle(quiet_hours=(QuietWindow(11 * 60, 13 * 60),), timezone="UTC")
    decision = house.rank("m-1")
    assert confirmed(house, decision.decision_id).stop == (Stop("m-1", "too_early", NOON + HOUR),)  # type: ignore[arg-type]
    assert confirmed(house, decision.decision_id, NOON + HOUR).send == ("m-1",)
    (push,) = house.record().pushes
    assert push.at == NOON + HOUR


def test_an_opt_out_between_hold_and_confirm_stops_the_send(house: House) -> None:
    decision = house.rank("m-1")
    house.take(house.event(EventType.OPTED_OUT, scope="all"))
    (stop,) = confirmed(house, decision.decision_id).stop
    assert stop.code == "opted_out"


def test_a_repeated_confirm_stops_once_permission_has_gone_and_only_then(house: House) -> None:
    decision = house.rank("m-2")
    assert confirmed(house, decision.decision_id).send == ("m-2",)
    house.settle(quiet_hours=(QuietWindow(0, 0),), timezone="UTC", max_per_day=0)
    assert confirmed(house, decision.decision_id).send == ("m-2",)
    house.settle(categories={"sport": False})
    (stop,) = confirmed(house, decision.decision_id).stop
    assert (stop.message_id, stop.code) == ("m-2", "category_off")


def test_quiet_hours_that_began_meanwhile_stop_the_send(house: House) -> None:
    decision = house.rank("m-1")
    house.settle(quiet_hours=(QuietWindow(12 * 60, 13 * 60),), timezone="UTC")
    (stop,) = confirmed(house, decision.decision_id).stop
    assert stop.code == "quiet_hours"


def test_an_expired_hold_is_taken_again_where_everything_allows_it(house: House) -> None:
    decision = house.rank("m-1")
    assert confirmed(house, decision.decision_id, NOON + HOUR).send == ("m-1",)


def test_an_expired_hold_whose_budget_went_to_another_is_expired(house: House) -> None:
    house.settle(max_per_day=1)
    decision = house.rank("m-1")
    other = house.rank("m-2", as_of=NOON + 5 * MINUTE)
    assert slate_of(other) == ["m-2"]
    (stop,) = confirmed(house, decision.decision_id, NOON + 6 * MINUTE).stop
    assert stop.code == "hold_expired"
    assert confirmed(house, other.decision_id, NOON + 6 * MINUTE).send == ("m-2",)


def test_an_expired_hold_whose_content_went_to_another_is_expired_and_then_sent(house: House) -> None:
    first = house.rank("m-1")
    second = house.rank("m-1", as_of=NOON + 5 * MINUTE)
    (stop,) = confirmed(house, first.decision_id, NOON + 6 * MINUTE).stop
    assert stop.code == "hold_expired"
    assert confirmed(house, second.decision_id, NOON + 6 * MINUTE).send == ("m-1",)
    (stop,) = confirmed(house, first.decision_id, NOON + 7 * MINUTE).stop
    assert stop.code == "already_sent"


def test_a_release_gives_budget_and_content_back(house: House) -> None:
    house.settle(max_per_day=1)
    decision = house.rank("m-1")
    assert house.holds.release(decision.decision_id, None, NOON) == ("m-1",)
    assert slate_of(house.rank("m-1", mode=Mode.LOOK)) == ["m-1"]
    (stop,) = confirmed(house, decision.decision_id).stop
    assert stop.code == "released"
    assert house.holds.release(decision.decision_id, None, NOON) == ("m-1",)


def test_a_confirmed_push_can_be_released_until_it_is_reported_as_sent(house: House) -> None:
    decision = house.rank("m-1", "m-2", slots=2)
    confirmed(house, decision.decision_id)
    house.take(house.event(EventType.SENT, message_id="m-1", decision_id=decision.decision_id))
    assert house.holds.release(decision.decision_id, None, NOON) == ("m-2",)
    assert codes_of(house.rank("m-1", "m-2")) == {"m-1": "already_sent"}


def test_a_message_deleted_after_its_hold_is_not_sent(house: House) -> None:
    decision = house.rank("m-1")
    house.store.delete_message("m-1", NOON)
    (stop,) = confirmed(house, decision.decision_id).stop
    assert stop.code == "unknown_message"


def test_a_filled_in_event_survives_until_the_confirm(house: House) -> None:
    decision = house.rank(Candidate("m-1", event_key="k"))
    assert confirmed(house, decision.decision_id).send == ("m-1",)
    assert codes_of(house.rank(Candidate("m-1", event_key="k"))) == {"m-1": "already_sent"}
    assert slate_of(house.rank(Candidate("m-1", event_key="j"))) == ["m-1"]


def test_a_repeat_that_the_policy_allows_is_held_and_confirmed_anew(tmp_path: Path) -> None:
    house = House(tmp_path, repeat_after_days=1.0)
    house.put(message("m-1"))
    for day in range(3):
        at = NOON + day * 25 * HOUR
        decision = house.rank("m-1", as_of=at)
        assert confirmed(house, decision.decision_id, at).send == ("m-1",)
        assert codes_of(house.rank("m-1", as_of=at + HOUR)) == {"m-1": "already_sent"}
    assert [push.state for push in house.record().pushes] == [HoldState.CONFIRMED] * 3


def test_what_cannot_be_confirmed_says_so(house: House) -> None:
    look = house.rank("m-1", mode=Mode.LOOK)
    with pytest.raises(LookError):
        confirmed(house, look.decision_id)
    with pytest.raises(UnknownDecisionError):
        house.holds.release("no-such-decision", None, NOON)
    decision = house.rank("m-1")
    with pytest.raises(ForeignMessageError, match=r"message_ids\[1\]: expected .* slate, got 'm-3'") as refusal:
        confirmed(house, decision.decision_id, NOON, "m-1", "m-3")
    assert refusal.value.place == 1
    assert [push.state for push in house.record().pushes] == [HoldState.HELD]


def test_an_empty_slate_confirms_to_nothing(house: House) -> None:
    decision = house.rank("nobody-knows")
    assert confirmed(house, decision.decision_id) == Confirmation((), ())
