"""Idempotency keys: who works on a request, and the first answer to it."""

from __future__ import annotations

import sqlite3

from pushrank.domain.instants import Instant
from pushrank.store.first import FIRST_COLUMNS, GONE, First, Request, first_of, repeated
from pushrank.store.values import AT_ONCE, Answer, Claim

_FOUND = f"SELECT {FIRST_COLUMNS} FROM idempotency WHERE route = ? AND key = ?"  # noqa: S608 constants only
_ENTER = "INSERT INTO idempotency (route, key, digest, subject, at, person) VALUES (?, ?, ?, ?, ?, ?)"
_TAKE_OVER = "UPDATE idempotency SET at = ?, person = ? WHERE route = ? AND key = ?"
_REMEMBER = """
    INSERT INTO idempotency (route, key, digest, status, answer, at, person) VALUES (?, ?, ?, ?, ?, ?, '*')
    ON CONFLICT (route, key) DO UPDATE SET status = excluded.status, answer = excluded.answer, at = excluded.at
    WHERE status IS NULL AND digest = excluded.digest AND person <> '-'"""
_FORGET = """
    DELETE FROM idempotency
    WHERE rowid IN (SELECT rowid FROM idempotency WHERE at < ? ORDER BY at LIMIT ?)"""
_ABANDON = "DELETE FROM idempotency WHERE route = ? AND key = ? AND digest = ? AND at = ? AND status IS NULL"


def answered(connection: sqlite3.Connection, request: Request) -> Claim | None:
    """Look up a request that has its answer; ReusedKeyError if the answer was to another body."""
    first = _found(connection, request)
    return None if first is None or first.answer is None else Claim(first.subject, first.answer, fresh=False)


def claim(
    connection: sqlite3.Connection, request: Request, subject: str, at: Instant, stale: Instant, person: str
) -> Claim:
    """Enter a request as being worked on, or say what became of the first one; see `Store.claim`."""
    key, route, digest = request
    first = _found(connection, request)
    if first is None:
        connection.execute(_ENTER, (route, key, digest, subject, at, person))
        return Claim(subject, None, fresh=True)
    known = repeated(request, first, stale)
    if known.fresh:
        connection.execute(_TAKE_OVER, (at, person, route, key))
    return known


def remember(connection: sqlite3.Connection, request: Request, given: Answer) -> Answer:
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


def abandon(connection: sqlite3.Connection, request: Request, at: Instant) -> None:
    """Drop a claim that was made at `at` and has no answer."""
    key, route, digest = request
    connection.execute(_ABANDON, (route, key, digest, at))


def forget(connection: sqlite3.Connection, before: Instant) -> int:
    """Drop old answers and claims, the oldest first and no more than AT_ONCE; return how many."""
    return connection.execute(_FORGET, (before, AT_ONCE)).rowcount


def _found(connection: sqlite3.Connection, request: Request) -> First | None:
    row = connection.execute(_FOUND, (request[1], request[0])).fetchone()
    return None if row is None else first_of(request, row)
