"""The tables in SQLite. Their constraints are the last line of defence behind the rules."""

from __future__ import annotations

import re
import sqlite3

from pushrank.store.errors import StoreError
from pushrank.store.rows import BEYOND_CAP

VERSION = 3

TABLES = {
    "meta": "name TEXT PRIMARY KEY, value INTEGER NOT NULL",
    "marks": "name TEXT PRIMARY KEY, value TEXT NOT NULL",
    "users": """
        user_key TEXT PRIMARY KEY, facts TEXT NOT NULL, preferences TEXT NOT NULL,
        reachable INTEGER NOT NULL CHECK (reachable IN (0, 1)), state BLOB, last_event_at INTEGER,
        version INTEGER NOT NULL, presence TEXT NOT NULL DEFAULT '{}',
        forgotten TEXT NOT NULL DEFAULT '{}'""",
    "events": """
        seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, user_key TEXT NOT NULL, at INTEGER NOT NULL,
        type TEXT NOT NULL, message_id TEXT, decision_id TEXT, utc_offset INTEGER NOT NULL, digest TEXT NOT NULL,
        body TEXT NOT NULL""",
    "pushes": """
        push_id TEXT PRIMARY KEY, user_key TEXT NOT NULL, content_key TEXT NOT NULL, message_id TEXT NOT NULL,
        category TEXT NOT NULL, kind TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('held', 'confirmed', 'released', 'failed')), at INTEGER NOT NULL,
        decision_id TEXT, expires_at INTEGER, channel TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '[]', stopped TEXT,
        stopped_until INTEGER""",
    "slots": """
        push_id TEXT NOT NULL REFERENCES pushes, cap TEXT NOT NULL, user_key TEXT NOT NULL, at INTEGER NOT NULL,
        starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, most INTEGER,
        PRIMARY KEY (user_key, cap, at, push_id), UNIQUE (push_id, cap), CHECK (starts_at <= at AND at < ends_at)""",
    "decisions": """
        decision_id TEXT PRIMARY KEY, user_key TEXT NOT NULL, decided_at INTEGER NOT NULL, mode TEXT NOT NULL,
        body BLOB NOT NULL""",
    "feature_rows": """
        decision_id TEXT PRIMARY KEY REFERENCES decisions ON DELETE CASCADE, user_key TEXT NOT NULL,
        at INTEGER NOT NULL, features TEXT NOT NULL, body BLOB NOT NULL""",
    "ledger": "seq INTEGER PRIMARY KEY, entry_digest TEXT NOT NULL, digest TEXT NOT NULL",
    "ledger_entries": """
        seq INTEGER PRIMARY KEY REFERENCES ledger, user_key TEXT NOT NULL, entry BLOB NOT NULL""",
    "tombstones": """
        token TEXT PRIMARY KEY, at INTEGER NOT NULL, models TEXT NOT NULL DEFAULT '[]', retrain_by INTEGER""",
    "messages": "message_id TEXT PRIMARY KEY, body TEXT NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER",
    "message_counts": """
        message_id TEXT NOT NULL, bucket INTEGER NOT NULL, sends INTEGER NOT NULL, clicks INTEGER NOT NULL,
        opt_outs INTEGER NOT NULL, dismissals INTEGER NOT NULL, version INTEGER NOT NULL,
        PRIMARY KEY (message_id, bucket)""",
    "idempotency": """
        route TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, subject TEXT NOT NULL DEFAULT '', status INTEGER,
        answer BLOB, at INTEGER NOT NULL, person TEXT NOT NULL DEFAULT '', PRIMARY KEY (route, key),
        CHECK ((status IS NULL) = (answer IS NULL))""",
    "api_keys": """
        key_id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL, created_at INTEGER NOT NULL,
        expires_at INTEGER, revoked_at INTEGER""",
}

