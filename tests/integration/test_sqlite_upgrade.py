"""A file that an earlier release wrote is brought up and keeps what it holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pushrank.domain.codes import HoldState
from pushrank.domain.record import Change, Erasure, Slot, UserRecord
from pushrank.store import Answer, ConflictError, StoreError, open_store
from tests.contract.store_values import decision, push, stored, writes
from tests.contract.stores import tomb

NEW_IN_3 = ("feature_rows", "ledger_entries", "ledger", "tombstones")
# What version 1 had otherwise than version 2, as its release wrote it; all other tables are the same.
VERSION_1 = {
    "users": """
        user_key TEXT PRIMARY KEY, facts TEXT NOT NULL, preferences TEXT NOT NULL,
        reachable INTEGER NOT NULL CHECK (reachable IN (0, 1)), state BLOB, last_event_at INTEGER,
        version INTEGER NOT NULL""",
    "pushes": """
        push_id TEXT PRIMARY KEY, user_key TEXT NOT NULL, content_key TEXT NOT NULL, message_id TEXT NOT NULL,
        category TEXT NOT NULL, kind TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('held', 'confirmed', 'released', 'failed')), at INTEGER NOT NULL,
        decision_id TEXT, expires_at INTEGER, channel TEXT NOT NULL""",
    "idempotency": """
        route TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL, answer BLOB NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (route, key)""",
}
INDEXES_1 = (
    "CREATE UNIQUE INDEX pushes_once ON pushes (user_key, content_key) WHERE state IN ('held', 'confirmed')",
    "CREATE INDEX pushes_by_time ON pushes (user_key, at) WHERE state IN ('held', 'confirmed')",
    "CREATE INDEX idempotency_by_time ON idempotency (at)",
)


IDEMPOTENCY_2 = """
    CREATE TABLE idempotency (
        route TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, subject TEXT NOT NULL DEFAULT '', status INTEGER,
        answer BLOB, at INTEGER NOT NULL, PRIMARY KEY (route, key),
        CHECK ((status IS NULL) = (answer IS NULL))) STRICT"""


def back_to_2(connection: sqlite3.Connection) -> None:
    """Take out of a file without answers what version 3 brought."""
    for name in NEW_IN_3:
        connection.execute(f"DROP TABLE {name}")
    for name in ("decisions_by_user", "pushes_given_back"):
        connection.execute(f"DROP INDEX {name}")
    connection.execute("ALTER TABLE users DROP COLUMN forgotten")
    connection.execute("DROP TABLE idempotency")
    connection.execute(IDEMPOTENCY_2)
    connection.execute("CREATE INDEX idempotency_by_time ON idempotency (at)")
    connection.execute("UPDATE meta SET value = 2 WHERE name = 'schema'")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file as version 1 left it: made by this release, with what is new taken out, and filled by plain SQL."""
    file = tmp_path / "store.sqlite"
    first = open_store(f"sqlite:///{file}")
    first.transact("ada", writes(events=(stored("e-1"),), row=decision("d-1")), 0)
    first.close()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        back_to_2(connection)
        connection.execute("DROP TABLE slots")
        for name, columns in VERSION_1.items():
            connection.execute(f"DROP TABLE {name}")
            connection.execute(f"CREATE TABLE {name} ({columns}) STRICT")
        for statement in INDEXES_1:
            connection.execute(statement)
        connection.execute("INSERT INTO users VALUES ('ada', '{}', '{\"push\": false}', 1, x'00ff', 99, 7)")
        connection.execute(
            "INSERT INTO pushes VALUES"
            " ('p-1', 'ada', 'm-1#', 'm-1', 'sport.tennis', 'offer', 'held', 100, 'd-1', 105, 'push')"
        )
        connection.execute("INSERT INTO idempotency VALUES ('POST /v1/rank', 'k', 'abc', 200, x'7b7d', 5)")
        connection.execute("UPDATE meta SET value = 1 WHERE name = 'schema'")
    return file


