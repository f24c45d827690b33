"""A few connections that threads share, each used by one thread at a time.

psycopg_pool would keep callers waiting while the server is down; here they hear of it at once and can answer 503.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TypeVar

import psycopg
from psycopg import Connection
from psycopg.pq import PipelineStatus, TransactionStatus

from pushrank.store.errors import StoreError
from pushrank.store.postgres.connection import connect, translated

A = TypeVar("A")


class Connections:
    """At most `most` connections to one address, opened when needed, replaced when dead."""

    def __init__(self, address: str, most: int, seconds: float) -> None:
        self._address = address
        self._most = most
        self._seconds = seconds
        self._free = BoundedSemaphore(most)
        self._idle: deque[Connection] = deque()
        self._closed = False

    @contextmanager
    def borrowed(self, opening: Callable[[Connection], A]) -> Iterator[tuple[Connection, A]]:
        """Lend a connection on which `opening` has run.

        `opening` writes nothing, so where it finds out that the server ended the connection meanwhile, it runs on
        another one. An open transaction is undone; one that the server gave up takes its connection with it.
        """
        if not self._free.acquire(timeout=self._seconds):
            msg = f"no connection became free within {self._seconds:g} s; {self._most} are in use"
            raise StoreError(msg)
        try:
            connection, answer = self._opened(opening)
            try:
                with translated():
                    yield connection, answer
            finally:
                self._back(connection)
        finally:
            self._free.release()

    def _opened(self, opening: Callable[[Connection], A]) -> tuple[Connection, A]:
        while True:
            connection, fresh = self._take()
            try:
                with translated():
                    return connection, opening(connection)
            except StoreError:
                dead = connection.closed
                self._back(connection)
                if fresh or not dead:
                    raise
            except BaseException:
                self._back(connection)
                raise

    def _take(self) -> tuple[Connection, bool]:
        if self._closed:
            msg = "the store is closed"
            raise StoreError(msg)
        try:
            return self._idle.pop(), False
        except IndexError:
            return connect(self._address), True

    def _back(self, connection: Connection) -> None:
        if _settled(connection) and not self._closed:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()


def _settled(connection: Connection) -> bool:
    if connection.closed or connection.pgconn.pipeline_status != PipelineStatus.OFF:
        return False
    if connection.info.transaction_status == TransactionStatus.INERROR:
        # What followed the error in a pipeline was skipped, yet psycopg takes those statements for prepared.
        return False
    if connection.info.transaction_status != TransactionStatus.IDLE:
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            return False
    return connection.info.transaction_status == TransactionStatus.IDLE
