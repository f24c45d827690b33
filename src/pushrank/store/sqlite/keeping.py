"""Old rows go, and what was deleted leaves the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pushrank.domain.instants import Instant

SMALL = 64 * 2**20
"""Bytes of a file that is written anew in less than half a second."""

OLD_PUSHES = """
    SELECT push_id FROM pushes LEFT JOIN messages USING (message_id)
    WHERE at < ?1 AND (messages.body IS NULL OR deleted_at IS NOT NULL OR json_extract(body, '$.expires_at') < ?1)
    ORDER BY at, push_id LIMIT ?2"""
AGED = "SELECT DISTINCT user_key FROM events INDEXED BY events_by_time WHERE at < ? ORDER BY user_key LIMIT ?"
EXPIRE = {
    "decisions": """
        DELETE FROM decisions WHERE decision_id IN (
            SELECT decision_id FROM decisions WHERE decided_at < ? ORDER BY decided_at, decision_id LIMIT ?)""",
    "feature_rows": """
        DELETE FROM feature_rows WHERE decision_id IN (
            SELECT decision_id FROM feature_rows WHERE at < ? ORDER BY at, decision_id LIMIT ?)""",
}


def expire(connection: sqlite3.Connection, table: str, before: Instant, most: int) -> int:
    """Delete the oldest rows of a table that are older than a moment; return how many."""
    return connection.execute(EXPIRE[table], (before, most)).rowcount


def drop_pushes(connection: sqlite3.Connection, push_ids: Sequence[str]) -> int:
    """Delete pushes and the slots that they take; return how many pushes went."""
    rows = [(push_id,) for push_id in push_ids]
    connection.executemany("DELETE FROM slots WHERE push_id = ?", rows)
    return connection.executemany("DELETE FROM pushes WHERE push_id = ?", rows).rowcount


def is_small(connection: sqlite3.Connection) -> bool:
    """Whether the file can be written anew in passing."""
    (pages,), (size,) = (connection.execute(f"PRAGMA page_{name}").fetchone() for name in ("count", "size"))
    return bool(pages * size <= SMALL)


def emptied(connection: sqlite3.Connection) -> bool:
    """Copy the write-ahead log into the file and cut it to nothing; False where somebody still reads from it."""
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def rewrite(connection: sqlite3.Connection) -> bool:
    """Write the file anew; False where another process is writing.

    What is deleted is overwritten at once, but where SQLite moved rows between pages before, copies of them may be
    left in the gaps; and earlier releases may have left more.
    """
    try:
        connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
