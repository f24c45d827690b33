"""What happened and what was decided: events and decisions, appended and never changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pushrank.domain.instants import Instant
from pushrank.domain.record import DecisionRow, FeatureRow, StoredEvent
from pushrank.store.rows import DECISION_COLUMNS, FEATURE_COLUMNS, decision_row, event_of, event_row, feature_row

EVENTS_SINCE = "SELECT event_id, utc_offset, digest, body FROM events WHERE at >= ? ORDER BY at, seq"
DECISIONS_SINCE = """
    SELECT decision_id, user_key, decided_at, mode, body FROM decisions WHERE decided_at >= ?
    ORDER BY decided_at, decision_id"""
OF_USER = "SELECT event_id, utc_offset, digest, body FROM events WHERE user_key = ? ORDER BY seq"
_DIGEST = "SELECT digest FROM events WHERE event_id = ?"
_ADD_EVENT = """
    INSERT INTO events (event_id, user_key, at, type, message_id, decision_id, utc_offset, digest, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_ADD_DECISION = f"INSERT INTO decisions ({DECISION_COLUMNS}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608 constants only
_DECISION = f"SELECT {DECISION_COLUMNS} FROM decisions WHERE decision_id = ?"  # noqa: S608 constants only
_DECISIONS_OF = f"""
    SELECT {DECISION_COLUMNS} FROM decisions WHERE user_key = ? AND decided_at < ?
    ORDER BY decided_at DESC, decision_id DESC LIMIT ?"""  # noqa: S608 constants only
_FORGET_EVENTS = "DELETE FROM events WHERE user_key = ? AND at < ?"
_ADD_FEATURES = f"INSERT INTO feature_rows ({FEATURE_COLUMNS}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608 constants only
_FEATURES = f"SELECT {FEATURE_COLUMNS} FROM feature_rows WHERE decision_id = ?"  # noqa: S608 constants only


def events_of(connection: sqlite3.Connection, user_key: str) -> list[StoredEvent]:
    """Read all events of a user in order of arrival."""
    return [event_of(row) for row in connection.execute(OF_USER, (user_key,))]


def digest_of(connection: sqlite3.Connection, event_id: str) -> str | None:
    """Look up the digest under which an event is stored."""
    found = connection.execute(_DIGEST, (event_id,)).fetchone()
    return found[0] if found else None


def add_events(connection: sqlite3.Connection, user_key: str, events: Sequence[StoredEvent]) -> None:
    """Append events; one whose id is stored already breaks the transaction."""
    connection.executemany(_ADD_EVENT, [event_row(user_key, stored) for stored in events])


def forget_events(connection: sqlite3.Connection, user_key: str, before: Instant) -> None:
    """Delete the events of a user that are older than a moment."""
    connection.execute(_FORGET_EVENTS, (user_key, before))


def features_of(connection: sqlite3.Connection, decision_id: str) -> FeatureRow | None:
    """Look up what a decision saw."""
    found = connection.execute(_FEATURES, (decision_id,)).fetchone()
    return FeatureRow(*found) if found else None


def decisions_of(connection: sqlite3.Connection, user_key: str, before: Instant, most: int) -> list[DecisionRow]:
    """Read the latest decisions about a user made before a moment, the newest first."""
    return [DecisionRow(*row) for row in connection.execute(_DECISIONS_OF, (user_key, before, most))]


def add_decision(connection: sqlite3.Connection, row: DecisionRow | None, features: FeatureRow | None) -> None:
    """Append a decision and what it saw, where given; one whose id is stored already breaks the transaction."""
    if row is not None:
        connection.execute(_ADD_DECISION, decision_row(row))
    if features is not None:
        connection.execute(_ADD_FEATURES, feature_row(features))


def decision(connection: sqlite3.Connection, decision_id: str) -> DecisionRow | None:
    """Look up a decision."""
    found = connection.execute(_DECISION, (decision_id,)).fetchone()
    return DecisionRow(*found) if found else None


def decision_of(connection: sqlite3.Connection, user_key: str, decision_id: str) -> DecisionRow | None:
    """Look up a decision about one user; another user's is as good as none."""
    row = decision(connection, decision_id)
    return row if row is not None and row.user_key == user_key else None
