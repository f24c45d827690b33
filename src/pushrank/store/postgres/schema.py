"""The tables, made on first opening. The constraints here are the last line behind the rules."""

from __future__ import annotations

from psycopg import Connection

from pushrank.store.errors import StoreError
from pushrank.store.rows import BEYOND_CAP

VERSION = 3

# JSON stays text: JSONB would refuse an escaped NUL, and what was written comes back byte for byte.
TABLES = {
    "meta": "name TEXT PRIMARY KEY, value BIGINT NOT NULL",
    "marks": "name TEXT PRIMARY KEY, value TEXT NOT NULL",
    "users": """
        user_key TEXT COLLATE "C" PRIMARY KEY, facts TEXT NOT NULL, preferences TEXT NOT NULL,
        reachable BOOLEAN NOT NULL, state BYTEA, last_event_at BIGINT, version BIGINT NOT NULL,
        presence TEXT NOT NULL DEFAULT '{}', forgotten TEXT NOT NULL DEFAULT '{}'""",
    "events": """
        seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id TEXT NOT NULL CONSTRAINT events_event_id UNIQUE,
        user_key TEXT NOT NULL, at BIGINT NOT NULL, type TEXT NOT NULL, message_id TEXT, decision_id TEXT,
        utc_offset BIGINT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL""",
    "pushes": """
        push_id TEXT CONSTRAINT pushes_push_id PRIMARY KEY, user_key TEXT NOT NULL, content_key TEXT NOT NULL,
        message_id TEXT NOT NULL, category TEXT NOT NULL, kind TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('held', 'confirmed', 'released', 'failed')), at BIGINT NOT NULL,
        decision_id TEXT, expires_at BIGINT, channel TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '[]', stopped TEXT,
        stopped_until BIGINT""",
    "slots": """
        push_id TEXT NOT NULL REFERENCES pushes, cap TEXT NOT NULL, user_key TEXT NOT NULL, at BIGINT NOT NULL,
        starts_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, most BIGINT,
        PRIMARY KEY (push_id, cap), CHECK (starts_at <= at AND at < ends_at)""",
    "decisions": """
        decision_id TEXT COLLATE "C" CONSTRAINT decisions_decision_id PRIMARY KEY, user_key TEXT NOT NULL,
        decided_at BIGINT NOT NULL, mode TEXT NOT NULL, body BYTEA NOT NULL""",
    "feature_rows": """
        decision_id TEXT COLLATE "C" PRIMARY KEY REFERENCES decisions ON DELETE CASCADE, user_key TEXT NOT NULL,
        at BIGINT NOT NULL, features TEXT NOT NULL, body BYTEA NOT NULL""",
    "ledger": "seq BIGINT PRIMARY KEY, entry_digest TEXT NOT NULL, digest TEXT NOT NULL",
    "ledger_entries": """
        seq BIGINT PRIMARY KEY REFERENCES ledger, user_key TEXT NOT NULL, entry BYTEA NOT NULL""",
    "tombstones": """
        token TEXT COLLATE "C" PRIMARY KEY, at BIGINT NOT NULL, models TEXT NOT NULL DEFAULT '[]',
        retrain_by BIGINT""",
    "messages": """
        message_id TEXT COLLATE "C" PRIMARY KEY, body TEXT NOT NULL, updated_at BIGINT NOT NULL, deleted_at BIGINT""",
    "message_counts": """
        message_id TEXT COLLATE "C" NOT NULL, bucket BIGINT NOT NULL, sends BIGINT NOT NULL, clicks BIGINT NOT NULL,
        opt_outs BIGINT NOT NULL, dismissals BIGINT NOT NULL, version BIGINT NOT NULL,
        PRIMARY KEY (message_id, bucket)""",
    "idempotency": """
        route TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, subject TEXT NOT NULL DEFAULT '', status BIGINT,
        answer BYTEA, at BIGINT NOT NULL, person TEXT NOT NULL DEFAULT '', PRIMARY KEY (route, key),
        CHECK ((status IS NULL) = (answer IS NULL))""",
    "api_keys": """
        key_id TEXT COLLATE "C" PRIMARY KEY, hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL,
        created_at BIGINT NOT NULL, expires_at BIGINT, revoked_at BIGINT""",
}

_INDEXES = (
    "CREATE UNIQUE INDEX pushes_once ON pushes (user_key, content_key) WHERE state IN ('held', 'confirmed')",
    "CREATE INDEX pushes_by_time ON pushes (user_key, at) WHERE state IN ('held', 'confirmed')",
    "CREATE INDEX pushes_given_back ON pushes (user_key) WHERE state IN ('released', 'failed')",
    "CREATE INDEX pushes_by_decision ON pushes (decision_id) WHERE decision_id IS NOT NULL",
    "CREATE INDEX slots_by_time ON slots (user_key, cap, at)",
    "CREATE INDEX events_by_user ON events (user_key, seq)",
    "CREATE INDEX events_by_time ON events (at, seq)",
    "CREATE INDEX decisions_by_time ON decisions (decided_at, decision_id)",
    "CREATE INDEX decisions_by_user ON decisions (user_key, decided_at, decision_id)",
    "CREATE INDEX feature_rows_by_user ON feature_rows (user_key)",
    "CREATE INDEX feature_rows_by_time ON feature_rows (at)",
    "CREATE INDEX ledger_entries_by_user ON ledger_entries (user_key)",
    "CREATE INDEX message_counts_by_version ON message_counts (version)",
    "CREATE INDEX idempotency_by_time ON idempotency (at)",
    "CREATE INDEX idempotency_by_person ON idempotency (person) WHERE person <> ''",
)

