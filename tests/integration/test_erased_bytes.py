"""After an erasure nothing of the user is left in the files of a database: not a word, not the pseudonym."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest

from pushrank.domain.codes import HoldState
from pushrank.domain.ledger import Entry
from pushrank.domain.record import Change, Erasure, Reading
from pushrank.store import Rule, Store, open_store
from pushrank.store.postgres import PostgresStore
from pushrank.store.sqlite import SqliteStore, keeping
from tests import postgres_server
from tests.contract.stores import tomb
from tests.contract.whole_user import canary, event, fill, push

KEYS = tuple(f"pseudonym-of-{number:02d}-" for number in range(24))
WORDS = tuple(f"word{number:02d}of" for number in range(24))
ERASED = range(0, 24, 3)
KEPT = [number for number in range(24) if number not in ERASED]


def found_in(folder: Path, words: Iterable[str]) -> dict[str, int]:
    """Count words in all files below a folder."""
    pattern = re.compile("|".join(words).encode())
    hits = {str(path.relative_to(folder)): len(pattern.findall(path.read_bytes())) for path in files(folder)}
    return {name: count for name, count in hits.items() if count}


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def words_of(numbers: Iterable[int]) -> list[str]:
    return [word for number in numbers for word in (KEYS[number], canary("", WORDS[number]))]


def live(store: Store, seed: int, steps: int) -> None:
    """Let users come and change for a while, so that rows move between pages."""
    chance = np.random.default_rng(seed)
    for number, user_key in enumerate(KEYS):
        fill(store, user_key, WORDS[number], int(chance.integers(1, 30)))
    for step in range(steps):
        number = int(chance.integers(len(KEYS)))
        store.transact(KEYS[number], changes(KEYS[number], WORDS[number], step, int(chance.integers(1, 300))), 0)


def changes(user_key: str, of: str, step: int, length: int) -> Rule[None]:
    told = event(user_key, 1_000 + step, of)
    told = replace(told, event=replace(told.event, comment=canary("c", of) * length))
    held = replace(push(canary(f"p{step}", of), HoldState.HELD, of), content_key=canary(f"k{step}", of))

    def rule(reading: Reading) -> Change[None]:
        record = replace(reading.record, state=canary("s", of).encode() * length)
        said = Entry(user_key, "push", canary("before", of), canary("after", of) * (length % 9), 7, "api")
        return Change(None, record, (told,), (held,), ledger=(said,))

    return rule


def erase(store: Store, numbers: Iterable[int]) -> None:
    for number in numbers:
        store.transact(KEYS[number], lambda _: Change(None, erase=Erasure(9)), 0)


@pytest.mark.parametrize("seed", range(3))
def test_a_sqlite_file_and_its_log_hold_nothing_of_erased_users(tmp_path: Path, seed: int) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", tomb=tomb)
    live(store, seed, 400)
    assert len(found_in(tmp_path, words_of(ERASED))) == 2, "in the file and in its log"
    erase(store, ERASED)
    assert store.scrub()
    assert found_in(tmp_path, words_of(ERASED)) == {}
    assert found_in(tmp_path, words_of(KEPT))
    assert [store.user(KEYS[number], 0).known for number in (0, 1)] == [False, True]
    store.close()
    assert found_in(tmp_path, words_of(ERASED)) == {}


def test_a_reader_that_keeps_an_old_state_is_told_of_and_hinders_only_so_long(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", busy_seconds=0.1, tomb=tomb)
    live(store, 0, 20)
    reader = store.events_since(0)
    next(reader)
    erase(store, ERASED)
    assert not store.scrub()
    list(reader)
    assert store.scrub()
    assert found_in(tmp_path, words_of(ERASED)) == {}
    store.close()


def test_a_large_file_is_written_anew_only_by_a_thorough_scrub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SMALL", 0)
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", tomb=tomb)
    live(store, 1, 400)
    erase(store, ERASED)
    assert store.scrub()
    size, left = (tmp_path / "store.sqlite").stat().st_size, sum(found_in(tmp_path, words_of(ERASED)).values())
    assert left < len(ERASED), "what is deleted is overwritten at once, but for copies in the gaps of pages"
    assert store.scrub(thorough=True)
    assert found_in(tmp_path, words_of(ERASED)) == {}
    assert (tmp_path / "store.sqlite").stat().st_size < size
    store.close()


@pytest.fixture(scope="module")
def server() -> Iterator[postgres_server.PostgresServer]:
    """A server that keeps no old log of changes."""
    own = postgres_server.PostgresServer()
    for name, value in {"wal_recycle": "off", "wal_keep_size": "0", "min_wal_size": "32MB"}.items():
        own.run(f"ALTER SYSTEM SET {name} = '{value}'")
    own.run("SELECT pg_reload_conf(), pg_sleep(0.1)")
    yield own
    own.remove()


def test_the_files_of_postgresql_hold_nothing_of_erased_users(server: postgres_server.PostgresServer) -> None:
    store = open_store(server.address(), tomb=tomb)
    live(store, 0, 150)
    server.run("ANALYZE")
    server.run("CHECKPOINT")
    assert found_in(server.folder, words_of(ERASED))
    erase(store, ERASED)
    assert store.scrub()
    assert store.scrub(thorough=True)
    for _ in range(2):
        server.run("SELECT pg_switch_wal()")
        server.run("CHECKPOINT")
    assert found_in(server.folder, words_of(ERASED)) == {}
    assert found_in(server.folder, words_of(KEPT))
    assert [store.user(KEYS[number], 0).known for number in (0, 1)] == [False, True]
    store.close()


def test_a_transaction_that_sees_an_old_state_of_postgresql_is_told_of(server: postgres_server.PostgresServer) -> None:
    address = server.address()
    store = PostgresStore(address, seconds=0.2, tomb=tomb)
    with psycopg.connect(address) as reader:
        reader.execute("SET default_transaction_isolation = 'repeatable read'")
        reader.commit()
        reader.execute("SELECT count(*) FROM users")
        assert not store.scrub()
    assert store.scrub()
    store.close()
