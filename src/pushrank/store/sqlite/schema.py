"""The tables in SQLite. Their constraints are the last line of defence behind the rules."""

from __future__ import annotations

import sqlite3

from pushrank.store.errors import StoreError

VERSION = 1

TABLES = {
    "meta": "name TEXT PRIMARY KEY, value INTEGER NOT NULL",
    "marks": "name TEXT PRIMARY KEY, value TEXT NOT NULL",
    "users": """
        user_key TEXT PRIMARY KEY, facts TEXT NOT NULL, preferences TEXT NOT NULL,
        reachable INTEGER NOT NULL CHECK (reachable IN (0, 1)), state BLOB, last_event_at INTEGER,
        version INTEGER NOT NULL""",
    "events": """
        seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, user_key TEXT NOT NULL, at INTEGER NOT NULL,
        type TEXT NOT NULL, message_id TEXT, decision_id TEXT, utc_offset INTEGER NOT NULL, digest TEXT NOT NULL,
        body TEXT NOT NULL""",
    "pushes": """
        push_id TEXT PRIMARY KEY, user_key TEXT NOT NULL, content_key TEXT NOT NULL, message_id TEXT NOT NULL,
        category TEXT NOT NULL, kind TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('held', 'confirmed', 'released', 'failed')), at INTEGER NOT NULL,
        decision_id TEXT, expires_at INTEGER, channel TEXT NOT NULL""",
    "decisions": """
        decision_id TEXT PRIMARY KEY, user_key TEXT NOT NULL, decided_at INTEGER NOT NULL, mode TEXT NOT NULL,
        body BLOB NOT NULL""",
    "messages": "message_id TEXT PRIMARY KEY, body TEXT NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER",
    "message_counts": """
        message_id TEXT NOT NULL, bucket INTEGER NOT NULL, sends INTEGER NOT NULL, clicks INTEGER NOT NULL,
        opt_outs INTEGER NOT NULL, dismissals INTEGER NOT NULL, version INTEGER NOT NULL,
        PRIMARY KEY (message_id, bucket)""",
    "idempotency": """
        route TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL, answer BLOB NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (route, key)""",
    "api_keys": """
        key_id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL, created_at INTEGER NOT NULL,
        expires_at INTEGER, revoked_at INTEGER""",
}

_INDEXES = (
    "CREATE UNIQUE INDEX pushes_once ON pushes (user_key, content_key) WHERE state IN ('held', 'confirmed')",
    "CREATE INDEX pushes_by_time ON pushes (user_key, at) WHERE state IN ('held', 'confirmed')",
    "CREATE INDEX events_by_user ON events (user_key)",
    "CREATE INDEX events_by_time ON events (at)",
    "CREATE INDEX decisions_by_time ON decisions (decided_at)",
    "CREATE INDEX message_counts_by_version ON message_counts (version)",
    "CREATE INDEX idempotency_by_time ON idempotency (at)",
)


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables where there are none; StoreError if they are of another version. Runs inside a transaction."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchone() is None:
        _create(connection)
    found = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if found != (VERSION,):
        got = found[0] if found else "none"
        msg = f"table meta, row 'schema': expected version {VERSION}, got {got}; open it with the release that wrote it"
        raise StoreError(msg)


def _create(connection: sqlite3.Connection) -> None:
    for name, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {name} ({columns}) STRICT")
    for index in _INDEXES:
        connection.execute(index)
    start = (("schema", VERSION), ("catalogue_version", 0), ("counts_version", 0))
    connection.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", start)


def bump(connection: sqlite3.Connection, counter: str) -> int:
    """Raise a counter of `meta` by one and return it."""
    (value,) = connection.execute(
        "UPDATE meta SET value = value + 1 WHERE name = ? RETURNING value", (counter,)
    ).fetchone()
    return int(value)


def counter(connection: sqlite3.Connection, name: str) -> int:
    """Read a counter of `meta`."""
    (value,) = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return int(value)
