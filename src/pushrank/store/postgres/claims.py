"""Idempotency keys: who works on a request, and the first answer to it."""

from __future__ import annotations

from psycopg import Connection

from pushrank.domain.instants import Instant
from pushrank.store.first import FIRST_COLUMNS, GONE, First, Request, first_of, repeated
from pushrank.store.values import AT_ONCE, Answer, Claim

_FOUND = f"SELECT {FIRST_COLUMNS} FROM idempotency WHERE route = %s AND key = %s"  # noqa: S608 constants only
_ENTER = """
    INSERT INTO idempotency (route, key, digest, subject, at, person) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (route, key) DO NOTHING"""
_TAKE_OVER = "UPDATE idempotency SET at = %s, person = %s WHERE route = %s AND key = %s"
_REMEMBER = """
    INSERT INTO idempotency (route, key, digest, status, answer, at, person) VALUES (%s, %s, %s, %s, %s, %s, '*')
    ON CONFLICT (route, key) DO UPDATE SET status = excluded.status, answer = excluded.answer, at = excluded.at
    WHERE idempotency.status IS NULL AND idempotency.digest = excluded.digest
        AND idempotency.person <> '-'"""
_FORGET = """
    DELETE FROM idempotency
    WHERE ctid IN (SELECT ctid FROM idempotency WHERE at < %s ORDER BY at LIMIT %s)"""
_ABANDON = "DELETE FROM idempotency WHERE route = %s AND key = %s AND digest = %s AND at = %s AND status IS NULL"


def answered(connection: Connection, request: Request) -> Claim | None:
    """Look up a request that has its answer; ReusedKeyError if the answer was to another body."""
    first = _found(connection, request)
    return None if first is None or first.answer is None else Claim(first.subject, first.answer, fresh=False)


def claim(connection: Connection, request: Request, subject: str, at: Instant, stale: Instant, person: str) -> Claim:
    """Enter a request as being worked on, or say what became of the first one; see `Store.claim`."""
    key, route, digest = request
    while True:
        if connection.execute(_ENTER, (route, key, digest, subject, at, person)).rowcount == 1:
            return Claim(subject, None, fresh=True)
        # The row is locked, so that of two that would take it over the second sees what the first did.
        first = _found(connection, request, " FOR UPDATE")
        if first is not None:
            break
    known = repeated(request, first, stale)
    if known.fresh:
        connection.execute(_TAKE_OVER, (at, person, route, key))
    return known


def remember(connection: Connection, request: Request, given: Answer) -> Answer:
    """Keep the answer to a request unless there is one; return the kept one."""
    key, route, digest = request
    connection.execute(_REMEMBER, (route, key, digest, given.status, given.body, given.at))
    first = _found(connection, request)
    assert first is not None
    if first.answer is not None:
        return first.answer
    assert first.person == GONE
    connection.execute(_ABANDON, (route, key, digest, first.since))
    return given


def abandon(connection: Connection, request: Request, at: Instant) -> None:
    """Drop a claim that was made at `at` and has no answer."""
    key, route, digest = request
    connection.execute(_ABANDON, (route, key, digest, at))


def forget(connection: Connection, before: Instant) -> int:
    """Drop old answers and claims, the oldest first and no more than AT_ONCE; return how many."""
    return connection.execute(_FORGET, (before, AT_ONCE)).rowcount


def _found(connection: Connection, request: Request, locking: str = "") -> First | None:
    row = connection.execute(f"{_FOUND}{locking}", (request[1], request[0])).fetchone()
    return None if row is None else first_of(request, row)
