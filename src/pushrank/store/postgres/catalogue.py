"""The messages, and how each has done with everybody so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from psycopg import Connection

from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.record import CountDelta
from pushrank.store.codec import MESSAGE, written
from pushrank.store.postgres.schema import bump
from pushrank.store.rows import COUNT_COLUMNS

ALL_COUNTS = f"SELECT {COUNT_COLUMNS} FROM message_counts ORDER BY message_id, bucket"  # noqa: S608 constants only
_COUNTS_SINCE = f"""
    SELECT {COUNT_COLUMNS} FROM message_counts WHERE version > %s ORDER BY version, message_id, bucket"""  # noqa: S608
# The counter's row is locked first: writers of counts come one after the other and can't wait for each other in turn.
_ADD_COUNTS = f"""
    WITH bumped AS (UPDATE meta SET value = value + 1 WHERE name = 'counts_version' RETURNING value)
    INSERT INTO message_counts ({COUNT_COLUMNS}, version)
    SELECT delta.*, bumped.value FROM bumped,
        unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS delta
    ON CONFLICT (message_id, bucket) DO UPDATE SET sends = message_counts.sends + excluded.sends,
        clicks = message_counts.clicks + excluded.clicks, opt_outs = message_counts.opt_outs + excluded.opt_outs,
        dismissals = message_counts.dismissals + excluded.dismissals, version = excluded.version"""  # noqa: S608
_PUT_MESSAGE = """
    INSERT INTO messages (message_id, body, updated_at, deleted_at) VALUES (%s, %s, %s, NULL)
    ON CONFLICT (message_id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at, deleted_at = NULL"""
_DELETE_MESSAGE = """
    UPDATE messages SET deleted_at = %(at)s, updated_at = %(at)s
    WHERE message_id = %(message_id)s AND deleted_at IS NULL"""
_MESSAGES = "SELECT message_id, body FROM messages WHERE (deleted_at IS NOT NULL) = %s ORDER BY message_id"


def put_messages(connection: Connection, messages: Sequence[Message], at: Instant) -> None:
    """Insert or replace messages by id."""
    bump(connection, "catalogue_version")
    rows = [(message.message_id, written(message), at) for message in messages]
    connection.cursor().executemany(_PUT_MESSAGE, rows)


def delete_message(connection: Connection, message_id: str, at: Instant) -> bool:
    """Mark a message as deleted; False if it is not in the catalogue."""
    bump(connection, "catalogue_version")
    return connection.execute(_DELETE_MESSAGE, {"at": at, "message_id": message_id}).rowcount == 1


def messages(connection: Connection, *, deleted: bool) -> list[Message]:
    """Read the live messages, or the deleted ones."""
    return [MESSAGE.read(body, message_id) for message_id, body in connection.execute(_MESSAGES, (deleted,))]


def add_counts(connection: Connection, deltas: Sequence[CountDelta]) -> None:
    """Add to the totals of messages and hours."""
    totals: Counter[tuple[str, int, str]] = Counter()
    for delta in deltas:
        for name in ("sends", "clicks", "opt_outs", "dismissals"):
            totals[delta.message_id, delta.bucket, name] += getattr(delta, name)
    places = sorted({(message_id, bucket) for message_id, bucket, _ in totals})
    sums = [[totals[*place, name] for place in places] for name in ("sends", "clicks", "opt_outs", "dismissals")]
    connection.execute(_ADD_COUNTS, [[name for name, _ in places], [bucket for _, bucket in places], *sums])


def counts_since(connection: Connection, version: int) -> list[CountDelta]:
    """Read the totals that changed after a version."""
    return [CountDelta(*row) for row in connection.execute(_COUNTS_SINCE, (version,))]
