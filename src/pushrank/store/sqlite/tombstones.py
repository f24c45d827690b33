"""What stands in place of erased users."""

from __future__ import annotations

import sqlite3

from pushrank.domain.record import Tombstone, UserRecord
from pushrank.store.changes import Tomb, refused_write, sealed
from pushrank.store.rows import TOMBSTONE_COLUMNS, tombstone_row

ALL = f"SELECT {TOMBSTONE_COLUMNS} FROM tombstones ORDER BY at, token"  # noqa: S608 constants only
_ANY = "SELECT 1 FROM tombstones LIMIT 1"
_STANDS = "SELECT 1 FROM tombstones WHERE token = ?"
_KNOWN = "SELECT 1 FROM users WHERE user_key = ?"
_RAISE = f"""
    INSERT INTO tombstones ({TOMBSTONE_COLUMNS}) VALUES (?, ?, ?, ?)
    ON CONFLICT (token) DO UPDATE SET models = excluded.models, retrain_by = excluded.retrain_by"""  # noqa: S608
_LIFT = "DELETE FROM tombstones WHERE token = ?"
_MOVE = "UPDATE tombstones SET token = ? WHERE token = ?"


def stands(connection: sqlite3.Connection, user_key: str, tomb: Tomb | None) -> bool:
    """Whether a user was erased; costs next to nothing while nobody was."""
    if connection.execute(_ANY).fetchone() is None:
        return False
    if tomb is None:
        raise sealed()
    return connection.execute(_STANDS, (tomb(user_key),)).fetchone() is not None


def looked_up(connection: sqlite3.Connection, record: UserRecord, tomb: Tomb | None) -> UserRecord:
    """Tell of a user without a row whether that user was erased.

    Outside of a transaction this sees a later moment than what was read before. The answer holds for that moment: of
    an erased user nothing is left, and one who came back meanwhile was unknown first.
    """
    return UserRecord(record.user_key, erased=True) if stands(connection, record.user_key, tomb) else record


def check(connection: sqlite3.Connection, user_key: str, tomb: Tomb | None) -> None:
    """Raise ConflictError where a user was erased, so that nothing more is written of them."""
    if connection.execute(_KNOWN, (user_key,)).fetchone() is None and stands(connection, user_key, tomb):
        raise refused_write()


def put(connection: sqlite3.Connection, stone: Tombstone) -> None:
    """Set a tombstone; of one that stands the moment stays."""
    connection.execute(_RAISE, tombstone_row(stone))


def lift(connection: sqlite3.Connection, token: str) -> bool:
    """Take a tombstone away; False where none stands."""
    return connection.execute(_LIFT, (token,)).rowcount == 1


def move(connection: sqlite3.Connection, token: str, to: str) -> None:
    """Let a tombstone stand for a user's new key."""
    connection.execute(_MOVE, (to, token))
