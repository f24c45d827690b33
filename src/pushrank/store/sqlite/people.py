"""A user's row and pushes: one read, one write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from pushrank.domain.instants import Instant
from pushrank.domain.record import Push, Slot, UserRecord
from pushrank.store.changes import Tomb
from pushrank.store.codec import written
from pushrank.store.errors import ConflictError
from pushrank.store.rows import PUSH_COLUMNS, USER_COLUMNS, in_order, push_of, push_row, slot_rows, user_of, user_row
from pushrank.store.sqlite.tombstones import looked_up

_USER = f"""
    SELECT 0, {USER_COLUMNS}, NULL, NULL, NULL, NULL, NULL, NULL
    FROM users WHERE user_key = ?1
    UNION ALL
    SELECT 1, {PUSH_COLUMNS} FROM pushes WHERE user_key = ?1 AND state IN ('held', 'confirmed')"""  # noqa: S608 constants only
_RECENT = _USER + " AND at >= ?2"
_RECENT_OR_NAMED = _USER + " AND (at >= ?2 OR content_key IN (SELECT value FROM json_each(?3)))"  # noqa: S608 constants only
_OF_DECISION = f"SELECT 1, {PUSH_COLUMNS} FROM pushes WHERE user_key = ? AND decision_id = ? ORDER BY at, push_id"  # noqa: S608
_SAVE_USER = f"""
    INSERT INTO users (user_key, {USER_COLUMNS}, version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT (user_key) DO UPDATE SET facts = excluded.facts, preferences = excluded.preferences,
        reachable = excluded.reachable, state = excluded.state, last_event_at = excluded.last_event_at,
        presence = excluded.presence, forgotten = excluded.forgotten, version = version + 1"""  # noqa: S608 constants only
_SAVE_PUSH = f"""
    INSERT INTO pushes (user_key, {PUSH_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (push_id) DO UPDATE SET content_key = excluded.content_key, message_id = excluded.message_id,
        category = excluded.category, kind = excluded.kind, state = excluded.state, at = excluded.at,
        decision_id = excluded.decision_id, expires_at = excluded.expires_at, channel = excluded.channel,
        tags = excluded.tags, stopped = excluded.stopped, stopped_until = excluded.stopped_until
    WHERE user_key = excluded.user_key"""  # noqa: S608 constants only
_PUSH = 1 + len(USER_COLUMNS.split(", "))
_GIVE_BACK = "DELETE FROM slots WHERE push_id = ?"
_TAKE = "INSERT INTO slots (push_id, cap, user_key, at, starts_at, ends_at, most) VALUES (?, ?, ?, ?, ?, ?, ?)"


def read_user(
    connection: sqlite3.Connection, user_key: str, since: Instant, content_keys: Sequence[str], tomb: Tomb | None
) -> UserRecord:
    """Read a user's row and the pushes that matter, as one snapshot; where there is no row, look for a tombstone."""
    if content_keys:
        found = connection.execute(_RECENT_OR_NAMED, (user_key, since, written(list(content_keys)))).fetchall()
    else:
        found = connection.execute(_RECENT, (user_key, since)).fetchall()
    rows = [row[1:_PUSH] for row in found if not row[0]]
    record = user_of(user_key, rows[0] if rows else None, [push_of(row[1:]) for row in found if row[0]])
    return record if rows else looked_up(connection, record, tomb)


def pushes_of(connection: sqlite3.Connection, user_key: str, decision_id: str) -> list[Push]:
    """Read the pushes of one decision about a user, in whatever state."""
    return [push_of(row[1:]) for row in connection.execute(_OF_DECISION, (user_key, decision_id))]


def save_user(connection: sqlite3.Connection, record: UserRecord) -> None:
    """Insert or replace a user's row."""
    connection.execute(_SAVE_USER, user_row(record))


def save_pushes(connection: sqlite3.Connection, user_key: str, pushes: Sequence[Push]) -> None:
    """Insert or replace pushes by id, those that free a content key first."""
    for push in in_order(pushes):
        if connection.execute(_SAVE_PUSH, push_row(user_key, push)).rowcount != 1:
            msg = f"push_id: expected a push of user {user_key!r} or a new one, got {push.push_id!r} of another user"
            raise ConflictError(msg)


def give_back(connection: sqlite3.Connection, push_ids: Iterable[str]) -> None:
    """Free the slots of pushes."""
    connection.executemany(_GIVE_BACK, [(push_id,) for push_id in push_ids])


def take(connection: sqlite3.Connection, user_key: str, slots: Mapping[str, Sequence[Slot]]) -> None:
    """Take slots for pushes, by push id; one beyond its cap breaks the transaction."""
    connection.executemany(_TAKE, slot_rows(user_key, slots))
