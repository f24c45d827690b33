"""A user's row and pushes: one read, one write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection, Cursor

from pushrank.domain.instants import Instant
from pushrank.domain.record import Push, Slot, UserRecord
from pushrank.store.changes import Tomb
from pushrank.store.postgres.schema import LOCK_USER
from pushrank.store.postgres.tombstones import looked_up
from pushrank.store.rows import PUSH_COLUMNS, USER_COLUMNS, in_order, push_of, push_row, slot_rows, user_of, user_row

_OF_USER = len(USER_COLUMNS.split(", "))
_NOBODY = ", ".join(["NULL"] * _OF_USER)
# One statement, and so one snapshot: the user's row, then the pushes, each beside a gap where the other would be.
_READ = f"""
    SELECT {USER_COLUMNS}, NULL, NULL, NULL, NULL, NULL, NULL, NULL::bigint, NULL, NULL::bigint, NULL, NULL, NULL,
        NULL::bigint
    FROM users WHERE user_key = %(user)s
    UNION ALL
    SELECT {_NOBODY}, {PUSH_COLUMNS} FROM pushes
    WHERE user_key = %(user)s AND state IN ('held', 'confirmed') AND at >= %(since)s"""  # noqa: S608 constants only
_READ_NAMED = f"""{_READ}
    UNION ALL
    SELECT {_NOBODY}, {PUSH_COLUMNS} FROM pushes
    WHERE user_key = %(user)s AND state IN ('held', 'confirmed') AND at < %(since)s AND content_key = ANY(%(named)s)"""  # noqa: S608
_OF_DECISION = f"""
    SELECT {PUSH_COLUMNS} FROM pushes WHERE user_key = %s AND decision_id = %s
    ORDER BY at, push_id COLLATE "C\""""  # noqa: S608 constants only
_LOCK = f"SELECT {LOCK_USER.format('%s::text')}"
_LOCK_MANY = f"SELECT {LOCK_USER.format('user_key')} FROM unnest(%s::text[]) AS user_key"  # noqa: S608 constants only
_SAVE_USER = f"""
    INSERT INTO users (user_key, {USER_COLUMNS}, version) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 1)
    ON CONFLICT (user_key) DO UPDATE SET facts = excluded.facts, preferences = excluded.preferences,
        reachable = excluded.reachable, state = excluded.state, last_event_at = excluded.last_event_at,
        presence = excluded.presence, forgotten = excluded.forgotten, version = users.version + 1"""  # noqa: S608 constants only
_SAVE_PUSH = f"""
    INSERT INTO pushes (user_key, {PUSH_COLUMNS})
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (push_id) DO UPDATE SET user_key = excluded.user_key, content_key = excluded.content_key,
        message_id = excluded.message_id, category = excluded.category, kind = excluded.kind, state = excluded.state,
        at = excluded.at, decision_id = excluded.decision_id, expires_at = excluded.expires_at,
        channel = excluded.channel, tags = excluded.tags, stopped = excluded.stopped,
        stopped_until = excluded.stopped_until"""  # noqa: S608 constants only
_GIVE_BACK = "DELETE FROM slots WHERE push_id = ANY(%s)"
_TAKE = """
    INSERT INTO slots (push_id, cap, user_key, at, starts_at, ends_at, most)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])"""

Row = tuple[Any, ...]


def lock(connection: Connection, user_keys: Sequence[str]) -> None:
    """Wait until no other writer of these users is left, in an order that all writers keep."""
    if len(user_keys) == 1:
        connection.execute(_LOCK, user_keys)
    else:
        connection.execute(_LOCK_MANY, (sorted(set(user_keys)),))


def ask(connection: Connection, user_key: str, since: Instant, content_keys: Sequence[str]) -> Cursor[Row]:
    """Send the statement that reads a user; see `heard`."""
    asked = {"user": user_key, "since": since, "named": list(content_keys)}
    return connection.execute(_READ_NAMED if content_keys else _READ, asked)


def heard(connection: Connection, user_key: str, found: Cursor[Row], tomb: Tomb | None) -> UserRecord:
    """Decode what `ask` asked for; where there is no row, look for a tombstone."""
    rows = found.fetchall()
    users = [row[:_OF_USER] for row in rows if row[_OF_USER] is None]
    pushes = [push_of(row[_OF_USER:]) for row in rows if row[_OF_USER] is not None]
    record = user_of(user_key, users[0] if users else None, pushes)
    return record if users else looked_up(connection, record, tomb)


def pushes_of(connection: Connection, user_key: str, decision_id: str) -> list[Push]:
    """Read the pushes of one decision about a user, in whatever state."""
    return [push_of(row) for row in connection.execute(_OF_DECISION, (user_key, decision_id))]


def save_user(connection: Connection, record: UserRecord) -> None:
    """Insert or replace a user's row."""
    connection.execute(_SAVE_USER, user_row(record))


def save_pushes(connection: Connection, user_key: str, pushes: Sequence[Push]) -> None:
    """Insert or replace pushes by id, those that free a content key first."""
    for push in in_order(pushes):
        connection.execute(_SAVE_PUSH, push_row(user_key, push))


def give_back(connection: Connection, push_ids: Sequence[str]) -> None:
    """Free the slots of pushes."""
    if push_ids:
        connection.execute(_GIVE_BACK, (push_ids,))


def take(connection: Connection, user_key: str, slots: Mapping[str, Sequence[Slot]]) -> None:
    """Take slots for pushes, by push id; one beyond its cap breaks the transaction."""
    rows = slot_rows(user_key, slots)
    if rows:
        connection.execute(_TAKE, [list(column) for column in zip(*rows, strict=True)])
