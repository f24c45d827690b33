"""A user's row and pushes: one read, one write."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from pushrank.domain.codes import HoldState, Kind
from pushrank.domain.instants import Instant
from pushrank.domain.record import Push, UserRecord
from pushrank.store.codec import FACTS, PREFERENCES, unreadable, written
from pushrank.store.errors import ConflictError

_USER = """
    SELECT 0, facts, preferences, reachable, state, last_event_at, NULL, NULL, NULL, NULL, NULL
    FROM users WHERE user_key = ?1
    UNION ALL
    SELECT 1, push_id, content_key, message_id, category, kind, state, at, decision_id, expires_at, channel
    FROM pushes WHERE user_key = ?1 AND state IN ('held', 'confirmed')"""
_RECENT = _USER + " AND at >= ?2"
_RECENT_OR_NAMED = _USER + " AND (at >= ?2 OR content_key IN (SELECT value FROM json_each(?3)))"  # noqa: S608 constants only
_SAVE_USER = """
    INSERT INTO users (user_key, facts, preferences, reachable, state, last_event_at, version)
    VALUES (?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT (user_key) DO UPDATE SET facts = excluded.facts, preferences = excluded.preferences,
        reachable = excluded.reachable, state = excluded.state, last_event_at = excluded.last_event_at,
        version = version + 1"""
_SAVE_PUSH = """
    INSERT INTO pushes (push_id, user_key, content_key, message_id, category, kind, state, at, decision_id,
        expires_at, channel)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (push_id) DO UPDATE SET content_key = excluded.content_key, message_id = excluded.message_id,
        category = excluded.category, kind = excluded.kind, state = excluded.state, at = excluded.at,
        decision_id = excluded.decision_id, expires_at = excluded.expires_at, channel = excluded.channel
    WHERE user_key = excluded.user_key"""

_KINDS = {kind.value: kind for kind in Kind}
_STATES = {state.value: state for state in HoldState}
_FREEING = frozenset({HoldState.RELEASED, HoldState.FAILED})


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
    _, facts, preferences, reachable, state, last_event_at, *_ = rows[0]
    return UserRecord(
        user_key,
        known=True,
        facts=FACTS.read(facts, user_key),
        preferences=PREFERENCES.read(preferences, user_key),
        reachable=bool(reachable),
        state=state,
        last_event_at=last_event_at,
        pushes=tuple(pushes),
    )


def _push(row: tuple[Any, ...]) -> Push:
    _, push_id, content_key, message_id, category, kind, state, at, decision_id, expires_at, channel = row
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
    )


def _kind(push_id: str, name: str) -> Kind:
    kind = _KINDS.get(name)
    if kind is None:
        error = unreadable("pushes", push_id, "kind", "a kind of message", repr(name))
        raise error
    return kind


def save_user(connection: sqlite3.Connection, record: UserRecord) -> None:
    """Insert or replace a user's row."""
    facts, preferences = written(record.facts), written(record.preferences)
    row = (record.user_key, facts, preferences, int(record.reachable), record.state, record.last_event_at)
    connection.execute(_SAVE_USER, row)


def save_pushes(connection: sqlite3.Connection, user_key: str, pushes: Sequence[Push]) -> None:
    """Insert or replace pushes by id, those that free a content key first."""
    for push in sorted(pushes, key=lambda push: push.state not in _FREEING):
        if connection.execute(_SAVE_PUSH, _push_row(user_key, push)).rowcount != 1:
            msg = f"push_id: expected a push of user {user_key!r} or a new one, got {push.push_id!r} of another user"
            raise ConflictError(msg)


def _push_row(user_key: str, push: Push) -> tuple[Any, ...]:
    return (
        push.push_id,
        user_key,
        push.content_key,
        push.message_id,
        push.category,
        push.kind.value,
        push.state.value,
        push.at,
        push.decision_id,
        push.expires_at,
        push.channel,
    )
