from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.config.types import SeenElsewhere
from pushrank.domain.codes import EventType, FeedbackReason, HoldState
from pushrank.domain.event import Event
from pushrank.domain.instants import HOUR, MINUTE, Instant
from pushrank.domain.message import Attribute
from pushrank.domain.record import Change, CountDelta, Reading, UserRecord
from pushrank.features.events import encode_events
from pushrank.features.fold import fold
from pushrank.features.state import decode_state, empty_state, encode_state
from pushrank.features.tallies import taken_back
from tests.histories import OFFSET, made_events, made_messages
from tests.small_house import OPENED, House
from tests.small_policies import NOON

MESSAGES = tuple(made_messages(3))
KINDS = (
    EventType.SENT,
    EventType.CLICKED,
    EventType.DISMISSED,
    EventType.OPENED,
    EventType.FAILED,
    EventType.OPTED_OUT,
    EventType.OPTED_IN,
    EventType.REACH_LOST,
    EventType.ACTIVITY,
    EventType.FEEDBACK,
    EventType.ATTRIBUTE,
)
# What says whether anything may be remembered: no, and yes.
TOLD: tuple[tuple[str, Attribute, Attribute], ...] = (
    ("personalisation", False, True),
    ("minor", True, False),
    ("birth_date", "2015-05-17", "1990-05-17"),
)


def event_of(place: int, kind: EventType, message: int, minutes: int, *, decided: bool = False) -> Event:
    about = kind not in (EventType.OPTED_OUT, EventType.OPTED_IN, EventType.REACH_LOST, EventType.ACTIVITY)
    about = about and kind is not EventType.ATTRIBUTE
    name, no, yes = TOLD[message]
    return Event(
        event_id=f"e-{place}",
        type=kind,
        user_id="",
        # One moment for each event: which of two reports of one moment came first is nobody's to say.
        at=NOON + minutes * 20 * MINUTE + place,
        message_id=f"m-{message}" if about else None,
        decision_id=f"d-{message}" if decided and kind in (EventType.SENT, EventType.FAILED) else None,
        scope=("all", "sport")[message % 2] if kind in (EventType.OPTED_OUT, EventType.OPTED_IN) else None,
        # What was opened or clicked without a push was so in the app.
        channel="inbox" if decided and kind in (EventType.OPENED, EventType.CLICKED) else None,
        reason=FeedbackReason.TOO_OFTEN if kind is EventType.FEEDBACK else None,
        reverted=decided and kind is EventType.FEEDBACK,
        kind="view" if kind is EventType.ACTIVITY else None,
        tags=(f"tag-{message}",) if kind is EventType.ACTIVITY else (),
        items=(f"item-{message}", f"item-{place}") if kind is EventType.ACTIVITY else (),
        name=name if kind is EventType.ATTRIBUTE else None,
        value=(yes if decided else no) if kind is EventType.ATTRIBUTE else None,
    )


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Event], list[Event], list[int]]:
    """Events in order of time, the same in order of arrival, and where the calls that bring them end."""
    kinds = st.one_of(st.sampled_from((EventType.SENT, EventType.FAILED)), st.sampled_from(KINDS))
    row = st.tuples(kinds, st.integers(0, 2), st.integers(0, 600), st.booleans())
    rows = draw(st.lists(row, min_size=1, max_size=14))
    events = [
        event_of(place, kind, message, minutes, decided=decided)
        for place, (kind, message, minutes, decided) in enumerate(rows)
    ]
    arrived = draw(st.permutations(events))
    cuts = draw(st.lists(st.integers(1, len(events)), max_size=4))
    return sorted(events, key=lambda event: event.at), arrived, sorted({*cuts, len(events)})


@lru_cache
def house() -> House:
    built = House(Path(tempfile.mkdtemp()), seen_elsewhere=SeenElsewhere(("view",), 7.0))
    OPENED.remove(built.store)  # it serves the whole module
    built.put(*MESSAGES)
    return built


@pytest.fixture(scope="module", autouse=True)
def closing() -> Iterator[None]:
    yield
    house().store.close()
    house.cache_clear()


def withhold(user: str, forgotten: dict[str, Instant]) -> None:
    """Let a user have deleted tags."""

    def rule(reading: Reading) -> Change[None]:
        return Change(None, replace(reading.record, forgotten=forgotten))

    house().store.transact(house().pseudonyms.of(user), rule, NOON)


def own(user: str, event: Event) -> str | None:
    return event.decision_id and f"{user}-{event.decision_id}"


