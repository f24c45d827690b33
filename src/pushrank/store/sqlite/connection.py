"""Opening a SQLite file so that what it acknowledges is durable, and checking that it really is open in that way."""

from __future__ import annotations

import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pushrank.store.errors import ConflictError, StoreError

FULL = 2
OLDEST = (3, 38, 0)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SETTINGS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",
    "PRAGMA journal_size_limit = 67108864",
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the driver raises into StoreError and ConflictError."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        msg = f"the database refused a write: {error}"
        raise ConflictError(msg) from error
    except sqlite3.Error as error:
        msg = f"the database did not answer: {error}"
        raise StoreError(msg) from error


def connect(path: Path, busy_seconds: float, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a private file (mode 0600, made with its folder where missing) in WAL mode, synchronous FULL."""
    if sqlite3.sqlite_version_info < OLDEST:
        msg = f"expected SQLite {'.'.join(map(str, OLDEST))} or newer, got {sqlite3.sqlite_version}"
        raise StoreError(msg)
    try:
        _make_private(path)
    except OSError as error:
        msg = f"the store {str(path)!r} can't be opened: {error}"
        raise StoreError(msg) from error
    with translated():
        connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        try:
            _configure(connection, busy_seconds, read_only=read_only)
        except BaseException:
            connection.close()
            raise
        return connection


def _make_private(path: Path) -> None:
    # An existing file must not be opened here: closing it again would drop the locks that SQLite holds on it.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.touch(mode=0o600, exist_ok=False)
    if stat.S_IMODE(path.stat().st_mode) & _OTHERS:
        path.chmod(0o600)


def _configure(connection: sqlite3.Connection, busy_seconds: float, *, read_only: bool) -> None:
    _enter_wal(connection, busy_seconds)
    for setting in _SETTINGS:
        connection.execute(setting)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    check_durable(connection)


def _enter_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    # SQLite does not wait for its busy timeout here when two processes change the mode of a new file at once.
    end = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def check_durable(connection: sqlite3.Connection) -> None:
    """Raise StoreError unless commits are synced: journal mode WAL with synchronous FULL."""
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
    if (mode, synchronous) != ("wal", FULL):
        msg = f"expected journal_mode wal and synchronous {FULL} (FULL), got {mode} and {synchronous}"
        raise StoreError(msg)
