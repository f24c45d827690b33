from __future__ import annotations

import ctypes
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pushrank.store.sqlite import SqliteStore
from pushrank.store.sqlite import queue as queues
from pushrank.store.sqlite.queue import POOL, SLICE, Queue, key_of

ROOT = Path(__file__).resolve().parents[2]
_REMOVE = 0

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux waits for semaphores by time")


@pytest.fixture
def key(tmp_path: Path) -> Iterator[int]:
    """A key that no other database on this machine uses, and that is free again afterwards."""
    file = tmp_path / "file"
    file.touch()
    yield (found := key_of(file) ^ 0x40000000)
    _remove(found)


def _remove(key: int) -> None:
    library = ctypes.CDLL(None)
    library.semctl(library.semget(key, 1, 0), 0, _REMOVE)


def _started(module: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"tests.integration.{module}", *arguments]
    told = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, env=told, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() in ("taken\n", "ready\n")
    return process


@contextmanager
def _holder(key: int) -> Iterator[subprocess.Popen[str]]:
    process = _started("queue_holder", str(key))
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=30)


def _seconds_to_write(queue: Queue) -> float:
    begun = time.monotonic()
    with queue.turn():
        return time.monotonic() - begun


@pytest.mark.slow
def test_eight_processes_write_about_equally_often(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    SqliteStore(path).close()
    writers = [_started("queue_writer", str(path), "3") for _ in range(8)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    done = [int(writer.communicate(timeout=60)[0]) for writer in writers]
    assert min(done) >= sum(done) / len(done) / 3, done
    assert min(done) > 10


def test_waiting_processes_are_served_in_the_order_they_came(key: int) -> None:
    order: list[int] = []
    with _holder(key):
        threads = []
        for number in range(6):
            threads.append(threading.Thread(target=_note, args=(Queue(key, 30.0), order, number)))
            threads[-1].start()
            time.sleep(0.05)
        assert order == []
    for thread in threads:
        thread.join(30)
    assert order == list(range(6))


def _note(queue: Queue, order: list[int], number: int) -> None:
    with queue.turn():
        order.append(number)


def test_a_killed_holder_gives_the_queue_back_at_once(key: int) -> None:
    queue = Queue(key, 30.0)
    with _holder(key) as holder:
        holder.kill()
        assert _seconds_to_write(queue) < 10


def test_a_stopped_holder_delays_one_write_and_then_nobody(key: int) -> None:
    queue = Queue(key, 0.3)
    with _holder(key) as holder:
        os.kill(holder.pid, signal.SIGSTOP)
        assert 0.25 <= _seconds_to_write(queue) < 5
        assert _seconds_to_write(queue) < 0.2
    assert Queue(key, 0.3)._taken() is not None, "who waited in vain must not give back what it never had"


def test_one_wait_in_vain_is_not_for_ever(key: int) -> None:
    queue = Queue(key, 0.05)
    with _holder(key):
        _seconds_to_write(queue)
        assert queue._taken() is None
    time.sleep(0.6)
    assert queue._taken() is not None


def test_a_process_that_just_wrote_may_write_on_for_a_moment(key: int, tmp_path: Path) -> None:
    queue, other = Queue(key, 30.0), Queue(key, 30.0)
    connection = sqlite3.connect(tmp_path / "db", timeout=0, isolation_level=None)
    queue.begin(connection)
    connection.execute("ROLLBACK")
    with other.turn():
        queue._mine_until = time.monotonic() + 60
        queue.begin(connection)
        connection.execute("ROLLBACK")
    assert queue._mine_until > time.monotonic() + 30, "it did not wait in the queue again"
    queue._mine_until = 0.0
    queue.begin(connection)
    assert 0 < queue._mine_until - time.monotonic() <= SLICE
    connection.close()


def test_a_locked_database_is_an_error_after_the_stated_time(key: int, tmp_path: Path) -> None:
    first, second = (sqlite3.connect(tmp_path / "db", timeout=0, isolation_level=None) for _ in range(2))
    first.execute("BEGIN IMMEDIATE")
    queue, begun = Queue(key, 0.3), time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        queue.begin(second)
    assert 0.3 <= time.monotonic() - begun < 5
    first.close()
    queue.begin(second)
    second.close()


def test_another_error_of_the_database_is_not_waited_for(key: int, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "db", isolation_level=None)
    connection.close()
    with pytest.raises(sqlite3.ProgrammingError):
        Queue(key, 30.0).begin(connection)
    (tmp_path / "text").write_text("no database " * 100)
    other = sqlite3.connect(tmp_path / "text", isolation_level=None)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        Queue(key, 30.0).begin(other)
    other.close()


def test_databases_that_share_a_key_only_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pushrank.store.sqlite.store.key_of", lambda _: 0x7E57C0DE)
    stores = [SqliteStore(tmp_path / name / "store.sqlite") for name in ("one", "two")]
    threads = [threading.Thread(target=_mark_often, args=(store,)) for store in stores for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [store.marker("n") for store in stores] == ["99", "99"]
    for store in stores:
        store.close()
    _remove(0x7E57C0DE)


def _mark_often(store: SqliteStore) -> None:
    for number in range(100):
        store.mark("n", str(number))


def test_a_removed_semaphore_is_no_more_than_a_missed_turn(tmp_path: Path) -> None:
    with_store = SqliteStore(tmp_path / "store.sqlite", 0.1)
    _remove(key_of(tmp_path / "store.sqlite"))
    with_store.mark("n", "1")
    assert with_store.marker("n") == "1"
    with_store.close()


@pytest.mark.parametrize("name", ["_SEMGET", "_SEMTIMEDOP"])
def test_without_semaphores_writes_go_on_as_they_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(queues, name, queues._refused)
    store = SqliteStore(tmp_path / "store.sqlite")
    store.mark("n", "1")
    assert store.marker("n") == "1"
    store.close()


def test_a_function_that_the_system_lacks_refuses() -> None:
    assert queues._function("sem_of_another_planet")(1, 2, 3) == -1


def test_keys_come_from_a_small_pool_and_follow_the_file(tmp_path: Path) -> None:
    keys = set()
    for number in range(300):
        file = tmp_path / str(number)
        file.touch()
        keys.add(key_of(file))
    assert len(keys) <= POOL
    assert max(keys) // POOL == min(keys) // POOL
    assert len(keys) > POOL / 2
    (tmp_path / "link").symlink_to(tmp_path / "7")
    assert key_of(tmp_path / "link") == key_of(tmp_path / "7")
