"""What concerns a user in all tables at once: to give it out, to delete it, to move it to another key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from pushrank.domain.ledger import erasure as told
from pushrank.domain.record import Erasure, Tombstone, UserRecord
from pushrank.store.changes import Tomb, named, rekeyed, token_of
from pushrank.store.errors import ConflictError
from pushrank.store.first import GONE, SEVERAL
from pushrank.store.postgres import journal, ledger, people, tombstones
from pushrank.store.postgres.schema import ALLOW_RENAMING
from pushrank.store.register import OWNED, OWNER
from pushrank.store.rows import event_row, whose

# Children refer to what stands before them.
_DELETIONS = tuple(
    f"DELETE FROM {table} WHERE {whose(table, '%(user)s')}"  # noqa: S608 registered names
    for table, owner in reversed(tuple(OWNED.items()))
    if owner == OWNER
)
_ROWS = {
    table: f"SELECT * FROM {table} WHERE {whose(table, '%(user)s')} ORDER BY 1, 2"  # noqa: S608 registered names
    for table in OWNED
}
_MOVES = tuple(
    f"UPDATE {table} SET {owner} = %(new)s WHERE {whose(table, '%(user)s')}"  # noqa: S608 registered names
    for table, owner in OWNED.items()
)
_EXISTS = " OR ".join(
    f"EXISTS (SELECT FROM {table} WHERE {whose(table, '%(user)s')})" for table, owner in OWNED.items() if owner == OWNER
)
_ANSWERS_GO = "DELETE FROM idempotency WHERE person = ANY(%s) AND person <> '' AND status IS NOT NULL"
_WORK_GOES_ON = "UPDATE idempotency SET person = %s WHERE person = ANY(%s) AND person <> ''"
_REWRITE = "UPDATE events SET digest = %s, body = %s WHERE event_id = %s"
_RENAME_INSIDE = tuple(
    f"""
    UPDATE {table} SET body = convert_to(replace(convert_from(body, 'UTF8'), %s, %s), 'UTF8')
    WHERE user_key = %s"""  # noqa: S608 two names
    for table in ("decisions", "feature_rows")
)


def erase(connection: Connection, record: UserRecord, erasure: Erasure, tomb: Tomb | None) -> None:
    """Delete everything of a user, and leave a tombstone and a link that names nobody."""
    user_key = record.user_key
    token = token_of(tomb, user_key)
    places = ledger.places(connection, user_key)
    for statement in _DELETIONS:
        connection.execute(statement, {"user": user_key})
    persons = [user_key, SEVERAL]
    connection.execute(_ANSWERS_GO, (persons,))
    connection.execute(_WORK_GOES_ON, (GONE, persons))
    if places or not record.erased:
        ledger.append(connection, [told(places, erasure.at)])
    tombstones.put(connection, Tombstone(token, erasure.at, erasure.models, erasure.retrain_by))


def everything(connection: Connection, user_key: str) -> Mapping[str, list[dict[str, Any]]]:
    """Read every row of a user, by table and column, as one snapshot."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    cursor = connection.cursor(row_factory=dict_row)
    found = {table: cursor.execute(statement, {"user": user_key}).fetchall() for table, statement in _ROWS.items()}
    connection.execute("COMMIT")
    return found


def rename(connection: Connection, old_key: str, new_key: str, tomb: Tomb | None) -> bool:
    """Move everything of a user to a new key; see `Store.rename`.

    What the user said stays in the old words, since the chain holds their digests; it is found by the new key.
    """
    people.lock(connection, [old_key, new_key])
    if not standing(connection, old_key, tomb):
        return False
    if standing(connection, new_key, tomb):
        msg = f"user_key: expected a new pseudonym, got {new_key!r}, under which something stands already"
        raise ConflictError(msg)
    moved = [rekeyed(stored, new_key) for stored in journal.events_of(connection, old_key)]
    rows = [event_row(new_key, stored) for stored in moved]
    with connection.pipeline():
        connection.execute(ALLOW_RENAMING)
        for statement in _MOVES:
            connection.execute(statement, {"user": old_key, "new": new_key})
        connection.cursor().executemany(_REWRITE, [(*row[-2:], row[0]) for row in rows])
        for statement in _RENAME_INSIDE:
            connection.execute(statement, (named(old_key), named(new_key), new_key))
        if tomb is not None:
            tombstones.move(connection, tomb(old_key), tomb(new_key))
    return True


def standing(connection: Connection, user_key: str, tomb: Tomb | None) -> bool:
    """Whether anything is kept of a user, be it a tombstone; answers to requests apart."""
    (found,) = connection.execute(f"SELECT {_EXISTS}", {"user": user_key}).fetchall()[0]
    return bool(found) or tombstones.stands(connection, user_key, tomb)
