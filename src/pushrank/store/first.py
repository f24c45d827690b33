"""What is known of the first request under an idempotency key, as every database of the store reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pushrank.domain.instants import Instant
from pushrank.store.errors import InFlightError, ReusedKeyError
from pushrank.store.values import Answer, Claim

FIRST_COLUMNS = "digest, subject, status, answer, at, person"
SEVERAL = "*"
GONE = "-"
"""The person of a request that was under way when its user was erased: its answer is not kept."""

Request = tuple[str, str, str]
"""Key, route and digest of the body."""


class First(NamedTuple):
    """The first request: what it makes, its answer where it has one, and since when it is being worked on."""

    subject: str
    answer: Answer | None
    since: Instant
    person: str = ""


def first_of(request: Request, row: Sequence[Any]) -> First:
    """Decode FIRST_COLUMNS; ReusedKeyError where `request` has another body."""
    digest, subject, status, body, at, person = row
    if digest != request[2]:
        msg = f"Idempotency-Key {request[0]!r}: expected the body of its first request, got another one"
        raise ReusedKeyError(msg)
    return First(subject, None if status is None else Answer(status, body, at), at, person)


def repeated(request: Request, first: First, stale: Instant) -> Claim:
    """Give a later request its claim, fresh where it has to take the first one over; InFlightError before that."""
    if first.answer is None and first.since >= stale:
        msg = f"Idempotency-Key {request[0]!r}: expected a request after the answer to the first one, got one before it"
        raise InFlightError(msg)
    return Claim(first.subject, first.answer, fresh=first.answer is None)
