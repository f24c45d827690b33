from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.config.types import SeenElsewhere
from pushrank.domain.codes import EventType, FeedbackReason
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, HOUR, Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Presence
from pushrank.features.presence import MOST_COMPLAINTS, MOST_DAYS, MOST_SEEN, complains, with_complaints, with_signs
from tests.small_house import OPENED, House
from tests.small_policies import NOON, message

VIEWS = SeenElsewhere(("view", "purchase"), 7.0)
TODAY = NOON // DAY
MESSAGES = {"m-1": message("m-1"), "m-2": message("m-2", event_key="sku-2")}
SIGNS = {
    EventType.CLICKED,
    EventType.OPENED,
    EventType.ACTIVITY,
    EventType.ANSWER,
    EventType.CONVERTED,
    EventType.FEEDBACK,
    EventType.OPTED_IN,
}


def message_of(name: str) -> Message | None:
    return MESSAGES.get(name)


def after(*events: Event, known: Presence | None = None, setting: SeenElsewhere | None = VIEWS) -> Presence:
    return with_signs(known or Presence(), events, setting, message_of)


def view(at: Instant, *items: str, kind: str | None = "view") -> Event:
    return Event("e", EventType.ACTIVITY, "u", at, kind=kind, items=items)


def complaint(at: Instant = NOON, *, reverted: bool = False, reason: FeedbackReason | None = None) -> Event:
    why = reason or FeedbackReason.TOO_OFTEN
    return Event("e", EventType.FEEDBACK, "u", at, message_id="m-1", reason=why, reverted=reverted)


def met(at: Instant = NOON, type_: EventType = EventType.OPENED, **fields: str | None) -> Event:
    about = {"message_id": "m-1", "channel": "inbox"} | fields
    return Event("e", type_, "u", at, **about)  # type: ignore[arg-type]


@pytest.mark.parametrize("type_", EventType)
def test_what_a_user_does_is_a_sign_of_life_and_what_is_done_to_them_is_none(type_: EventType) -> None:
    found = after(Event("e", type_, "u", NOON, message_id="m-1", reason=FeedbackReason.BAD_TIME))
    assert found.days == ((TODAY,) if type_ in SIGNS else ())


def test_a_day_begins_at_midnight_utc_and_counts_once() -> None:
    midnight = TODAY * DAY
    assert after(view(midnight - 1), view(midnight), view(midnight + DAY - 1)).days == (TODAY, TODAY - 1)


def test_the_newest_days_are_kept() -> None:
    found = after(*(view(NOON - place * DAY) for place in range(MOST_DAYS + 4)))
    assert found.days == tuple(TODAY - place for place in range(MOST_DAYS))
    assert after(view(NOON - 30 * DAY), known=found) == found
    assert after(view(NOON + DAY), known=found).days == (TODAY + 1, *found.days[:-1])


def test_items_are_kept_of_the_configured_kinds_only() -> None:
    found = after(view(NOON, "a"), view(NOON + 1, "b", kind="progress"), view(NOON, "c", kind=None))
    assert found.seen == {"a": NOON}
    assert after(view(NOON, "a"), setting=None) == Presence((TODAY,))


def test_the_last_time_an_item_was_seen_counts() -> None:
    assert after(view(NOON, "a"), view(NOON - HOUR, "a")).seen == {"a": NOON}
    assert after(view(NOON, "a"), known=Presence((TODAY,), {"a": NOON + HOUR})).seen == {"a": NOON + HOUR}


@pytest.mark.parametrize("type_", [EventType.OPENED, EventType.CLICKED])
def test_a_message_that_was_met_outside_of_a_push_is_kept_by_content_and_channel(type_: EventType) -> None:
    assert after(met(type_=type_)).seen == {"m-1#@inbox": NOON}
    assert after(met(type_=type_, message_id="m-2", channel="email")).seen == {"m-2#sku-2@email": NOON}


@pytest.mark.parametrize(
    "fields", [{"channel": None}, {"channel": "push"}, {"decision_id": "d-1"}, {"message_id": "gone"}]
)
def test_a_push_that_was_opened_was_not_met_elsewhere(fields: dict[str, str | None]) -> None:
    assert after(met(**fields)) == Presence((TODAY,))  # type: ignore[arg-type]
    assert after(met(type_=EventType.CONVERTED)).seen == {}


def test_the_newest_of_what_was_seen_are_kept_and_of_one_moment_the_last_by_name() -> None:
    names = [f"item-{place:03}" for place in range(MOST_SEEN + 3)]
    assert list(after(view(NOON, *reversed(names))).seen) == names[3:]
    fuller = after(view(NOON, *names), view(NOON + 1, names[0]))
    assert set(fuller.seen) == {names[0], *names[4:]}


def test_what_changes_nothing_gives_the_same_value_back() -> None:
    known = after(view(NOON, "a"))
    assert after(view(NOON + 1), known=known) is known
    assert after(Event("e", EventType.SENT, "u", NOON + DAY, message_id="m-1"), known=known) is known


