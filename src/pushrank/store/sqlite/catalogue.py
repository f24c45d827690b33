"""The messages, and how each has done with everybody so far."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.record import CountDelta
from pushrank.store.codec import MESSAGE, written
from pushrank.store.sqlite.schema import bump

ALL_COUNTS = """
    SELECT message_id, bucket, sends, clicks, opt_outs, dismissals FROM message_counts ORDER BY message_id, bucket"""
_COUNTS_SINCE = """
    SELECT message_id, bucket, sends, clicks, opt_outs, dismissals FROM message_counts WHERE version > ?
    ORDER BY version, message_id, bucket"""
_ADD_COUNTS = """
    INSERT INTO message_counts (message_id, bucket, sends, clicks, opt_outs, dismissals, version)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (message_id, bucket) DO UPDATE SET sends = sends + excluded.sends, clicks = clicks + excluded.clicks,
        opt_outs = opt_outs + excluded.opt_outs, dismissals = dismissals + excluded.dismissals,
        version = excluded.version"""
_PUT_MESSAGE = """
    INSERT INTO messages (message_id, body, updated_at, deleted_at) VALUES (?, ?, ?, NULL)
    ON CONFLICT (message_id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at, deleted_at = NULL"""
_DELETE_MESSAGE = """
    UPDATE messages SET deleted_at = ?1, updated_at = ?1 WHERE message_id = ?2 AND deleted_at IS NULL"""
_MESSAGES = "SELECT message_id, body FROM messages WHERE (deleted_at IS NOT NULL) = ? ORDER BY message_id"


def put_messages(connection: sqlite3.Connection, messages: Sequence[Message], at: Instant) -> None:
    """Insert or replace messages by id."""
    rows = [(message.message_id, written(message), at) for message in messages]
    connection.executemany(_PUT_MESSAGE, rows)
    bump(connection, "catalogue_version")


def delete_message(connection: sqlite3.Connection, message_id: str, at: Instant) -> bool:
    """Mark a message as deleted; False if it is not in the catalogue."""
    if connection.execute(_DELETE_MESSAGE, (at, message_id)).rowcount == 0:
        return False
    bump(connection, "catalogue_version")
    return True


def messages(connection: sqlite3.Connection, *, deleted: bool) -> list[Message]:
    """Read the live messages, or the deleted ones."""
    found = connection.execute(_MESSAGES, (int(deleted),))
    return [MESSAGE.read(body, message_id) for message_id, body in found]


def add_counts(connection: sqlite3.Connection, deltas: Sequence[CountDelta]) -> None:
    """Add to the totals of messages and hours."""
    version = bump(connection, "counts_version")
    rows = [
        (delta.message_id, delta.bucket, delta.sends, delta.clicks, delta.opt_outs, delta.dismissals, version)
        for delta in deltas
    ]
    connection.executemany(_ADD_COUNTS, rows)


def counts_since(connection: sqlite3.Connection, version: int) -> list[CountDelta]:
    """Read the totals that changed after a version."""
    return [CountDelta(*row) for row in connection.execute(_COUNTS_SINCE, (version,))]
