"""Writes that wait at the same moment share one sync, and nothing else."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from pushrank.store.errors import ConflictError, StoreError
from pushrank.store.sqlite import queue as queues
from pushrank.store.sqlite.commits import Commits
from pushrank.store.turns import Turns

Write = Callable[[sqlite3.Connection], str]


class Queue:
    """A connection whose first write waits, so that all later ones come while it is under way."""

    def __init__(self, path: Path) -> None:
        self.statements: list[str] = []
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("CREATE TABLE names (name TEXT PRIMARY KEY)")
        self.connection.set_trace_callback(self.statements.append)
        self.commits = Commits(self.connection, Turns(), queues.Queue(None, 1.0))
        self.threads = ThreadPoolExecutor(8)
        self._begun, self._go = Event(), Event()

    def together(self, *writes: Write) -> list[Future[str]]:
        """Run a first write, and the others as the group that waits for it."""
        first = self.threads.submit(self.commits.write, self._first)
        assert self._begun.wait(10)
        others = []
        for place, write in enumerate(writes, 1):
            others.append(self.threads.submit(self.commits.write, write))
            self._until(lambda place=place: len(self.commits._waiting) == place)  # type: ignore[misc]
        self.statements.clear()
        self._go.set()
        first.result(10)
        return others

    def _first(self, connection: sqlite3.Connection) -> str:
        self._begun.set()
        self._go.wait(10)
        return named("first")(connection)

    @staticmethod
    def _until(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def names(self) -> list[str]:
        return [name for (name,) in self.connection.execute("SELECT name FROM names ORDER BY name")]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    found = Queue(tmp_path / "names.sqlite")
    yield found
    found.threads.shutdown()
    found.commits.close()


def named(name: str) -> Write:
    def write(connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO names VALUES (?)", (name,))
        return name

    return write


def test_writes_that_wait_together_are_committed_once(queue: Queue) -> None:
    done = queue.together(named("a"), named("b"), named("c"))
    assert [future.result(10) for future in done] == ["a", "b", "c"]
    assert queue.statements.count("COMMIT") == 2
    assert queue.names() == ["a", "b", "c", "first"]


def test_a_write_that_raises_undoes_itself_and_no_other(queue: Queue) -> None:
    def half(connection: sqlite3.Connection) -> str:
        named("half")(connection)
        message = "changed my mind"
        raise ValueError(message)

    before, broken, refused, after = queue.together(named("a"), half, named("a"), named("b"))
    assert (before.result(10), after.result(10)) == ("a", "b")
    with pytest.raises(ValueError, match="changed my mind"):
        broken.result(10)
    with pytest.raises(ConflictError):
        refused.result(10)
    assert queue.names() == ["a", "b", "first"]


def test_a_commit_that_fails_fails_every_write_of_its_group(queue: Queue) -> None:
    def unsound(connection: sqlite3.Connection) -> str:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO parts VALUES ('of nothing')")
        return "unsound"

    queue.connection.execute("PRAGMA foreign_keys = ON")
    queue.connection.execute("CREATE TABLE parts (name TEXT REFERENCES names (name))")
    done = queue.together(named("a"), unsound, named("b"))
    for future in done:
        with pytest.raises(ConflictError):
            future.result(10)
    assert queue.names() == ["first"]
    assert queue.commits.write(named("later")) == "later"


def test_a_write_that_ends_the_whole_transaction_leaves_nothing_acknowledged(queue: Queue) -> None:
    def ending(connection: sqlite3.Connection) -> str:
        connection.execute("ROLLBACK")
        message = "the disk is full"
        raise sqlite3.OperationalError(message)

    done = queue.together(named("a"), ending, named("b"))
    for future in done:
        with pytest.raises(StoreError):
            future.result(10)
    assert queue.names() == ["first"]


def test_an_interrupted_group_is_told_that_nothing_was_kept(queue: Queue) -> None:
    def interrupted(_: sqlite3.Connection) -> str:
        raise KeyboardInterrupt

    before, broken, after = queue.together(named("a"), interrupted, named("b"))
    raised = [future.exception(10) for future in (before, broken, after)]
    assert sorted(type(error).__name__ for error in raised) == ["KeyboardInterrupt", "StoreError", "StoreError"]
    assert queue.names() == ["first"]