signs = st.builds(view, st.integers(0, 40).map(lambda hours: NOON + hours * HOUR * 13), st.sampled_from("abcdef")) | (
    st.builds(met, st.integers(0, 40).map(lambda hours: NOON + hours * HOUR * 13))
)


@given(events=st.lists(signs, max_size=30), data=st.data())
@settings(max_examples=60, deadline=None)
def test_signs_in_any_order_and_any_parts_give_the_same(events: list[Event], data: st.DataObject) -> None:
    arrived = data.draw(st.permutations(events))
    cut = data.draw(st.integers(0, len(events)))
    found, straight = after(*arrived[cut:], known=after(*arrived[:cut])), after(*events)
    assert found == straight
    assert list(found.seen) == list(straight.seen)


@given(places=st.permutations(range(MOST_SEEN + 40)), cut=st.integers(0, MOST_SEEN + 40))
@settings(max_examples=20, deadline=None)
def test_more_than_is_kept_comes_out_the_same_in_any_order(places: list[int], cut: int) -> None:
    events = [view(NOON + place // 3 * DAY, f"item-{place % 230}") for place in places]
    assert after(*events[cut:], known=after(*events[:cut])) == after(*sorted(events, key=lambda event: event.at))


def test_the_store_keeps_what_events_told(tmp_path: Path) -> None:
    house = House(tmp_path, seen_elsewhere=VIEWS)
    house.put(message("m-1"))
    house.take(house.event(EventType.ACTIVITY, kind="view", items=("sku-1",)))
    house.take(house.event(EventType.OPENED, NOON - DAY, message_id="m-1", channel="inbox"))
    assert house.record().presence == Presence((TODAY, TODAY - 1), {"sku-1": NOON, "m-1#@inbox": NOON - DAY})


def test_only_the_feedback_too_often_complains() -> None:
    assert [reason for reason in FeedbackReason if complains(complaint(reason=reason))] == [FeedbackReason.TOO_OFTEN]
    assert not complains(replace(complaint(), type=EventType.ANSWER))


def test_a_word_taken_back_takes_the_newest_that_stood_then() -> None:
    said = [complaint(NOON + place) for place in (0, 10, 20)]
    assert with_complaints((), said) == (NOON + 20, NOON + 10, NOON)
    assert with_complaints((), [*said, complaint(NOON + 15, reverted=True)]) == (NOON + 20, NOON)
    assert with_complaints((), [*said, complaint(NOON + 10, reverted=True)]) == (NOON + 20, NOON)
    assert with_complaints((), [*said, complaint(NOON - 1, reverted=True)]) == (NOON + 20, NOON + 10, NOON)
    assert with_complaints((NOON,), [complaint(NOON + 1, reverted=True)] * 2) == ()


def test_the_newest_complaints_are_kept() -> None:
    said = [complaint(NOON + place) for place in range(MOST_COMPLAINTS + 3)]
    assert with_complaints((), said) == tuple(NOON + place for place in reversed(range(3, MOST_COMPLAINTS + 3)))


def test_signs_of_life_leave_complaints_as_they_are() -> None:
    assert after(view(NOON, "a"), known=Presence(too_often=(NOON,))).too_often == (NOON,)


words = st.builds(complaint, st.integers(0, 9).map(lambda hours: NOON + hours * HOUR), reverted=st.booleans())


def straight(said: list[Event]) -> list[Instant]:
    """What stands, read off one word after the other by somebody who has all of them."""
    stands: list[Instant] = []
    for word in sorted(said, key=lambda word: (word.at, word.reverted)):
        if word.reverted:
            del stands[-1:]
        else:
            stands = [*stands, word.at][-MOST_COMPLAINTS:]
    return stands[::-1]


@given(said=st.lists(words, max_size=14), data=st.data())
@settings(max_examples=60, deadline=None)
def test_complaints_in_any_order_and_any_parts_give_the_same(
    said: list[Event], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    house = _house(tmp_path_factory)
    user = f"u-{next(_users)}"
    arrived = data.draw(st.permutations(said))
    cuts = sorted({0, len(arrived), *data.draw(st.lists(st.integers(0, len(arrived)), max_size=4))})
    for start, end in pairwise(cuts):
        fresh = [replace(word, event_id=f"{user}-{place}", user_id=user) for place, word in enumerate(arrived)]
        assert not house.take(*fresh[start:end]).rejected
        # Whoever says it again has said it once.
        assert house.take(*fresh[:end]).duplicates == end
    assert house.record(user).presence.too_often == tuple(straight(said))


_users = iter(range(10**9))
_houses: list[House] = []


def _house(folders: pytest.TempPathFactory) -> House:
    """One house for all examples; it stays open as long as the module."""
    if not _houses:
        _houses.append(House(folders.mktemp("complaints")))
        OPENED.remove(_houses[0].store)
        _houses[0].put(message("m-1"))
    return _houses[0]


@pytest.fixture(scope="module", autouse=True)
def closing() -> Iterator[None]:
    yield
    for house in _houses:
        house.store.close()
