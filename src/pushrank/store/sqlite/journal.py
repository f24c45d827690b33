"""What happened and what was decided: events and decisions, appended and never changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pushrank.domain.record import DecisionRow, StoredEvent
from pushrank.store.rows import decision_row, event_of, event_row

EVENTS_SINCE = "SELECT event_id, utc_offset, digest, body FROM events WHERE at >= ? ORDER BY at, seq"
DECISIONS_SINCE = """
    SELECT decision_id, user_key, decided_at, mode, body FROM decisions WHERE decided_at >= ?
    ORDER BY decided_at, decision_id"""
_OF_USER = "SELECT event_id, utc_offset, digest, body FROM events WHERE user_key = ? ORDER BY seq"
_DIGEST = "SELECT digest FROM events WHERE event_id = ?"
_ADD_EVENT = """
    INSERT INTO events (event_id, user_key, at, type, message_id, decision_id, utc_offset, digest, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_ADD_DECISION = "INSERT INTO decisions (decision_id, user_key, decided_at, mode, body) VALUES (?, ?, ?, ?, ?)"
_DECISION = "SELECT decision_id, user_key, decided_at, mode, body FROM decisions WHERE decision_id = ?"


def events_of(connection: sqlite3.Connection, user_key: str) -> list[StoredEvent]:
    """Read all events of a user in order of arrival."""
    return [event_of(row) for row in connection.execute(_OF_USER, (user_key,))]


def digest_of(connection: sqlite3.Connection, event_id: str) -> str | None:
    """Look up the digest under which an event is stored."""
    found = connection.execute(_DIGEST, (event_id,)).fetchone()
    return found[0] if found else None


def add_events(connection: sqlite3.Connection, user_key: str, events: Sequence[StoredEvent]) -> None:
    """Append events; one whose id is stored already breaks the transaction."""
    connection.executemany(_ADD_EVENT, [event_row(user_key, stored) for stored in events])


def add_decision(connection: sqlite3.Connection, row: DecisionRow) -> None:
    """Append a decision; one whose id is stored already breaks the transaction."""
    connection.execute(_ADD_DECISION, decision_row(row))


def decision(connection: sqlite3.Connection, decision_id: str) -> DecisionRow | None:
    """Look up a decision."""
    found = connection.execute(_DECISION, (decision_id,)).fetchone()
    return DecisionRow(*found) if found else None


def decision_of(connection: sqlite3.Connection, user_key: str, decision_id: str) -> DecisionRow | None:
    """Look up a decision about one user; another user's is as good as none."""
    row = decision(connection, decision_id)
    return row if row is not None and row.user_key == user_key else None
