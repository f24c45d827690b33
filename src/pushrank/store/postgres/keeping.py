"""Old rows go, and what was deleted leaves the files."""

from __future__ import annotations

import time
from contextlib import suppress

from psycopg import Connection
from psycopg.errors import InsufficientPrivilege, LockNotAvailable

from pushrank.domain.instants import Instant
from pushrank.store.register import OWNED

# An escaped NUL somewhere in a message would make PostgreSQL's JSON functions fail.
_OLD_PUSHES = """
    SELECT push_id FROM pushes LEFT JOIN messages USING (message_id)
    WHERE at < %(before)s AND (
        messages.body IS NULL OR deleted_at IS NOT NULL
        OR substring(body FROM '"published_at":(?:null|-?[0-9]+),"expires_at":(-?[0-9]+),')::bigint < %(before)s)
    ORDER BY at, push_id COLLATE "C" LIMIT %(most)s"""
_AGED = """
    SELECT user_key FROM (SELECT DISTINCT user_key COLLATE "C" AS user_key FROM events WHERE at < %s) AS old
    ORDER BY user_key LIMIT %s"""
_EXPIRE = {
    "decisions": """
        DELETE FROM decisions WHERE decision_id IN (
            SELECT decision_id FROM decisions WHERE decided_at < %s ORDER BY decided_at, decision_id LIMIT %s)""",
    "feature_rows": """
        DELETE FROM feature_rows WHERE decision_id IN (
            SELECT decision_id FROM feature_rows WHERE at < %s ORDER BY at, decision_id LIMIT %s)""",
}
_NOW = "SELECT clock_timestamp()"
_OLDER = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND backend_xmin IS NOT NULL AND xact_start < %s)"""
_PATIENT = "SET statement_timeout = 0"
_TABLES = ", ".join(OWNED)
_PAUSE = 0.05


def expire(connection: Connection, table: str, before: Instant, most: int) -> int:
    """Delete the oldest rows of a table that are older than a moment; return how many."""
    if table != "pushes":
        return connection.execute(_EXPIRE[table], (before, most)).rowcount
    old = connection.execute(_OLD_PUSHES, {"before": before, "most": most})
    gone = [push_id for (push_id,) in old]
    connection.execute("DELETE FROM slots WHERE push_id = ANY(%s)", (gone,))
    return connection.execute("DELETE FROM pushes WHERE push_id = ANY(%s)", (gone,)).rowcount


def aged(connection: Connection, before: Instant, most: int) -> list[str]:
    """Find the users who have events older than a moment."""
    return [user_key for (user_key,) in connection.execute(_AGED, (before, most))]


def vacuum(connection: Connection, seconds: float) -> bool:
    """Free what was deleted, once nobody reads an older state; False where somebody still did after `seconds`."""
    connection.execute(_PATIENT)
    alone = _waited(connection, seconds)
    connection.execute(f"VACUUM {_TABLES}")
    return alone


def rewrite(connection: Connection, seconds: float) -> bool:
    """Write the tables of users and the server's samples of them anew, and all of it to disk, as far as it is allowed.

    The server's log of changes keeps what it had until it recycles that. False where somebody was in the way.
    """
    connection.execute(_PATIENT)
    alone = _waited(connection, seconds)
    try:
        connection.execute(f"VACUUM (FULL, ANALYZE) {_TABLES}")
        connection.execute("VACUUM FULL pg_statistic")
    except LockNotAvailable:
        return False
    with suppress(InsufficientPrivilege):
        connection.execute("CHECKPOINT")
    return alone


def _waited(connection: Connection, seconds: float) -> bool:
    (now,) = connection.execute(_NOW).fetchall()[0]
    end = time.monotonic() + seconds
    while connection.execute(_OLDER, (now,)).fetchall()[0] != (False,):
        if time.monotonic() > end:
            return False
        time.sleep(_PAUSE)
    return True
