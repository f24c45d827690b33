from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from pushrank.domain.codes import EventType, HoldState, Mode
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, HOUR, MINUTE
from pushrank.domain.message import Attribute, Candidate
from pushrank.domain.record import CountDelta
from pushrank.features.state import LAST_CLICKED, decode_state
from pushrank.ranking.intake import IntakeAnswer, Rejection
from tests.small_house import House, codes_of
from tests.small_policies import NOON, message

SENT, FAILED, CLICKED = EventType.SENT, EventType.FAILED, EventType.CLICKED
BUCKET = NOON // HOUR


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path)
    built.put(message("m-1", tags=("rain",)), message("m-2", "sport.tennis"), message("m-3"))
    yield built
    built.store.close()


def sent(house: House, name: str = "m-1", at: int = NOON, **fields: Any) -> Event:
    return house.event(SENT, at, message_id=name, **fields)


def told(house: House, name: str, value: Attribute, at: int = NOON) -> IntakeAnswer:
    return house.take(replace(house.event(EventType.ATTRIBUTE, at), name=name, value=value))


def counts(house: House) -> dict[tuple[str, int], CountDelta]:
    return {(row.message_id, row.bucket - BUCKET): row for row in house.store.all_counts()}


# Repeats ------------------------------------------------------------------------------------------------------------


def test_a_repeated_event_is_a_duplicate_and_counts_once(house: House) -> None:
    event = sent(house)
    assert house.take(event, event) == IntakeAnswer(1, 1, ())
    assert house.take(event) == IntakeAnswer(0, 1, ())
    assert counts(house) == {("m-1", 0): CountDelta("m-1", BUCKET, sends=1)}


def test_another_event_under_a_known_id_is_one_rejected_item(house: House) -> None:
    event = sent(house)
    house.take(event)
    other = replace(event, message_id="m-2")
    answer = house.take(sent(house, "m-3"), other)
    detail = "event_id: expected a new id, got one that names another event"
    assert answer == IntakeAnswer(1, 0, (Rejection(1, "conflicting_event", detail),))


def test_an_id_of_another_user_is_a_conflict_too(house: House) -> None:
    event = sent(house)
    answer = house.take(event, replace(event, user_id="u-2"))
    assert (answer.accepted, [one.code for one in answer.rejected]) == (1, ["conflicting_event"])
    assert not house.record("u-2").known


def test_an_event_is_stored_by_the_code_of_its_id_and_known_again_by_it(house: House) -> None:
    event = sent(house)
    assert house.take(event, code="code-of-{}".format) == IntakeAnswer(1, 0, ())
    assert [stored.event.event_id for stored in house.store.events_since(0)] == [f"code-of-{event.event_id}"]
    assert house.take(event, event, code="code-of-{}".format) == IntakeAnswer(0, 2, ())
    other = house.take(replace(event, message_id="m-2"), code="code-of-{}".format)
    assert [one.code for one in other.rejected] == ["conflicting_event"]


def test_an_event_that_was_stored_by_its_id_itself_is_known_again(house: House) -> None:
    event = sent(house)
    house.take(event)
    assert house.take(event, code="code-of-{}".format) == IntakeAnswer(0, 1, ())
    other = house.take(replace(event, message_id="m-2"), code="code-of-{}".format)
    assert [one.code for one in other.rejected] == ["conflicting_event"]
    assert counts(house) == {("m-1", 0): CountDelta("m-1", BUCKET, sends=1)}


def test_rejections_name_their_places_in_order(house: House) -> None:
    answer = house.take(
        house.event(CLICKED, message_id="nobody-knows"), sent(house), house.event(EventType.OPENED), sent(house, "m-2")
    )
    assert [(one.index, one.code) for one in answer.rejected] == [(0, "unknown_message"), (2, "missing_field")]
    assert answer.accepted == 2


def test_nothing_is_nothing(house: House) -> None:
    assert house.take() == IntakeAnswer(0, 0, ())


# Choices and facts --------------------------------------------------------------------------------------------------


def test_an_opt_out_is_taken_whatever_message_it_names(house: House) -> None:
    out = house.event(EventType.OPTED_OUT, message_id="nobody-knows", scope="all")
    assert house.take(out).accepted == 1
    assert codes_of(house.rank("m-1")) == {"m-1": "opted_out"}


