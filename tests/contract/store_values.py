"""Values for tests of stores, with everything that a test does not speak of filled in."""

from __future__ import annotations

from pushrank.domain.codes import EventType, HoldState, Kind, Mode
from pushrank.domain.event import Event
from pushrank.domain.record import Change, DecisionRow, Push, Reading, StoredEvent, UserRecord
from pushrank.store import Rule


def push(push_id: str, content_key: str = "m-1#", at: int = 100, state: HoldState = HoldState.HELD) -> Push:
    return Push(push_id, content_key, "m-1", "sport.tennis", Kind.OFFER, state, at, "d-1", at + 5)


def stored(event_id: str, user_key: str = "ada", at: int = 100) -> StoredEvent:
    return StoredEvent(Event(event_id, EventType.CLICKED, user_key, at, "m-1"), 28_800, f"digest of {event_id}")


def decision(decision_id: str, user_key: str = "ada", decided_at: int = 100) -> DecisionRow:
    return DecisionRow(decision_id, user_key, decided_at, Mode.HOLD, b'{"slate": []}')


def writes(
    *,
    record: UserRecord | None = None,
    events: tuple[StoredEvent, ...] = (),
    pushes: tuple[Push, ...] = (),
    row: DecisionRow | None = None,
) -> Rule[None]:
    """Make a rule that writes this whatever it reads."""
    return lambda _: Change(None, record, events, pushes, (), row)


def reads(reading: Reading) -> Change[Reading]:
    """Answer what was read; write nothing."""
    return Change(reading)
