"""Group commit: writes of many threads that wait at the same moment share one transaction and one sync."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from threading import Lock, get_ident
from typing import Any, Generic, TypeVar, cast

from pushrank.store.errors import StoreError
from pushrank.store.sqlite.connection import translated
from pushrank.store.sqlite.queue import Queue
from pushrank.store.turns import Turns

A = TypeVar("A")
Work = Callable[[sqlite3.Connection], A]


class _Job(Generic[A]):
    """One write and what became of it. Until the commit nothing has, so a job that nobody settles has failed."""

    __slots__ = ("answer", "error", "settled", "work")

    def __init__(self, work: Work[A]) -> None:
        self.work = work
        self.answer: A | None = None
        self.error: BaseException | None = None
        self.settled = False

    def outcome(self) -> A:
        if self.error is not None:
            raise self.error
        return cast("A", self.answer)


class Commits:
    """Runs writes on one connection, one after the other, each all or nothing and durable when `write` returns.

    Whoever comes first writes also for those who came meanwhile; a write that raises undoes itself alone. Other
    processes wait in the same `queue`.
    """

    def __init__(self, connection: sqlite3.Connection, turns: Turns, queue: Queue) -> None:
        self._connection = connection
        self._turns = turns
        self._queue = queue
        self._turn = Lock()
        self._waiting: deque[_Job[Any]] = deque()
        self._writing: int | None = None

    def write(self, work: Work[A]) -> A:
        """Run `work` inside a transaction and return its answer once it is durable; what it raises is raised here."""
        if self._writing == get_ident():
            msg = "expected a rule that leaves the store alone, got one that opens a second transaction"
            raise StoreError(msg)
        job = _Job(work)
        self._waiting.append(job)
        with self._turns.aside(), self._turn:
            if not job.settled:
                self._settle()
        return job.outcome()

    def outside(self, work: Work[A]) -> A:
        """Run `work` between two transactions, while nobody of this process writes."""
        with self._turns.aside(), self._turn, translated():
            return work(self._connection)

    def close(self) -> None:
        """Close the connection once nothing is being written."""
        with self._turn:
            self._connection.close()

    def _arrived(self) -> list[_Job[Any]]:
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def _settle(self) -> None:
        self._writing = get_ident()
        jobs: list[_Job[Any]] = []
        try:
            with translated():
                self._queue.begin(self._connection)
                jobs = self._arrived()
                self._commit(jobs)
        except StoreError as error:
            jobs = jobs or self._arrived()
            for job in jobs:
                # Each thread raises an error of its own.
                job.error = job.error or type(error)(*error.args)
        except BaseException:
            jobs = jobs or self._arrived()
            for job in jobs:
                job.error = job.error or StoreError("the write was interrupted, and nothing of it was kept")
            raise
        finally:
            self._writing = None
            for job in jobs:
                job.settled = True

    def _commit(self, jobs: list[_Job[Any]]) -> None:
        connection = self._connection
        try:
            if len(jobs) == 1:
                _run_alone(connection, jobs[0])
            else:
                for job in jobs:
                    _run(connection, job)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _run_alone(connection: sqlite3.Connection, job: _Job[Any]) -> None:
    """Do the only job of a transaction: what undoes the one undoes the other, so no savepoint is needed."""
    try:
        with translated():
            job.answer = job.work(connection)
    except Exception as error:
        job.error = error
        raise


def _run(connection: sqlite3.Connection, job: _Job[Any]) -> None:
    connection.execute("SAVEPOINT job")
    try:
        with translated():
            job.answer = job.work(connection)
    except Exception as error:
        job.error = error
        # Some errors, such as a full disk, end the whole transaction.
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")
