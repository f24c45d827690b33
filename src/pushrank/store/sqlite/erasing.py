"""What concerns a user in all tables at once: to give it out, to delete it, to move it to another key."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from pushrank.domain.ledger import erasure as told
from pushrank.domain.record import Erasure, Tombstone, UserRecord
from pushrank.store.changes import Tomb, named, rekeyed, token_of
from pushrank.store.errors import ConflictError
from pushrank.store.first import GONE, SEVERAL
from pushrank.store.register import OWNED, OWNER
from pushrank.store.rows import event_row, whose
from pushrank.store.sqlite import journal, ledger, tombstones

# Children refer to what stands before them.
_DELETIONS = tuple(
    f"DELETE FROM {table} WHERE {whose(table, '?1')}"  # noqa: S608 registered names
    for table, owner in reversed(tuple(OWNED.items()))
    if owner == OWNER
)
_ROWS = {
    table: f"SELECT * FROM {table} WHERE {whose(table, '?1')} ORDER BY 1, 2"  # noqa: S608 registered names
    for table in OWNED
}
_MOVES = tuple(f"UPDATE {table} SET {owner} = ?1 WHERE {whose(table, '?2')}" for table, owner in OWNED.items())  # noqa: S608
_EXISTS = " UNION ALL ".join(
    f"SELECT 1 FROM {table} WHERE {whose(table, '?1')}"  # noqa: S608 registered names
    for table, owner in OWNED.items()
    if owner == OWNER
)
_ANSWERS_GO = "DELETE FROM idempotency WHERE person IN (?, ?) AND person <> '' AND status IS NOT NULL"
_WORK_GOES_ON = "UPDATE idempotency SET person = ? WHERE person IN (?, ?) AND person <> ''"
_REWRITE = "UPDATE events SET digest = ?, body = ? WHERE event_id = ?"
_RENAME_INSIDE = tuple(
    f"UPDATE {table} SET body = CAST(replace(CAST(body AS TEXT), ?2, ?3) AS BLOB) WHERE user_key = ?1"  # noqa: S608
    for table in ("decisions", "feature_rows")
)


def erase(connection: sqlite3.Connection, record: UserRecord, erasure: Erasure, tomb: Tomb | None) -> None:
    """Delete everything of a user, and leave a tombstone and a link that names nobody."""
    user_key = record.user_key
    token = token_of(tomb, user_key)
    places = ledger.places(connection, user_key)
    for statement in _DELETIONS:
        connection.execute(statement, (user_key,))
    connection.execute(_ANSWERS_GO, (user_key, SEVERAL))
    connection.execute(_WORK_GOES_ON, (GONE, user_key, SEVERAL))
    if places or not record.erased:
        ledger.append(connection, [told(places, erasure.at)])
    tombstones.put(connection, Tombstone(token, erasure.at, erasure.models, erasure.retrain_by))


def everything(connection: sqlite3.Connection, user_key: str) -> Mapping[str, list[dict[str, Any]]]:
    """Read every row of a user, by table and column; the caller sees to one snapshot."""
    return {table: _read(connection, statement, user_key) for table, statement in _ROWS.items()}


def _read(connection: sqlite3.Connection, statement: str, user_key: str) -> list[dict[str, Any]]:
    found = connection.execute(statement, (user_key,))
    columns = [column for column, *_ in found.description]
    return [dict(zip(columns, row, strict=True)) for row in found]


def rename(connection: sqlite3.Connection, old_key: str, new_key: str, tomb: Tomb | None) -> bool:
    """Move everything of a user to a new key; see `Store.rename`.

    What the user said stays in the old words, since the chain holds their digests; it is found by the new key.
    """
    if not standing(connection, old_key, tomb):
        return False
    if standing(connection, new_key, tomb):
        msg = f"user_key: expected a new pseudonym, got {new_key!r}, under which something stands already"
        raise ConflictError(msg)
    moved = [rekeyed(stored, new_key) for stored in journal.events_of(connection, old_key)]
    for statement in _MOVES:
        connection.execute(statement, (new_key, old_key))
    rows = [event_row(new_key, stored) for stored in moved]
    connection.executemany(_REWRITE, [(*row[-2:], row[0]) for row in rows])
    for statement in _RENAME_INSIDE:
        connection.execute(statement, (new_key, named(old_key), named(new_key)))
    if tomb is not None:
        tombstones.move(connection, tomb(old_key), tomb(new_key))
    return True


def standing(connection: sqlite3.Connection, user_key: str, tomb: Tomb | None) -> bool:
    """Whether anything is kept of a user, be it a tombstone; answers to requests apart."""
    found = connection.execute(f"{_EXISTS} LIMIT 1", (user_key,)).fetchone()
    return found is not None or tombstones.stands(connection, user_key, tomb)