# Who writes a user's slots holds this lock until the end of the transaction; `transact` takes it before it reads.
LOCK_USER = "pg_advisory_xact_lock(hashtextextended({}, 0))"

# The lock makes two writers come one after the other; the second then counts what the first has committed, because in
# READ COMMITTED each statement here sees anew. Under a stricter isolation it would not, so that is refused.
_WITHIN_CAP = f"""
    CREATE FUNCTION slots_within_cap() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE 'slots: expected isolation read committed, got %', current_setting('transaction_isolation');
        END IF;
        PERFORM {LOCK_USER.format("NEW.user_key")};
        IF EXISTS ({BEYOND_CAP}) THEN
            RAISE 'slots: a push beyond its cap' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$"""

_ONE_OWNER = """
    CREATE FUNCTION pushes_one_owner() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE 'push_id: expected a push of user ''%'' or a new one, got ''%'' of another user', NEW.user_key,
            NEW.push_id USING ERRCODE = 'integrity_constraint_violation';
    END $$"""

_RENAMING = "pushrank.renaming"
_KEEPING_OWNERS = f"""
    CREATE TRIGGER pushes_one_owner BEFORE UPDATE ON pushes FOR EACH ROW
    WHEN (NEW.user_key <> OLD.user_key AND current_setting('{_RENAMING}', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION pushes_one_owner()"""
ALLOW_RENAMING = f"SELECT set_config('{_RENAMING}', 'on', true)"
"""Lets this transaction move pushes to another user."""

_TRIGGERS = (
    _WITHIN_CAP,
    _ONE_OWNER,
    """CREATE TRIGGER slots_within_cap BEFORE INSERT ON slots
        FOR EACH ROW WHEN (NEW.most IS NOT NULL) EXECUTE FUNCTION slots_within_cap()""",
    _KEEPING_OWNERS,
)

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('pushrank: schema', 0))"
_HAS_TABLES = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'meta'"


_NEW_IN_3 = ("feature_rows", "ledger", "ledger_entries", "tombstones")
_FROM_2 = (
    "ALTER TABLE users ADD COLUMN forgotten TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE idempotency ADD COLUMN person TEXT NOT NULL DEFAULT ''",
    # Whom an answer names that was kept before persons were, nobody knows.
    "UPDATE idempotency SET person = '*'",
    "DROP TRIGGER pushes_one_owner ON pushes",
    _KEEPING_OWNERS,
)


def prepare(connection: Connection) -> None:
    """Make the tables, or bring those of an older version up; StoreError for any other. Runs inside a transaction."""
    if connection.execute(_HAS_TABLES).fetchone() is None:
        connection.execute(_ONE_AT_A_TIME)
        if connection.execute(_HAS_TABLES).fetchone() is None:
            _create(connection)
    if _version(connection) == (2,):
        connection.execute(_ONE_AT_A_TIME)
        if _version(connection) == (2,):
            _upgrade_from_2(connection)
    found = _version(connection)
    if found != (VERSION,):
        got = found[0] if found else "none"
        msg = f"table meta, row 'schema': expected version {VERSION}, got {got}; open it with the release that wrote it"
        raise StoreError(msg)


def _create(connection: Connection) -> None:
    with connection.pipeline():
        for name, columns in TABLES.items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
        for statement in (*_INDEXES, *_TRIGGERS):
            connection.execute(statement)
        start = (("schema", VERSION), ("catalogue_version", 0), ("counts_version", 0))
        for row in start:
            connection.execute("INSERT INTO meta (name, value) VALUES (%s, %s)", row)


def _version(connection: Connection) -> tuple[int] | None:
    return connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()


def _upgrade_from_2(connection: Connection) -> None:
    """Bring version 2 up to 3: what it held stays. Its answers to requests go with the first erasure of anybody."""
    for statement in _FROM_2:
        connection.execute(statement)
    for name in _NEW_IN_3:
        connection.execute(f"CREATE TABLE {name} ({TABLES[name]})")
    for statement in _INDEXES:
        connection.execute(statement.replace(" INDEX ", " INDEX IF NOT EXISTS ", 1))
    connection.execute("UPDATE meta SET value = 3 WHERE name = 'schema'")


def bump(connection: Connection, counter: str) -> None:
    """Raise a counter of `meta` by one. Its row stays locked until the commit, so versions become visible in order."""
    connection.execute("UPDATE meta SET value = value + 1 WHERE name = %s", (counter,))


def counter(connection: Connection, name: str) -> int:
    """Read a counter of `meta`."""
    found = connection.execute("SELECT value FROM meta WHERE name = %s", (name,)).fetchone()
    assert found is not None
    return int(found[0])
