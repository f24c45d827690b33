"""What stands in place of erased users."""

from __future__ import annotations

from psycopg import Connection

from pushrank.domain.record import Tombstone, UserRecord
from pushrank.store.changes import Tomb, sealed
from pushrank.store.rows import TOMBSTONE_COLUMNS, tombstone_row

ALL = f"SELECT {TOMBSTONE_COLUMNS} FROM tombstones ORDER BY at, token"  # noqa: S608 constants only
_ANY = "SELECT EXISTS (SELECT FROM tombstones)"
_STANDS = "SELECT EXISTS (SELECT FROM tombstones WHERE token = %s)"
_RAISE = f"""
    INSERT INTO tombstones ({TOMBSTONE_COLUMNS}) VALUES (%s, %s, %s, %s)
    ON CONFLICT (token) DO UPDATE SET models = excluded.models, retrain_by = excluded.retrain_by"""  # noqa: S608
_LIFT = "DELETE FROM tombstones WHERE token = %s"
_MOVE = "UPDATE tombstones SET token = %s WHERE token = %s"


def stands(connection: Connection, user_key: str, tomb: Tomb | None) -> bool:
    """Whether a user was erased; StoreError where that can't be told."""
    found = connection.execute(_ANY) if tomb is None else connection.execute(_STANDS, (tomb(user_key),))
    (standing,) = found.fetchall()[0]
    if standing and tomb is None:
        raise sealed()
    return bool(standing)


def looked_up(connection: Connection, record: UserRecord, tomb: Tomb | None) -> UserRecord:
    """Tell of a user without a row whether that user was erased.

    This sees a later moment than what was read before. The answer holds for that moment: of an erased user nothing is
    left, and one who came back meanwhile was unknown first.
    """
    return UserRecord(record.user_key, erased=True) if stands(connection, record.user_key, tomb) else record


def put(connection: Connection, stone: Tombstone) -> None:
    """Set a tombstone; of one that stands the moment stays."""
    connection.execute(_RAISE, tombstone_row(stone))


def lift(connection: Connection, token: str) -> bool:
    """Take a tombstone away; False where none stands."""
    return connection.execute(_LIFT, (token,)).rowcount == 1


def move(connection: Connection, token: str, to: str) -> None:
    """Let a tombstone stand for a user's new key."""
    connection.execute(_MOVE, (to, token))
