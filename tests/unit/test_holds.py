from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pushrank.domain.codes import EventType, HoldState, Mode
from pushrank.domain.instants import HOUR, MINUTE
from pushrank.domain.message import Candidate
from pushrank.domain.record import Change, Push, Reading
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


def stopped(house: House, decision_id: str, as_of: int = NOON, *names: str) -> tuple[str, int | None]:
    """The one stop that a confirm answers, and nothing beside it."""
    answer = confirmed(house, decision_id, as_of, *names)
    (stop,) = answer.stop
    assert answer.send == ()
    return stop.code.value, stop.until


def pushes_of(house: House, decision_id: str) -> Sequence[Push]:
    def rule(reading: Reading) -> Change[Sequence[Push]]:
        return Change(reading.pushes_of(decision_id))

    return house.store.transact(house.pseudonyms.of("u-1"), rule, NOON)


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


def test_an_expired_hold_whose_content_went_to_another_is_expired_for_good(house: House) -> None:
    first = house.rank("m-1")
    second = house.rank("m-1", as_of=NOON + 5 * MINUTE)
    assert stopped(house, first.decision_id, NOON + 6 * MINUTE) == ("hold_expired", None)
    assert confirmed(house, second.decision_id, NOON + 6 * MINUTE).send == ("m-1",)
    house.take(house.event(EventType.FAILED, NOON + 7 * MINUTE, message_id="m-1", decision_id=second.decision_id))
    assert stopped(house, first.decision_id, NOON + 8 * MINUTE) == ("hold_expired", None)


def test_an_expired_hold_is_taken_again_once_the_other_that_took_its_content_gave_it_back(house: House) -> None:
    first = house.rank("m-1")
    second = house.rank("m-1", as_of=NOON + 5 * MINUTE)
    house.holds.release(second.decision_id, None, NOON + 6 * MINUTE)
    assert confirmed(house, first.decision_id, NOON + 6 * MINUTE).send == ("m-1",)
    assert codes_of(house.rank("m-1", as_of=NOON + 7 * MINUTE)) == {"m-1": "already_sent"}
    assert stopped(house, second.decision_id, NOON + 7 * MINUTE) == ("released", None)


def test_a_hold_whose_content_another_system_sent_is_not_sent_twice(house: House) -> None:
    decision = house.rank("m-1")
    house.take(house.event(EventType.SENT, NOON + MINUTE, message_id="m-1"))
    assert stopped(house, decision.decision_id, NOON + 2 * MINUTE) == ("already_sent", None)
    assert stopped(house, decision.decision_id, NOON + HOUR) == ("already_sent", None)


def test_what_was_sent_before_anybody_confirmed_it_is_not_permitted_once_more(house: House) -> None:
    decision = house.rank("m-1")
    sent = {"message_id": "m-1", "decision_id": decision.decision_id}
    house.take(house.event(EventType.SENT, NOON + MINUTE, **sent))
    assert stopped(house, decision.decision_id, NOON + 2 * MINUTE) == ("already_sent", None)
    house.take(house.event(EventType.FAILED, NOON + 3 * MINUTE, **sent))
    assert stopped(house, decision.decision_id, NOON + 4 * MINUTE) == ("released", None)


def test_a_reported_send_does_not_change_what_a_repeated_confirm_says(house: House) -> None:
    decision = house.rank("m-1")
    first = confirmed(house, decision.decision_id)
    house.take(house.event(EventType.SENT, NOON + MINUTE, message_id="m-1", decision_id=decision.decision_id))
    assert confirmed(house, decision.decision_id, NOON + HOUR) == first == Confirmation(("m-1",), ())


def test_a_stop_is_final_and_gives_its_place_back(house: House) -> None:
    house.settle(max_per_day=1, muted_until=None, timezone="UTC")
    decision = house.rank("m-1")
    house.settle(max_per_day=1, muted_until=NOON + HOUR, timezone="UTC")
    assert stopped(house, decision.decision_id) == ("muted", NOON + HOUR)
    (push,) = pushes_of(house, decision.decision_id)
    assert (push.state, push.stopped, push.stopped_until) == (HoldState.RELEASED, "muted", NOON + HOUR)
    house.settle(max_per_day=1, timezone="UTC")
    for later in (NOON + MINUTE, NOON + 2 * HOUR):
        assert stopped(house, decision.decision_id, later) == ("muted", NOON + HOUR)
    assert slate_of(house.rank("m-1")) == ["m-1"]


def test_a_send_that_lost_its_permission_stays_stopped_and_goes_on_counting(house: House) -> None:
    house.settle(max_per_day=1)
    decision = house.rank("m-2")
    assert confirmed(house, decision.decision_id).send == ("m-2",)
    house.settle(max_per_day=1, categories={"sport": False})
    assert stopped(house, decision.decision_id) == ("category_off", None)
    house.settle(max_per_day=1)
    assert stopped(house, decision.decision_id) == ("category_off", None)
    (push,) = house.record().pushes
    assert push.state is HoldState.CONFIRMED
    assert codes_of(house.rank("m-1")) == {"m-1": "cap_day"}
    assert house.holds.release(decision.decision_id, None, NOON) == ("m-2",)
    assert stopped(house, decision.decision_id) == ("category_off", None)
    assert slate_of(house.rank("m-1")) == ["m-1"]