def outcome(user: str, calls: list[list[Event]]) -> tuple[UserRecord, list[tuple[str, int, int, int, int, int]]]:
    """What the store knows of a user after these calls, and what they added to the counts."""
    before = {(row.message_id, row.bucket): row for row in house().store.all_counts()}
    for place, call in enumerate(calls):
        fresh = [
            replace(event, user_id=user, event_id=f"{user}-{event.event_id}", decision_id=own(user, event))
            for event in call
        ]
        assert house().take(*fresh).accepted == len(fresh), place
    added = []
    for row in house().store.all_counts():
        old = before.get((row.message_id, row.bucket), CountDelta(row.message_id, row.bucket))
        new = (row.sends, row.clicks, row.opt_outs, row.dismissals)
        difference = np.subtract(new, (old.sends, old.clicks, old.opt_outs, old.dismissals)).tolist()
        if any(difference):
            added.append((row.message_id, row.bucket, *difference))
    return house().record(user, [message.content_key for message in MESSAGES]), added


def standing(record: UserRecord) -> list[tuple[str, str | None, int | None]]:
    """Which pushes use up budget; the moment of a decision's push is that of the report that came first."""
    assert all(push.state is HoldState.CONFIRMED for push in record.pushes)
    rows = [
        (push.message_id, push.decision_id and push.decision_id[-3:], push.at if push.decision_id is None else -1)
        for push in record.pushes
    ]
    return sorted(rows, key=str)


_users = iter(range(10**9))


@settings(max_examples=100, deadline=None)
@given(arrivals())
def test_state_counts_budget_and_choices_do_not_depend_on_the_order_of_arrival(
    drawn: tuple[list[Event], list[Event], list[int]],
) -> None:
    in_time, arrived, cuts = drawn
    one, other = f"u-{next(_users)}", f"u-{next(_users)}"
    for user in (one, other):
        house().settle(user, tags={"tag-1": False})
        withhold(user, {"tag-2": NOON + 50 * HOUR})
    straight, straight_counts = outcome(one, [[event] for event in in_time])
    calls = [arrived[start:end] for start, end in zip([0, *cuts], cuts, strict=False)]
    shuffled, shuffled_counts = outcome(other, calls)
    assert shuffled_counts == straight_counts
    assert (shuffled.state or b"") == (straight.state or b"")
    assert shuffled.last_event_at == straight.last_event_at
    assert replace(shuffled.preferences, version=0) == replace(straight.preferences, version=0)
    assert shuffled.reachable == straight.reachable
    assert shuffled.presence == straight.presence
    assert (shuffled.facts, shuffled.profiled) == (straight.facts, straight.profiled)
    assert standing(shuffled) == standing(straight)


@settings(max_examples=30, deadline=None)
@given(arrivals())
def test_what_may_be_remembered_is_the_fold_of_what_is_stored_less_what_is_withheld(
    drawn: tuple[list[Event], list[Event], list[int]],
) -> None:
    _, arrived, _ = drawn
    user = f"u-{next(_users)}"
    house().settle(user, tags={"tag-0": False})
    record, _ = outcome(user, [[event] for event in arrived])
    stored = [one for one in house().store.events_since(0) if one.event.user_id == record.user_key]
    failed = taken_back(one.event for one in stored)
    rows = []
    for event, offset in ((one.event, one.offset) for one in stored if one.event.event_id not in failed):
        message = house().catalogue.lookup()(event.message_id or "")
        plain = replace(event, tags=tuple(tag for tag in event.tags if tag != "tag-0"))
        kept = message and replace(message, tags=tuple(tag for tag in message.tags if tag != "tag-0"))
        rows.append((plain, kept, offset))
    expected = empty_state()
    fold(expected, encode_events(rows))
    assert (record.state or b"") == (encode_state(expected) if record.profiled else b"")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), cut=st.integers(1, 59))
def test_the_state_is_the_fold_of_the_users_events_in_canonical_order(seed: int, cut: int) -> None:
    user = f"u-{next(_users)}"
    house().settle(user, timezone="Etc/GMT-8")
    rows = made_events(user, list(MESSAGES), 60, seed)
    house().take(*(event for event, _, _ in rows[:cut]))
    house().take(*(event for event, _, _ in rows[cut:]))
    expected = empty_state()
    fold(expected, encode_events([(event, message, OFFSET) for event, message, _ in rows]))
    assert encode_state(decode_state(house().record(user).state)) == encode_state(expected)


def test_counts_of_a_message_are_those_of_the_hours_in_which_things_happened() -> None:
    user = f"u-{next(_users)}"
    sent, clicked = event_of(0, EventType.SENT, 1, 0), event_of(1, EventType.CLICKED, 1, 9)
    _, added = outcome(user, [[clicked], [sent]])
    assert added == [("m-1", NOON // HOUR, 1, 0, 0, 0), ("m-1", NOON // HOUR + 3, 0, 1, 0, 0)]