def test_an_opt_out_of_a_category_turns_only_that_off(house: House) -> None:
    house.take(house.event(EventType.OPTED_OUT, scope="sport"))
    assert codes_of(house.rank("m-1", "m-2", slots=2)) == {"m-2": "category_off"}
    assert house.record().preferences.version == 1
    house.take(house.event(EventType.OPTED_IN, NOON + 1, scope="sport"))
    assert house.record().preferences.categories == {"sport": True}


def test_lost_reach_ends_with_an_opt_in_and_not_with_a_click(house: House) -> None:
    house.take(house.event(EventType.REACH_LOST))
    house.take(house.event(CLICKED, NOON + 1, message_id="m-1"))
    assert codes_of(house.rank("m-1", as_of=NOON + 2)) == {"m-1": "not_reachable"}
    house.take(house.event(EventType.OPTED_IN, NOON + 3, scope="all"))
    assert codes_of(house.rank("m-1", as_of=NOON + 4)) == {}


@pytest.mark.parametrize("ending", [EventType.OPTED_OUT, EventType.REACH_LOST])
def test_the_last_word_by_time_holds_however_late_the_other_comes(house: House, ending: EventType) -> None:
    out, back = house.event(ending, NOON), house.event(EventType.OPTED_IN, NOON + HOUR, scope="all")
    house.take(back)
    house.take(out)
    assert (house.record().preferences.push, house.record().reachable) == (True, True)
    house.take(house.event(ending, NOON + 2 * HOUR))
    house.take(house.event(EventType.OPTED_IN, NOON + 90 * MINUTE, scope="all"))
    assert (house.record().preferences.push and house.record().reachable) is False


def test_a_late_opt_out_is_not_lost_to_lost_reach(house: House) -> None:
    house.take(house.event(EventType.REACH_LOST, NOON + HOUR))
    house.take(house.event(EventType.OPTED_OUT, NOON, scope="all"))
    assert house.record().preferences.push is False


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("timezone", "Asia/Tokyo", "timezone", "Asia/Tokyo"),
        ("language", "ja", "language", "ja"),
        ("birthday", "02-29", "birthday", "02-29"),
        ("minor", True, "minor", True),
        ("registered_at", "1970-01-01T00:00:01+00:00", "registered_at", 1_000_000),
        ("shoe_size", 42.0, "attributes", {"shoe_size": 42.0}),
    ],
)
def test_an_attribute_becomes_a_fact(house: House, name: str, value: Attribute, field: str, expected: object) -> None:
    assert told(house, name, value).accepted == 1
    assert getattr(house.record().facts, field) == expected
    told(house, name, None, NOON + 1)
    assert not getattr(house.record().facts, field)


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        ("timezone", "Mars/Olympus", "value: expected an IANA time zone such as Asia/Shanghai, got 'Mars/Olympus'"),
        ("timezone", 8.0, "value: expected a text, got 8.0"),
        ("birthday", "02-30", "value: expected a birthday such as 05-17, got '02-30'"),
        ("minor", "yes", "value: expected true or false, got 'yes'"),
        ("tier", "x" * 300, "value: expected at most 256 characters, got 300"),
        ("", 1.0, "name: expected the name of an attribute, got none"),
    ],
)
def test_a_wrong_attribute_is_rejected_by_its_field(house: House, name: str, value: Attribute, detail: str) -> None:
    (rejection,) = told(house, name, value).rejected
    assert (rejection.code, rejection.detail) == ("wrong_value", detail)
    assert not house.record().known


def test_a_birth_date_is_reduced_at_the_door_and_not_stored(house: House) -> None:
    told(house, "birth_date", "2010-11-24")
    facts = house.record().facts
    assert (facts.birthday, facts.age_band, facts.minor) == ("11-24", "0-17", True)
    (stored,) = house.store.events_since(0)
    assert stored.event.value is None
    told(house, "birth_date", "1990-05-17", NOON + 1)
    assert house.record().facts.age_band == "35-44"


def test_an_attribute_can_end_personalisation(house: House) -> None:
    told(house, "personalisation", value=False)
    assert house.record().preferences.personalisation is False


