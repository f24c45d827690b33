"""A user's row and pushes: one read, one write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pushrank.domain.codes import ExclusionCode, HoldState, Kind, StopCode
from pushrank.domain.instants import Instant
from pushrank.domain.record import Push, Slot, UserRecord
from pushrank.store.codec import FACTS, PREFERENCES, PRESENCE, TAGS, unreadable, written
from pushrank.store.errors import ConflictError

_PUSH_COLUMNS = (
    "push_id, content_key, message_id, category, kind, state, at, decision_id, expires_at, channel, tags, stopped,"
    " stopped_until"
)
_USER = f"""
    SELECT 0, facts, preferences, reachable, state, last_event_at, presence, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM users WHERE user_key = ?1
    UNION ALL
    SELECT 1, {_PUSH_COLUMNS} FROM pushes WHERE user_key = ?1 AND state IN ('held', 'confirmed')"""  # noqa: S608 constants only
_RECENT = _USER + " AND at >= ?2"
_RECENT_OR_NAMED = _USER + " AND (at >= ?2 OR content_key IN (SELECT value FROM json_each(?3)))"  # noqa: S608 constants only
_OF_DECISION = f"SELECT 1, {_PUSH_COLUMNS} FROM pushes WHERE user_key = ? AND decision_id = ? ORDER BY at, push_id"  # noqa: S608
_SAVE_USER = """
    INSERT INTO users (user_key, facts, preferences, reachable, state, last_event_at, presence, version)
    VALUES (?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT (user_key) DO UPDATE SET facts = excluded.facts, preferences = excluded.preferences,
        reachable = excluded.reachable, state = excluded.state, last_event_at = excluded.last_event_at,
        presence = excluded.presence, version = version + 1"""
_SAVE_PUSH = f"""
    INSERT INTO pushes (user_key, {_PUSH_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (push_id) DO UPDATE SET content_key = excluded.content_key, message_id = excluded.message_id,
        category = excluded.category, kind = excluded.kind, state = excluded.state, at = excluded.at,
        decision_id = excluded.decision_id, expires_at = excluded.expires_at, channel = excluded.channel,
        tags = excluded.tags, stopped = excluded.stopped, stopped_until = excluded.stopped_until
    WHERE user_key = excluded.user_key"""  # noqa: S608 constants only
_GIVE_BACK = "DELETE FROM slots WHERE push_id = ?"
_TAKE = "INSERT INTO slots (push_id, cap, user_key, at, starts_at, ends_at, most) VALUES (?, ?, ?, ?, ?, ?, ?)"

_KINDS = {kind.value: kind for kind in Kind}
_STATES = {state.value: state for state in HoldState}
_STOPS: dict[str | None, StopCode | ExclusionCode | None] = {code.value: code for code in (*StopCode, *ExclusionCode)}
FREEING = frozenset({HoldState.RELEASED, HoldState.FAILED})


def read_user(connection: sqlite3.Connection, user_key: str, since: Instant, content_keys: Sequence[str]) -> UserRecord:
    """Read a user's row and the pushes that matter, as one statement and so as one snapshot."""
    if content_keys:
        found = connection.execute(_RECENT_OR_NAMED, (user_key, since, written(list(content_keys)))).fetchall()
    else:
        found = connection.execute(_RECENT, (user_key, since)).fetchall()
    pushes = [_push(row) for row in found if row[0]]
    pushes.sort(key=lambda push: (push.at, push.push_id))
    rows = [row for row in found if not row[0]]
    if not rows:
        return UserRecord(user_key, pushes=tuple(pushes))
    _, facts, preferences, reachable, state, last_event_at, presence, *_ = rows[0]
    return UserRecord(
        user_key,
        known=True,
        facts=FACTS.read(facts, user_key),
        preferences=PREFERENCES.read(preferences, user_key),
        reachable=bool(reachable),
        state=state,
        last_event_at=last_event_at,
        presence=PRESENCE.read(presence, user_key),
        pushes=tuple(pushes),
    )


def pushes_of(connection: sqlite3.Connection, user_key: str, decision_id: str) -> list[Push]:
    """Read the pushes of one decision about a user, in whatever state."""
    return [_push(row) for row in connection.execute(_OF_DECISION, (user_key, decision_id))]


def _push(row: tuple[Any, ...]) -> Push:
    _, push_id, content_key, message_id, category, kind, state, *rest, tags, stopped, until = row
    at, decision_id, expires_at, channel = rest
    return Push(
        push_id,
        content_key,
        message_id,
        category,
        _kind(push_id, kind),
        _STATES[state],
        at,
        decision_id,
        expires_at,
        channel,
        () if tags == "[]" else TAGS.read(tags, push_id),
        None if stopped is None else _STOPS[stopped],
        until,
    )


def _kind(push_id: str, name: str) -> Kind:
    kind = _KINDS.get(name)
    if kind is None:
        error = unreadable("pushes", push_id, "kind", "a kind of message", repr(name))
        raise error
    return kind


def save_user(connection: sqlite3.Connection, record: UserRecord) -> None:
    """Insert or replace a user's row."""
    facts, preferences, presence = written(record.facts), written(record.preferences), written(record.presence)
    row = (record.user_key, facts, preferences, int(record.reachable), record.state, record.last_event_at, presence)
    connection.execute(_SAVE_USER, row)


def save_pushes(connection: sqlite3.Connection, user_key: str, pushes: Sequence[Push]) -> None:
    """Insert or replace pushes by id, those that free a content key first."""
    for push in sorted(pushes, key=lambda push: push.state not in FREEING):
        if connection.execute(_SAVE_PUSH, _push_row(user_key, push)).rowcount != 1:
            msg = f"push_id: expected a push of user {user_key!r} or a new one, got {push.push_id!r} of another user"
            raise ConflictError(msg)


def give_back(connection: sqlite3.Connection, push_ids: Iterable[str]) -> None:
    """Free the slots of pushes."""
    connection.executemany(_GIVE_BACK, [(push_id,) for push_id in push_ids])


def take(connection: sqlite3.Connection, user_key: str, slots: Mapping[str, Sequence[Slot]]) -> None:
    """Take slots for pushes, by push id; one beyond its cap breaks the transaction."""
    connection.executemany(
        _TAKE,
        [
            (push_id, slot.cap, user_key, slot.at, slot.starts, slot.ends, slot.most)
            for push_id, taken in slots.items()
            for slot in taken
        ],
    )


def _push_row(user_key: str, push: Push) -> tuple[Any, ...]:
    return (
        user_key,
        push.push_id,
        push.content_key,
        push.message_id,
        push.category,
        push.kind.value,
        push.state.value,
        push.at,
        push.decision_id,
        push.expires_at,
        push.channel,
        written(push.tags) if push.tags else "[]",
        None if push.stopped is None else push.stopped.value,
        push.stopped_until,
    )