def test_a_stopped_message_is_released_without_a_word(house: House) -> None:
    decision = house.rank("m-1")
    house.settle(push=False)
    assert stopped(house, decision.decision_id) == ("opted_out", None)
    assert house.holds.release(decision.decision_id, None, NOON) == ("m-1",)
    assert stopped(house, decision.decision_id) == ("opted_out", None)


def test_too_early_is_the_one_stop_that_ends(house: House) -> None:
    house.settle(quiet_hours=(QuietWindow(11 * 60, 13 * 60),), timezone="UTC")
    decision = house.rank("m-1")
    for early in (NOON, NOON + HOUR - 1):
        assert stopped(house, decision.decision_id, early) == ("too_early", NOON + HOUR)
        assert [push.state for push in house.record().pushes] == [HoldState.HELD]
    assert confirmed(house, decision.decision_id, NOON + HOUR).send == ("m-1",)


def test_parts_of_a_slate_may_be_confirmed_one_after_the_other_and_together(house: House) -> None:
    decision = house.rank("m-1", "m-2", "m-3", slots=3)
    assert confirmed(house, decision.decision_id, NOON, "m-2") == Confirmation(("m-2",), ())
    house.settle(categories={"sport": False})
    assert house.holds.release(decision.decision_id, ("m-3",), NOON) == ("m-3",)
    whole = confirmed(house, decision.decision_id, NOON + MINUTE)
    assert whole.send == ("m-1",)
    assert {stop.message_id: stop.code for stop in whole.stop} == {"m-2": "category_off", "m-3": "released"}
    assert confirmed(house, decision.decision_id, NOON + 2 * MINUTE) == whole


def test_of_a_slate_that_became_too_long_the_first_is_sent(house: House) -> None:
    decision = house.rank("m-1", "m-2", "m-3", slots=3)
    first, *others = slate_of(decision)
    house.settle(max_per_day=1)
    answer = confirmed(house, decision.decision_id)
    assert answer.send == (first,)
    assert [(stop.message_id, stop.code) for stop in answer.stop] == [(name, "cap_day") for name in others]


def test_a_confirm_of_a_part_leaves_the_place_of_the_others_alone(house: House) -> None:
    decision = house.rank("m-1", "m-2", slots=2)
    first, second = slate_of(decision)
    house.settle(max_per_day=1)
    assert stopped(house, decision.decision_id, NOON, first) == ("cap_day", NOON + 12 * HOUR)
    assert confirmed(house, decision.decision_id, NOON, second).send == (second,)


def test_a_decision_of_mode_confirm_is_confirmed_already(house: House) -> None:
    decision = house.rank("m-1", mode=Mode.CONFIRM)
    assert confirmed(house, decision.decision_id, NOON + HOUR).send == ("m-1",)
    house.settle(push=False)
    assert stopped(house, decision.decision_id, NOON + HOUR) == ("opted_out", None)


def test_decisions_about_two_events_of_one_message_are_confirmed_apart(house: House) -> None:
    one, other = (house.rank(Candidate("m-1", event_key=key)) for key in ("j", "k"))
    assert confirmed(house, one.decision_id).send == ("m-1",)
    assert house.holds.release(other.decision_id, None, NOON) == ("m-1",)
    assert stopped(house, other.decision_id) == ("released", None)
    assert confirmed(house, one.decision_id).send == ("m-1",)


def test_a_send_that_failed_and_was_sent_again_is_not_given_back(house: House) -> None:
    decision = house.rank("m-1")
    confirmed(house, decision.decision_id)
    about = {"message_id": "m-1", "decision_id": decision.decision_id}
    house.take(house.event(EventType.SENT, NOON, **about), house.event(EventType.FAILED, NOON + MINUTE, **about))
    house.take(house.event(EventType.SENT, NOON + 2 * MINUTE, **about))
    assert house.holds.release(decision.decision_id, None, NOON + 3 * MINUTE) == ()
    assert [push.state for push in house.record().pushes] == [HoldState.CONFIRMED]


def test_what_is_given_back_gives_the_content_back_to_what_bore_it_before(tmp_path: Path) -> None:
    house = House(tmp_path, repeat_after_days=1.0)
    house.put(message("m-1"))
    assert confirmed(house, house.rank("m-1").decision_id).send == ("m-1",)
    again = house.rank("m-1", as_of=NOON + 25 * HOUR)
    house.holds.release(again.decision_id, None, NOON + 25 * HOUR)
    (push,) = house.record().pushes
    assert push.content_key == "m-1#"


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
