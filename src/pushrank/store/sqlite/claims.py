"""Idempotency keys: who works on a request, and the first answer to it."""

from __future__ import annotations

import sqlite3

from pushrank.domain.instants import Instant
from pushrank.store.errors import InFlightError, ReusedKeyError
from pushrank.store.values import Answer, Claim

_FOUND = "SELECT digest, subject, status, answer, at FROM idempotency WHERE route = ? AND key = ?"
_ENTER = "INSERT INTO idempotency (route, key, digest, subject, at) VALUES (?, ?, ?, ?, ?)"
_TAKE_OVER = "UPDATE idempotency SET at = ? WHERE route = ? AND key = ?"
_REMEMBER = """
    INSERT INTO idempotency (route, key, digest, status, answer, at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (route, key) DO UPDATE SET status = excluded.status, answer = excluded.answer, at = excluded.at
    WHERE status IS NULL AND digest = excluded.digest"""
_ABANDON = "DELETE FROM idempotency WHERE route = ? AND key = ? AND digest = ? AND at = ? AND status IS NULL"

Request = tuple[str, str, str]
"""Key, route and digest of the body."""


def answered(connection: sqlite3.Connection, request: Request) -> Claim | None:
    """Look up a request that has its answer; ReusedKeyError if the answer was to another body."""
    row = _found(connection, request)
    return None if row is None or row[1] is None else Claim(row[0], row[1], fresh=False)


def claim(connection: sqlite3.Connection, request: Request, subject: str, at: Instant, stale: Instant) -> Claim:
    """Enter a request as being worked on, or say what became of the first one; see `Store.claim`."""
    key, route, digest = request
    row = _found(connection, request)
    if row is None:
        connection.execute(_ENTER, (route, key, digest, subject, at))
        return Claim(subject, None, fresh=True)
    first, answer, since = row
    if answer is not None:
        return Claim(first, answer, fresh=False)
    if since >= stale:
        msg = f"Idempotency-Key {key!r}: expected a request after the answer to the first one, got one before it"
        raise InFlightError(msg)
    connection.execute(_TAKE_OVER, (at, route, key))
    return Claim(first, None, fresh=True)


def remember(connection: sqlite3.Connection, request: Request, given: Answer) -> Answer:
    """Keep the answer to a request unless there is one; return the kept one."""
    key, route, digest = request
    connection.execute(_REMEMBER, (route, key, digest, given.status, given.body, given.at))
    kept = answered(connection, request)
    assert kept is not None
    assert kept.answer is not None
    return kept.answer


def abandon(connection: sqlite3.Connection, request: Request, at: Instant) -> None:
    """Drop a claim that was made at `at` and has no answer."""
    key, route, digest = request
    connection.execute(_ABANDON, (route, key, digest, at))


def forget(connection: sqlite3.Connection, before: Instant) -> int:
    """Drop old answers and claims; return how many."""
    return connection.execute("DELETE FROM idempotency WHERE at < ?", (before,)).rowcount


def _found(connection: sqlite3.Connection, request: Request) -> tuple[str, Answer | None, Instant] | None:
    key, route, digest = request
    row = connection.execute(_FOUND, (route, key)).fetchone()
    if row is None:
        return None
    first, subject, status, body, at = row
    if first != digest:
        msg = f"Idempotency-Key {key!r}: expected the body of its first request, got another one"
        raise ReusedKeyError(msg)
    return subject, None if status is None else Answer(status, body, at), at
