"""The store in this process's memory."""

# What each method promises is written once, in `Store`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock
from typing import TypeVar

from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.record import A, CountDelta, DecisionRow, StoredEvent, UserRecord
from pushrank.store.changes import check_owner
from pushrank.store.errors import ConflictError, StoreError
from pushrank.store.memory.claims import Claims
from pushrank.store.memory.copying import copy_into
from pushrank.store.memory.draft import Content, Draft
from pushrank.store.memory.totals import Catalogue
from pushrank.store.protocol import Rule, Step, Store
from pushrank.store.values import Answer, ApiKey, Claim

T = TypeVar("T")


class MemoryStore:
    """Everything that `Store` promises, except that nothing outlives the process, and that no other one sees it.

    For simulations and back-tests: values are kept as they are, so a write costs microseconds. No address leads here,
    so no deployment can keep permissions in it.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._writing = self._closed = False
        self._content, self._catalogue, self._claims = Content(), Catalogue(), Claims()
        self._keys: dict[str, ApiKey] = {}
        self._marks: dict[str, str] = {}

    @classmethod
    def copy_of(cls, store: Store) -> MemoryStore:
        """Fill a new store with what another one knows of users and messages; see `copying.copy_into`."""
        made = cls()
        copy_into(made, store)
        return made

    @contextmanager
    def _reading(self) -> Iterator[Content]:
        with self._lock:
            if self._closed:
                msg = "the store is closed"
                raise StoreError(msg)
            yield self._content

    @contextmanager
    def _draft(self) -> Iterator[Draft]:
        """Write: what was drafted counts once the block has ended without an error."""
        with self._reading() as content:
            if self._writing:
                msg = "expected a rule that leaves the store alone, got one that opens a second transaction"
                raise StoreError(msg)
            self._writing = True
            try:
                draft = Draft(content)
                yield draft
                draft.keep()
            finally:
                self._writing = False

    def _snapshot(self, read: Callable[[Content], list[T]]) -> Iterator[T]:
        with self._reading() as content:
            rows = read(content)
        yield from rows

    def user(self, user_key: str, since: Instant, content_keys: Sequence[str] = ()) -> UserRecord:
        with self._reading() as content:
            person = content.people.get(user_key)
            return UserRecord(user_key) if person is None else person.read(since, content_keys)

    def transact(self, user_key: str, rule: Rule[A], since: Instant, content_keys: Sequence[str] = ()) -> A:
        with self._draft() as draft:
            return _apply(draft, (user_key, rule, since, content_keys))

    def transact_batch(self, steps: Sequence[Step[A]]) -> list[A]:
        with self._draft() as draft:
            return [_apply(draft, step) for step in steps]

    def append_decision(self, row: DecisionRow) -> None:
        with self._draft() as draft:
            draft.decide(row)

    def decision(self, decision_id: str) -> DecisionRow | None:
        with self._reading() as content:
            return content.decisions.get(decision_id)

    def forget_decisions(self, before: Instant) -> int:
        """Drop the decisions made before a moment, which then can't be confirmed any more; return how many.

        Not part of `Store`, where decisions are kept: a simulation of months would fill the memory with them.
        """
        with self._draft(), self._reading() as content:
            gone = [row.decision_id for row in content.decisions.values() if row.decided_at < before]
            for name in gone:
                del content.decisions[name]
            return len(gone)

    def put_messages(self, messages: Sequence[Message], at: Instant) -> None:
        del at
        with self._draft():
            self._catalogue.put(messages)

    def delete_message(self, message_id: str, at: Instant) -> bool:
        del at
        with self._draft():
            return self._catalogue.delete(message_id)

    def messages(self, *, deleted: bool = False) -> list[Message]:
        with self._reading():
            found = self._catalogue.deleted if deleted else self._catalogue.live
            return [found[name] for name in sorted(found)]

    def catalogue_version(self) -> int:
        with self._reading():
            return self._catalogue.version

    def counts(self, since_version: int) -> list[CountDelta]:
        with self._reading() as content:
            return content.totals.since(since_version)

    def all_counts(self) -> Iterator[CountDelta]:
        return self._snapshot(lambda content: content.totals.all())

    def counts_version(self) -> int:
        with self._reading() as content:
            return content.totals.version

    def claim(self, key: str, route: str, digest: str, subject: str, at: Instant, stale: Instant) -> Claim:
        with self._draft():
            return self._claims.claim((key, route, digest), subject, at, stale)

    def remember(self, key: str, route: str, digest: str, answer: Answer) -> Answer:
        with self._draft():
            return self._claims.remember((key, route, digest), answer)

    def abandon(self, key: str, route: str, digest: str, at: Instant) -> None:
        with self._draft():
            self._claims.abandon((key, route, digest), at)

    def forget_answers(self, before: Instant) -> int:
        with self._draft():
            return self._claims.forget(before)

    def add_key(self, key: ApiKey) -> None:
        with self._draft():
            if key.key_id in self._keys or any(known.hash == key.hash for known in self._keys.values()):
                msg = f"api_keys: expected a new id and hash, got key {key.key_id!r} again"
                raise ConflictError(msg)
            self._keys[key.key_id] = key

    def keys(self) -> list[ApiKey]:
        with self._reading():
            return sorted(self._keys.values(), key=lambda key: (key.created_at, key.key_id))

    def revoke_key(self, key_id: str, at: Instant) -> bool:
        with self._draft():
            key = self._keys.get(key_id)
            if key is not None and key.revoked_at is None:
                self._keys[key_id] = replace(key, revoked_at=at)
            return key is not None

    def mark(self, name: str, value: str) -> None:
        with self._draft():
            self._marks[name] = value

    def marker(self, name: str) -> str | None:
        with self._reading():
            return self._marks.get(name)

    def users(self) -> Iterator[str]:
        return self._snapshot(lambda content: sorted(p.user_key for p in content.people.values() if p.record))

    def events_since(self, at: Instant) -> Iterator[StoredEvent]:
        def read(content: Content) -> list[StoredEvent]:
            found = (stored for stored in content.events.values() if stored.event.at >= at)
            return sorted(found, key=lambda stored: stored.event.at)

        return self._snapshot(read)

    def decisions_since(self, at: Instant) -> Iterator[DecisionRow]:
        def read(content: Content) -> list[DecisionRow]:
            found = (row for row in content.decisions.values() if row.decided_at >= at)
            return sorted(found, key=lambda row: (row.decided_at, row.decision_id))

        return self._snapshot(read)

    def count(self, table: str) -> int:
        with self._reading() as content:
            rows = self._rows(content)
        if table not in rows:
            msg = f"table: expected one of {', '.join(rows)}, got {table!r}"
            raise ValueError(msg)
        return rows[table]

    def _rows(self, content: Content) -> dict[str, int]:
        people = content.people.values()
        return {
            "meta": 2,
            "marks": len(self._marks),
            "users": sum(person.record is not None for person in people),
            "events": len(content.events),
            "pushes": len(content.owners),
            "slots": sum(len(taken) for person in people for taken in person.slots.values()),
            "decisions": len(content.decisions),
            "messages": len(self._catalogue.live) + len(self._catalogue.deleted),
            "message_counts": len(content.totals),
            "idempotency": len(self._claims),
            "api_keys": len(self._keys),
        }

    def ping(self) -> None:
        self.catalogue_version()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._content, self._catalogue = Content(), Catalogue()


def _apply(draft: Draft, step: Step[A]) -> A:
    user_key, rule, since, content_keys = step
    change = rule(draft.reading(user_key, since, content_keys))
    check_owner(user_key, change)
    draft.apply(user_key, change)
    return change.answer