# A slot is found by user, cap and time, and holds little beside: one tree does for the table and for that index.
_CLUSTERED = ("slots",)
_INDEXES = (
    "CREATE UNIQUE INDEX pushes_once ON pushes (user_key, content_key) WHERE state IN ('held', 'confirmed')",
    "CREATE INDEX pushes_by_time ON pushes (user_key, at) WHERE state IN ('held', 'confirmed')",
    "CREATE INDEX pushes_given_back ON pushes (user_key) WHERE state IN ('released', 'failed')",
    "CREATE INDEX pushes_by_decision ON pushes (decision_id) WHERE decision_id IS NOT NULL",
    "CREATE INDEX events_by_user ON events (user_key)",
    "CREATE INDEX events_by_time ON events (at)",
    "CREATE INDEX decisions_by_time ON decisions (decided_at)",
    "CREATE INDEX decisions_by_user ON decisions (user_key, decided_at)",
    "CREATE INDEX feature_rows_by_user ON feature_rows (user_key)",
    "CREATE INDEX feature_rows_by_time ON feature_rows (at)",
    "CREATE INDEX ledger_entries_by_user ON ledger_entries (user_key)",
    "CREATE INDEX message_counts_by_version ON message_counts (version)",
    "CREATE INDEX idempotency_by_time ON idempotency (at)",
    "CREATE INDEX idempotency_by_person ON idempotency (person) WHERE person <> ''",
)

_WITHIN_CAP = f"""
    CREATE TRIGGER slots_within_cap BEFORE INSERT ON slots WHEN NEW.most IS NOT NULL BEGIN
        SELECT RAISE(ABORT, 'slots: a push beyond its cap') WHERE EXISTS ({BEYOND_CAP});
    END"""


_FROM_1 = (
    "ALTER TABLE users ADD COLUMN presence TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE pushes ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE pushes ADD COLUMN stopped TEXT",
    "ALTER TABLE pushes ADD COLUMN stopped_until INTEGER",
)
_NEW_IN_2 = ("slots",)
_NEW_IN_3 = ("feature_rows", "ledger", "ledger_entries", "tombstones")
# Whom an answer names that was kept before persons were, nobody knows.
_KEEP_CLAIMS = """
    INSERT INTO idempotency (route, key, digest, subject, status, answer, at, person)
    SELECT route, key, digest, subject, status, answer, at, '*' FROM idempotency_before"""


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an older version up; StoreError for any other. Runs inside a transaction."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchone() is None:
        _create(connection)
    if _version(connection) == (1,):
        _upgrade_from_1(connection)
    if _version(connection) == (2,):
        _upgrade_from_2(connection)
    found = _version(connection)
    if found != (VERSION,):
        got = found[0] if found else "none"
        msg = f"table meta, row 'schema': expected version {VERSION}, got {got}; open it with the release that wrote it"
        raise StoreError(msg)


def _create(connection: sqlite3.Connection) -> None:
    for name in TABLES:
        _create_table(connection, name)
    for statement in (*_INDEXES, _WITHIN_CAP):
        connection.execute(statement)
    start = (("schema", VERSION), ("catalogue_version", 0), ("counts_version", 0))
    connection.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", start)


def _create_table(connection: sqlite3.Connection, name: str) -> None:
    shape = "STRICT, WITHOUT ROWID" if name in _CLUSTERED else "STRICT"
    connection.execute(f"CREATE TABLE {name} ({TABLES[name]}) {shape}")


def _version(connection: sqlite3.Connection) -> tuple[int] | None:
    found: tuple[int] | None = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    return found


def _upgrade_from_1(connection: sqlite3.Connection) -> None:
    """Bring version 1 up to 2: what it held stays. Its pushes take no slots, so behind them only the rules count."""
    for statement in _FROM_1:
        connection.execute(statement)
    for name in _NEW_IN_2:
        _create_table(connection, name)
    connection.execute("ALTER TABLE idempotency ADD COLUMN subject TEXT NOT NULL DEFAULT ''")
    _set_version(connection, 2)


def _upgrade_from_2(connection: sqlite3.Connection) -> None:
    """Bring version 2 up to 3: what it held stays, and so do remnants of what it had deleted, until a thorough scrub.

    Its answers to requests go with the first erasure of anybody.
    """
    connection.execute("ALTER TABLE users ADD COLUMN forgotten TEXT NOT NULL DEFAULT '{}'")
    for name in _NEW_IN_3:
        _create_table(connection, name)
    connection.execute("ALTER TABLE idempotency RENAME TO idempotency_before")
    _create_table(connection, "idempotency")
    connection.execute(_KEEP_CLAIMS)
    connection.execute("DROP TABLE idempotency_before")
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE name IS NOT NULL")}
    for statement in (*_INDEXES, _WITHIN_CAP):
        if _named(statement) not in known:
            connection.execute(statement)
    _set_version(connection, 3)


def _set_version(connection: sqlite3.Connection, version: int) -> None:
    connection.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (version,))


def _named(statement: str) -> str:
    return re.split(r"(?:INDEX|TRIGGER) ", statement, maxsplit=1)[1].split()[0]


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