def test_a_late_attribute_does_not_overwrite_a_newer_one(house: House) -> None:
    told(house, "tier", "gold", NOON)
    told(house, "tier", "silver", NOON - DAY)
    assert house.record().facts.tier == "gold"


def test_events_are_stored_by_pseudonym_with_the_local_offset(house: House) -> None:
    told(house, "timezone", "Asia/Shanghai")
    house.take(sent(house, at=NOON + 1))
    rows = list(house.store.events_since(0))
    assert [(row.event.user_id, row.offset) for row in rows] == [(house.pseudonyms.of("u-1"), 8 * 3600)] * 2


# Budget -------------------------------------------------------------------------------------------------------------


def test_another_systems_push_uses_up_the_cap(house: House) -> None:
    house.settle(max_per_day=1)
    house.take(sent(house, "m-2"))
    assert codes_of(house.rank("m-1")) == {"m-1": "cap_day"}
    assert codes_of(house.rank("m-2", as_of=NOON + DAY)) == {"m-2": "already_sent"}


def test_another_systems_push_counts_each_time_even_with_one_content(house: House) -> None:
    house.settle(max_per_day=3)
    house.take(sent(house), sent(house, at=NOON + 1))
    house.take(sent(house, at=NOON + 2))
    assert [push.state for push in house.record().pushes] == [HoldState.CONFIRMED] * 3
    assert codes_of(house.rank("m-2")) == {"m-2": "cap_day"}


def test_a_send_of_our_decision_counts_once(house: House) -> None:
    decision = house.rank("m-1")
    house.holds.confirm(decision.decision_id, None, NOON)
    house.take(sent(house, at=NOON + 1, decision_id=decision.decision_id))
    (push,) = house.record().pushes
    assert (push.state, push.at) == (HoldState.CONFIRMED, NOON)


def test_a_send_without_confirm_still_counts(house: House) -> None:
    decision = house.rank(Candidate("m-1", event_key="k"))
    house.holds.release(decision.decision_id, None, NOON)
    house.take(sent(house, at=NOON + HOUR, decision_id=decision.decision_id))
    (push,) = house.record().pushes
    assert (push.state, push.at, push.content_key) == (HoldState.CONFIRMED, NOON + HOUR, "m-1#k")


def test_a_push_of_another_system_takes_the_place_of_our_hold(house: House) -> None:
    decision = house.rank("m-1")
    house.take(sent(house))
    (push,) = house.record().pushes
    assert (push.state, push.decision_id) == (HoldState.CONFIRMED, None)
    (stop,) = house.holds.confirm(decision.decision_id, None, NOON).stop
    assert stop.code == "already_sent"


@pytest.mark.parametrize("late", [False, True])
def test_a_failed_push_gives_its_budget_back_in_any_order(house: House, late: bool) -> None:  # noqa: FBT001
    send, failure = sent(house), house.event(FAILED, NOON + MINUTE, message_id="m-1")
    for event in (failure, send) if late else (send, failure):
        house.take(event)
    assert house.record(content_keys=["m-1#"]).pushes == ()
    assert codes_of(house.rank("m-1", as_of=NOON + HOUR)) == {}
    assert decode_state(house.record().state).total[0] == 0.0
    assert all(row.sends == 0 for row in counts(house).values())


def test_a_failed_decision_frees_the_message_for_another_try(house: House) -> None:
    decision = house.rank("m-1", mode=Mode.CONFIRM)
    house.take(house.event(FAILED, NOON + 1, message_id="m-1", decision_id=decision.decision_id))
    assert codes_of(house.rank("m-1", as_of=NOON + 2)) == {}


def test_when_one_of_two_sends_fails_the_content_stays_sent(house: House) -> None:
    first = house.rank("m-1", mode=Mode.CONFIRM)
    house.take(sent(house, at=NOON + 1))
    house.take(house.event(FAILED, NOON + 2, message_id="m-1"))
    assert [push.decision_id for push in house.record().pushes] == [first.decision_id]
    assert codes_of(house.rank("m-1", as_of=NOON + 3)) == {"m-1": "already_sent"}


# State and counts ---------------------------------------------------------------------------------------------------


