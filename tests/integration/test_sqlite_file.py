from __future__ import annotations

import itertools
import resource
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pushrank.domain.codes import HoldState
from pushrank.domain.message import Message
from pushrank.domain.record import UserRecord
from pushrank.store import ApiKey, Store, StoreError, open_store
from pushrank.store.sqlite import SqliteStore
from pushrank.store.sqlite.connection import check_durable, connect
from tests.contract.store_values import push, stored, writes

ROOT = Path(__file__).resolve().parents[2]


def filled(path: Path) -> Store:
    store = open_store(f"sqlite:///{path}")
    store.transact("ada", writes(record=UserRecord("ada"), events=(stored("e-1"),), pushes=(push("p-1"),)), 0)
    store.put_messages([Message("m-1", "news")], 0)
    store.add_key(ApiKey("k-1", "h", ("rank",), 0))
    return store


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_the_file_and_its_companions_are_private_and_the_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "store.sqlite"
    store = filled(path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert files == {"store.sqlite": 0o600, "store.sqlite-wal": 0o600, "store.sqlite-shm": 0o600}
    store.close()


def test_a_file_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    filled(path).close()
    path.chmod(0o644)
    open_store(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_both_connections_are_durable(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite")
    for connection in (store._writer, store._reader):
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    store.close()


@pytest.mark.parametrize("setting", ["synchronous = NORMAL", "synchronous = OFF", "journal_mode = DELETE"])
def test_a_connection_that_would_lose_writes_is_refused(tmp_path: Path, setting: str) -> None:
    connection = connect(tmp_path / "store.sqlite", 1)
    check_durable(connection)
    connection.execute(f"PRAGMA {setting}")
    with pytest.raises(StoreError, match=r"expected journal_mode wal and synchronous 2 \(FULL\), got"):
        check_durable(connection)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE users SET facts = '{'", "table users, row 'ada', column facts"),
        ("UPDATE users SET facts = '[]'", "table users, row 'ada', column facts"),
        ('UPDATE users SET preferences = \'{"push": "maybe"}\'', "table users, row 'ada', column preferences"),
        (
            "UPDATE users SET preferences = json_set(preferences, '$.in_quiet_hours', 'whisper')",
            "table users, row 'ada', column preferences",
        ),
        ("UPDATE users SET preferences = ''", "table users, row 'ada', column preferences"),
        ("UPDATE pushes SET kind = 'spam'", "table pushes, row 'p-1', column kind: expected a kind of message, got"),
    ],
)
def test_a_user_whose_row_can_not_be_read_is_an_error_with_its_place(
    tmp_path: Path, statement: str, place: str
) -> None:
    store = filled(tmp_path / "store.sqlite")
    spoil(tmp_path / "store.sqlite", statement)
    with pytest.raises(StoreError, match=place):
        store.user("ada", 0)
    with pytest.raises(StoreError, match=place):
        store.transact("ada", writes(pushes=(push("p-2", "m-2#"),)), 0)
    assert store.count("pushes") == 1
    store.close()


def test_other_rows_that_can_not_be_read_are_errors_with_their_place(tmp_path: Path) -> None:
    store = filled(tmp_path / "store.sqlite")
    spoil(tmp_path / "store.sqlite", "UPDATE events SET body = json_set(body, '$.type', 'guessed')")
    spoil(tmp_path / "store.sqlite", "UPDATE messages SET body = json_remove(body, '$.category')")
    spoil(tmp_path / "store.sqlite", "UPDATE api_keys SET scopes = 'all'")
    with pytest.raises(StoreError, match=r"table events, row 'e-1', column body: expected Event .* 'guessed'"):
        list(store.events_since(0))
    with pytest.raises(StoreError, match=r"table messages, row 'm-1', column body: expected Message .* `category`"):
        store.messages()
    with pytest.raises(StoreError, match="table api_keys, row 'k-1', column scopes"):
        store.keys()
    store.close()


def test_the_database_knows_only_four_states_of_a_push(tmp_path: Path) -> None:
    filled(tmp_path / "store.sqlite").close()
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        spoil(tmp_path / "store.sqlite", "UPDATE pushes SET state = 'sent'")
    for state in HoldState:
        spoil(tmp_path / "store.sqlite", f"UPDATE pushes SET state = '{state}'")


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    filled(tmp_path / "store.sqlite").close()
    spoil(tmp_path / "store.sqlite", "UPDATE meta SET value = 99 WHERE name = 'schema'")
    with pytest.raises(StoreError, match="expected version 3, got 99"):
        open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but somebody's notes\n" * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{path}")
    assert path.read_text().startswith("not a database")


def test_a_folder_that_can_not_be_made_is_an_error_with_the_path(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/store\.sqlite' can't be opened"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'store.sqlite'}")


@pytest.mark.parametrize("url", ["mysql://me:secret@host/db", "sqlite:///", "sqlite:///a?mode=ro", "store.sqlite"])
def test_an_address_of_another_kind_is_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(StoreError, match="expected sqlite:///PATH") as refusal:
        open_store(url)
    assert "secret" not in str(refusal.value)


def test_a_store_that_another_process_keeps_busy_is_an_error_and_answers_later(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = SqliteStore(path, busy_seconds=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        store.mark("load", "1")
    assert store.marker("load") is None, "readers do not wait for a writer"
    other.execute("ROLLBACK")
    other.close()
    store.mark("load", "2")
    assert store.marker("load") == "2"
    store.close()


def test_a_store_does_not_cross_a_fork() -> None:
    program = """
import os, sys, tempfile
from pushrank.store import StoreError, open_store
with tempfile.TemporaryDirectory() as folder:
    store = open_store(f"sqlite:///{folder}/store.sqlite")
    child = os.fork()
    if child == 0:
        try:
            store.ping()
        except StoreError as error:
            os._exit(7 if "fork" in str(error) else 8)
        os._exit(9)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    store.ping()
    store.close()
    sys.exit(status)
"""
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 7


def write_without_end(store: Store, acknowledged: list[str]) -> None:
    for number in itertools.count():
        name = f"e-full-{number}"
        store.transact("ada", writes(record=UserRecord("ada", state=b"x" * 5000), events=(stored(name),)), 0)
        acknowledged.append(name)


def test_a_full_disk_is_an_error_and_everything_acknowledged_is_still_there(tmp_path: Path) -> None:
    store = filled(tmp_path / "store.sqlite")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    acknowledged: list[str] = []
    resource.setrlimit(resource.RLIMIT_FSIZE, (512 * 1024, hard))
    try:
        with pytest.raises(StoreError, match=r"disk|full"):
            write_without_end(store, acknowledged)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert acknowledged
    assert {*acknowledged, "e-1"} == {found.event.event_id for found in store.events_since(0)}
    store.mark("load", "goes on")
    store.close()
    checked = sqlite3.connect(tmp_path / "store.sqlite")
    assert checked.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    checked.close()


def test_an_old_sqlite_is_refused_by_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(StoreError, match=r"expected SQLite 3\.38\.0 or newer"):
        open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
