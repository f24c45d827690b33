"""A queue of processes in front of a database's one lock for writers, so that each gets its turn.

SQLite lets waiting writers sleep and try again, and whoever happens to try at the right moment wins: under load one of
eight processes starved. A System V semaphore hands itself to whoever has waited longest, and the kernel takes it back
from a process that dies. Whoever has it is the first of those who wait: it looks at the database's lock again and again
until it gets that, and then lets the next one be the first. A process that just wrote may write on for a moment without
waiting, since handing over costs as much as writing does: strictly one after the other, eight processes together did
half as much. Only fairness depends on it: the database's own lock decides who writes, so a queue that can't
be had, that is shared with another database, or that waits in vain costs time and nothing else.
"""

from __future__ import annotations

import ctypes
import errno
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

POOL = 64
"""Semaphores that one account can ever make, however many databases it opens."""

SLICE = 0.004
"""Seconds for which a process may go on writing while others wait; it is no lock, and who is idle keeps nobody out."""

# Seconds between two looks at the database: of the one who is first, and of many where there is no queue.
_LOOK, _LOOK_IN_THE_CROWD = 0.0003, 0.002
_BEGIN = "BEGIN IMMEDIATE"
_CODE = 0xFF
_LOCKED = "database is locked"
_CREATE, _UNDO = 0o1000, 0x1000
_PRIVATE = 0o600
_PATIENCE = 10.0
_NANOSECONDS = 10**9


class _Step(ctypes.Structure):
    """`struct sembuf`: add `change` to the semaphore, or wait until it is 0 where `change` is 0."""

    _fields_ = (("number", ctypes.c_ushort), ("change", ctypes.c_short), ("flags", ctypes.c_short))


class _Span(ctypes.Structure):
    """`struct timespec`."""

    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


# A new semaphore is 0, so 0 means free: it is ready from its first moment. One call waits and takes.
_TAKE = (_Step * 2)(_Step(0, 0, 0), _Step(0, 1, _UNDO))
_GIVE = (_Step * 1)(_Step(0, -1, _UNDO))


def key_of(path: Path) -> int:
    """Choose the key of a file's semaphore from its owner's pool: the same one under every name of the file."""
    status = path.stat()
    owner = int.from_bytes(blake2b(b"pushrank %d" % status.st_uid, digest_size=4).digest(), "big") & 0x7FFFFFFF
    file = blake2b(b"%d %d" % (status.st_dev, status.st_ino), digest_size=4).digest()
    return owner // POOL * POOL + int.from_bytes(file, "big") % POOL


class Queue:
    """Where the processes that write to one file wait for each other in the order they came.

    At most `seconds` for being the first, and then at most as long for the database.

    After a wait in vain, behind a process that was stopped, this process does not queue for ten times as long. `key`
    None is no queue at all.
    """

    def __init__(self, key: int | None, seconds: float) -> None:
        self._key = key
        self._wait = _Span(int(seconds), int(seconds % 1 * _NANOSECONDS))
        self._rest = _PATIENCE * seconds
        self._open_again = 0.0
        self._seconds = seconds
        self._mine_until = 0.0
        self._number: int | None = None

    def begin(self, connection: sqlite3.Connection) -> None:
        """Begin a transaction when it is one's turn; one thread at a time.

        Raises sqlite3.OperationalError where the database stays locked. `connection` should not wait by itself.
        """
        if time.monotonic() < self._mine_until and _begun(connection):
            return
        with self.turn() as first:
            self._wait_for(connection, _LOOK if first else _LOOK_IN_THE_CROWD)
            self._mine_until = time.monotonic() + SLICE

    def _wait_for(self, connection: sqlite3.Connection, pause: float) -> None:
        end = time.monotonic() + self._seconds
        while not _begun(connection):
            if time.monotonic() > end:
                raise sqlite3.OperationalError(_LOCKED)
            time.sleep(pause)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Be the first of those who wait; False where there is no telling who is."""
        taken = self._taken()
        try:
            yield taken is not None
        finally:
            if taken is not None:
                _SEMOP(taken, _GIVE, 1)

    def _taken(self) -> int | None:
        """Wait for the semaphore; its number, or None where waiting makes no sense."""
        if self._key is None or time.monotonic() < self._open_again:
            return None
        if self._number is None:
            self._number = _existing(self._key)
        if self._number is not None and _waited(self._number, self._wait):
            return self._number
        # Where it was removed, another one may be made later.
        self._number, self._open_again = None, time.monotonic() + self._rest
        return None


def _begun(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute(_BEGIN)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & _CODE != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _existing(key: int) -> int | None:
    number = int(_SEMGET(key, 1, _CREATE | _PRIVATE))
    return None if number < 0 else number


def _waited(number: int, span: _Span) -> bool:
    while _SEMTIMEDOP(number, _TAKE, 2, ctypes.byref(span)) != 0:
        if ctypes.get_errno() != errno.EINTR:
            return False
    return True


def _refused(*_: Any) -> int:
    return -1


def _function(name: str) -> Callable[..., int]:
    """A function of the C library; where there is none by that name, one that always refuses."""
    try:
        return getattr(ctypes.CDLL(None, use_errno=True), name)  # type: ignore[no-any-return]
    except (AttributeError, OSError, TypeError):
        return _refused


_SEMGET, _SEMOP, _SEMTIMEDOP = _function("semget"), _function("semop"), _function("semtimedop")
