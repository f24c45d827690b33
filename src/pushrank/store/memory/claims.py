"""Idempotency keys: who works on a request, and the first answer to it."""

from __future__ import annotations

from heapq import nsmallest
from typing import Any

from pushrank.domain.instants import Instant
from pushrank.store.first import GONE, SEVERAL, First, Request, first_of, repeated
from pushrank.store.values import AT_ONCE, Answer, Claim


class Claims:
    """Requests by route and key, each with the digest of its body."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[str, First]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def claim(self, request: Request, subject: str, at: Instant, stale: Instant, person: str) -> Claim:
        """Enter a request as being worked on, or say what became of the first one; see `Store.claim`."""
        first = self._found(request)
        if first is None:
            self._keep(request, First(subject, None, at, person))
            return Claim(subject, None, fresh=True)
        if first.answer is not None:
            return Claim(first.subject, first.answer, fresh=False)
        known = repeated(request, first, stale)
        self._keep(request, first._replace(since=at, person=person))
        return known

    def remember(self, request: Request, given: Answer) -> Answer:
        """Keep the answer to a request unless there is one; return the kept one."""
        first = self._found(request) or First("", None, given.at, SEVERAL)
        if first.person == GONE:
            self.abandon(request, first.since)
            return given
        kept = first.answer or given
        self._keep(request, First(first.subject, kept, kept.at, first.person))
        return kept

    def abandon(self, request: Request, at: Instant) -> None:
        """Drop a claim that was made at `at` and has no answer."""
        key, route, digest = request
        known = self._kept.get((route, key))
        if known is not None and known[0] == digest and known[1].answer is None and known[1].since == at:
            del self._kept[route, key]

    def forget(self, before: Instant) -> int:
        """Drop old answers and claims, the oldest first and no more than AT_ONCE; return how many."""
        old = ((first.since, place) for place, (_, first) in self._kept.items() if first.since < before)
        gone = nsmallest(AT_ONCE, old)
        for _, place in gone:
            del self._kept[place]
        return len(gone)

    def erase(self, person: str) -> None:
        """Drop the answers that may name a user; of work that goes on the answer will not be kept."""
        for place, (digest, first) in tuple(self._kept.items()):
            if first.person not in (person, SEVERAL):
                continue
            if first.answer is None:
                self._kept[place] = digest, first._replace(person=GONE)
            else:
                del self._kept[place]

    def rename(self, old_key: str, new_key: str) -> None:
        """Let answers name a user by a new key."""
        for place, (digest, first) in self._kept.items():
            if first.person == old_key:
                self._kept[place] = digest, first._replace(person=new_key)

    def rows_of(self, person: str) -> list[tuple[Any, ...]]:
        """Give what is kept about a user: route, key, digest, subject, status, answer, at, person."""
        return [
            (*place, digest, subject, answer and answer.status, answer and answer.body, since, named)
            for place, (digest, (subject, answer, since, named)) in sorted(self._kept.items())
            if named == person
        ]

    def _keep(self, request: Request, first: First) -> None:
        key, route, digest = request
        self._kept[route, key] = digest, first

    def _found(self, request: Request) -> First | None:
        known = self._kept.get((request[1], request[0]))
        if known is None:
            return None
        digest, (subject, answer, since, person) = known
        status, body = (None, None) if answer is None else (answer.status, answer.body)
        return first_of(request, (digest, subject, status, body, since, person))
