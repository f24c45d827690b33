"""Rows of the store that belong to no user."""

from __future__ import annotations

from dataclasses import dataclass

from pushrank.domain.instants import Instant

AT_ONCE = 10_000
"""Answers that one call forgets at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The first answer to a request that carried an idempotency key: HTTP status, body, moment."""

    status: int
    body: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class Claim:
    """A request under an idempotency key.

    `subject` names what the first request makes, such as its decision. `answer` None: there is none yet. `fresh`: who
    got this does the work; what the subject names may be there already, from a process that died before its answer.
    """

    subject: str
    answer: Answer | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the API by its hash, never by itself. `expires_at` and `revoked_at` None: not yet and not planned."""

    key_id: str
    hash: str
    scopes: tuple[str, ...]
    created_at: Instant
    expires_at: Instant | None = None
    revoked_at: Instant | None = None

    def valid(self, as_of: Instant) -> bool:
        """Whether the key opens anything at `as_of`."""
        return self.revoked_at is None and (self.expires_at is None or as_of < self.expires_at)