def test_a_repeated_click_of_one_push_adds_nothing(house: House) -> None:
    house.take(sent(house), house.event(CLICKED, NOON + 1, message_id="m-1"))
    house.take(house.event(CLICKED, NOON + 2, message_id="m-1"))
    assert counts(house)["m-1", 0].clicks == 1
    house.take(sent(house, at=NOON + HOUR), house.event(CLICKED, NOON + HOUR + 1, message_id="m-1"))
    assert counts(house)["m-1", 1].clicks == 1


def test_the_first_click_by_time_counts_even_if_it_comes_last(house: House) -> None:
    house.take(sent(house), house.event(CLICKED, NOON + 2 * HOUR, message_id="m-1"))
    assert counts(house)["m-1", 2].clicks == 1
    house.take(house.event(CLICKED, NOON + HOUR, message_id="m-1"))
    found = counts(house)
    assert (found["m-1", 1].clicks, found["m-1", 2].clicks) == (1, 0)


@pytest.mark.parametrize(("hours", "blamed"), [(72, 1), (73, 0)])
def test_an_opt_out_belongs_to_the_last_push_within_its_window(house: House, hours: int, blamed: int) -> None:
    house.take(sent(house, "m-1", NOON - HOUR), sent(house, "m-2"))
    house.take(house.event(EventType.OPTED_OUT, NOON + hours * HOUR, scope="all"))
    found = counts(house)
    assert sum(row.opt_outs for (name, _), row in found.items() if name == "m-2") == blamed
    assert sum(row.opt_outs for (name, _), row in found.items() if name == "m-1") == 0


def test_an_opt_out_of_a_category_is_no_opt_out_of_the_channel(house: House) -> None:
    house.take(sent(house), house.event(EventType.OPTED_OUT, NOON + 1, scope="news"))
    assert counts(house)["m-1", 0].opt_outs == 0


def test_a_click_on_a_deleted_message_is_taken(house: House) -> None:
    house.take(sent(house))
    house.store.delete_message("m-1", NOON)
    assert house.take(house.event(CLICKED, NOON + 1, message_id="m-1")).accepted == 1
    assert decode_state(house.record().state).clock[LAST_CLICKED] == NOON + 1


def test_a_click_that_names_its_decision_belongs_to_that_push(house: House) -> None:
    house.take(sent(house, decision_id="d-1"), sent(house, at=NOON + 1, decision_id="d-2"))
    clicks = (house.event(CLICKED, NOON + n, message_id="m-1", decision_id=f"d-{n - 1}") for n in (2, 3))
    house.take(*clicks)
    assert counts(house)["m-1", 0].clicks == 2


def test_an_opt_out_belongs_to_the_last_push_before_it_whichever_it_names(house: House) -> None:
    house.take(sent(house, "m-1", NOON - HOUR), sent(house, "m-2"))
    house.take(house.event(EventType.OPTED_OUT, NOON + 1, message_id="m-1", scope="all"))
    assert counts(house)["m-2", 0].opt_outs == 1
    assert not any(count.opt_outs for (message, _), count in counts(house).items() if message == "m-1")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_opt_in_that_comes_late_changes_only_what_nothing_younger_decides(house: House, order: list[int]) -> None:
    out_in_lost = [
        house.event(EventType.OPTED_OUT, NOON - 2 * HOUR, scope="all"),
        house.event(EventType.OPTED_IN, NOON - HOUR, scope="all"),
        house.event(EventType.REACH_LOST, NOON),
    ]
    for place in order:
        house.take(out_in_lost[place])
    assert (house.record().preferences.push, house.record().reachable) == (True, False)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_opt_in_between_a_lost_reach_and_an_opt_out_brings_back_the_reach_alone(
    house: House, order: list[int]
) -> None:
    lost_in_out = [
        house.event(EventType.REACH_LOST, NOON - 2 * HOUR),
        house.event(EventType.OPTED_IN, NOON - HOUR, scope="all"),
        house.event(EventType.OPTED_OUT, NOON, scope="all"),
    ]
    for place in order:
        house.take(lost_in_out[place])
    assert (house.record().preferences.push, house.record().reachable) == (False, True)