def shape(path: Path) -> set[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT type, name, tbl_name FROM sqlite_schema").fetchall()
        tables = [name for kind, name, _ in names if kind == "table"]
        columns = [
            (table, *map(str, column[1:]))
            for table in tables
            for column in connection.execute(f"SELECT * FROM pragma_table_info('{table}')")
        ]
        return {*names, *columns}


def test_what_version_1_held_is_still_there(path: Path) -> None:
    store = open_store(f"sqlite:///{path}")
    kept = replace(push("p-1"), state=HoldState.HELD)
    found = store.user("ada", 0)
    assert (found.pushes, found.state, found.last_event_at, found.preferences.push) == ((kept,), b"\x00\xff", 99, False)
    assert found.presence == UserRecord("ada").presence
    assert list(store.events_since(0)) == [stored("e-1")]
    assert store.decision("d-1") == decision("d-1")
    assert store.claim("k", "POST /v1/rank", "abc", "d-9", 6, 0).answer == Answer(200, b"{}", 5)
    store.close()


def test_an_upgraded_file_has_the_shape_of_a_new_one(path: Path, tmp_path: Path) -> None:
    open_store(f"sqlite:///{path}").close()
    open_store(f"sqlite:///{tmp_path / 'new.sqlite'}").close()
    assert shape(path) == shape(tmp_path / "new.sqlite")


def test_an_upgraded_file_refuses_what_a_new_one_refuses(path: Path) -> None:
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(ConflictError, match="pushes"):
        store.transact("ada", writes(pushes=(push("p-2"),)), 0)
    both = (push("p-3", "m-3#", 200), push("p-4", "m-4#", 201))
    slots = {"p-3": (Slot("cap", 200, 0, 300, 1),), "p-4": (Slot("cap", 201, 0, 300, 1),)}
    with pytest.raises(ConflictError, match="beyond its cap"):
        store.transact("ada", lambda _: Change(None, pushes=both, slots=slots), 0)
    store.close()


def test_an_upgrade_happens_once_and_whole_or_not_at_all(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE slots (mine TEXT)")
    before = shape(path)
    with pytest.raises(StoreError):
        open_store(f"sqlite:///{path}")
    assert shape(path) == before
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE slots")
    open_store(f"sqlite:///{path}").close()
    after = shape(path)
    open_store(f"sqlite:///{path}").close()
    assert shape(path) == after


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A file as version 2 left it, which does not overwrite what it deletes."""
    file = tmp_path / "store.sqlite"
    store = open_store(f"sqlite:///{file}")
    store.transact("ada", writes(record=UserRecord("ada", state=b"s"), pushes=(push("p-1"),), row=decision("d-1")), 0)
    store.close()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        back_to_2(connection)
        connection.execute("INSERT INTO idempotency VALUES ('POST /v1/rank', 'k', 'abc', 'd-1', 200, x'7b7d', 5)")
        connection.execute("INSERT INTO idempotency VALUES ('POST /v1/rank', 'open', 'abc', 'd-2', NULL, NULL, 5)")
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("INSERT INTO marks VALUES ('note', 'a remnant of the past')")
        connection.execute("DELETE FROM marks")
    return file


def test_what_version_2_held_is_still_there(second: Path, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{second}", tomb=tomb)
    assert store.user("ada", 0) == UserRecord("ada", known=True, state=b"s", pushes=(push("p-1"),))
    assert store.claim("k", "POST /v1/rank", "abc", "d-9", 6, 0).answer == Answer(200, b"{}", 5)
    assert store.claim("open", "POST /v1/rank", "abc", "d-9", 9, 6).subject == "d-2"
    store.transact("bob", lambda _: Change(None, erase=Erasure(7)), 0)
    assert store.count("idempotency") == 1, "whom the kept answer names is unknown, so it goes with the first erasure"
    store.close()
    open_store(f"sqlite:///{tmp_path / 'new.sqlite'}").close()
    assert shape(second) == shape(tmp_path / "new.sqlite")


def test_a_scrub_takes_away_what_version_2_had_deleted(second: Path) -> None:
    store = open_store(f"sqlite:///{second}")
    assert b"a remnant of the past" in second.read_bytes()
    assert store.scrub(thorough=True)
    assert b"a remnant of the past" not in second.read_bytes()
    store.close()
