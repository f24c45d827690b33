"""The store in this process's memory."""

# What each method promises is written once, in `Store`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, TypeVar

from pushrank.domain.instants import Instant
from pushrank.domain.ledger import Entry, Head, Link
from pushrank.domain.message import Message
from pushrank.domain.record import A, CountDelta, DecisionRow, FeatureRow, StoredEvent, Tombstone, UserRecord
from pushrank.store.changes import Tomb, check_erased, check_expires, check_owner, token_of
from pushrank.store.errors import StoreError
from pushrank.store.first import GONE, SEVERAL
from pushrank.store.memory.ageing import expire
from pushrank.store.memory.claims import Claims
from pushrank.store.memory.content import Content
from pushrank.store.memory.copying import copy_into
from pushrank.store.memory.doors import Doors
from pushrank.store.memory.draft import Draft
from pushrank.store.memory.moving import rename
from pushrank.store.memory.person import Person
from pushrank.store.memory.telling import counted, everything
from pushrank.store.memory.totals import Catalogue
from pushrank.store.protocol import Rule, Step, Store
from pushrank.store.values import Answer, ApiKey, Claim

T = TypeVar("T")


class MemoryStore:
    """Everything that `Store` promises, except that nothing outlives the process, and that no other one sees it.

    For simulations and back-tests: values are kept as they are, so a write costs microseconds. No address leads here,
    so no deployment can keep permissions in it.
    """

    def __init__(self, tomb: Tomb | None = None) -> None:
        self._lock = RLock()
        self._writing = self._closed = False
        self._tomb = tomb
        self._content, self._catalogue, self._claims, self._doors = Content(), Catalogue(), Claims(), Doors()

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
                draft = Draft(content, self._claims, self._tomb)
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
            person = content.people.get(user_key) or Person(user_key)
            if person.record is None and content.buried(user_key, self._tomb):
                return UserRecord(user_key, erased=True)
            return person.read(since, content_keys)

    def transact(self, user_key: str, rule: Rule[A], since: Instant, content_keys: Sequence[str] = ()) -> A:
        with self._draft() as draft:
            return _apply(draft, (user_key, rule, since, content_keys))

    def transact_batch(self, steps: Sequence[Step[A]]) -> list[A]:
        with self._draft() as draft:
            return [_apply(draft, step) for step in steps]

    def append_decision(self, row: DecisionRow, features: FeatureRow | None = None) -> None:
        with self._draft() as draft:
            draft.check(row.user_key)
            draft.decide(row, features)

    def decision(self, decision_id: str) -> DecisionRow | None:
        with self._reading() as content:
            return content.decisions.get(decision_id)

    def forget_decisions(self, before: Instant) -> int:
        """Drop the decisions made before a moment, which then can't be confirmed any more; return how many.

        Not part of `Store`, where decisions are kept: a simulation of months would fill the memory with them.
        """
        with self._draft(), self._reading() as content:
            gone = [row.decision_id for row in content.decisions.values() if row.decided_at < before]
            content.drop_decisions(gone)
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

    def claim(  # noqa: PLR0913 - what a request is known by
        self, key: str, route: str, digest: str, subject: str, at: Instant, stale: Instant, person: str = ""
    ) -> Claim:
        with self._draft(), self._reading() as content:
            erased = person not in ("", SEVERAL) and content.buried(person, self._tomb)
            return self._claims.claim((key, route, digest), subject, at, stale, GONE if erased else person)

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
            self._doors.add(key)

    def keys(self) -> list[ApiKey]:
        with self._reading():
            return self._doors.in_order()

    def revoke_key(self, key_id: str, at: Instant) -> bool:
        with self._draft():
            return self._doors.revoke(key_id, at)

    def mark(self, name: str, value: str) -> None:
        with self._draft():
            self._doors.marks[name] = value

    def marker(self, name: str) -> str | None:
        with self._reading():
            return self._doors.marks.get(name)

    def markers(self, prefix: str) -> dict[str, str]:
        with self._reading():
            return {name: value for name, value in sorted(self._doors.marks.items()) if name.startswith(prefix)}

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

    def decisions_of(self, user_key: str, before: Instant, most: int) -> list[DecisionRow]:
        with self._reading() as content:
            return content.decisions_of(user_key, before)[:most]

    def features_of(self, decision_id: str) -> FeatureRow | None:
        with self._reading() as content:
            return content.features.get(decision_id)

    def events_of(self, user_key: str) -> list[StoredEvent]:
        with self._reading() as content:
            return list(content.events_of.get(user_key, ()))

    def words(self, user_key: str) -> list[tuple[int, Entry]]:
        with self._reading() as content:
            return content.words(user_key)

    def chain(self, after: int = 0) -> Iterator[Link]:
        return self._snapshot(lambda content: content.links[max(after, 0) :])

    def head(self) -> Head:
        with self._reading() as content:
            return content.head()

    def everything(self, user_key: str) -> Mapping[str, list[dict[str, Any]]]:
        with self._reading() as content:
            return everything(content, self._claims, user_key)

    def tombstones(self) -> Iterator[Tombstone]:
        return self._snapshot(lambda content: sorted(content.stones.values(), key=lambda one: (one.at, one.token)))

    def lift(self, user_key: str) -> bool:
        token = token_of(self._tomb, user_key)
        with self._draft(), self._reading() as content:
            return content.stones.pop(token, None) is not None

    def rename(self, old_key: str, new_key: str) -> bool:
        with self._draft(), self._reading() as content:
            moved = rename(content, old_key, new_key, self._tomb)
            if moved:
                self._claims.rename(old_key, new_key)
            return moved

    def expire(self, table: str, before: Instant, most: int) -> int:
        check_expires(table)
        with self._draft(), self._reading() as content:
            return expire(content, self._catalogue, (table, before, most))

    def aged(self, before: Instant, most: int) -> list[str]:
        with self._reading() as content:
            old = {stored.event.user_id for stored in content.events.values() if stored.event.at < before}
            return sorted(old)[:most]

    def scrub(self, *, thorough: bool = False) -> bool:
        del thorough
        self.ping()
        return True

    def count(self, table: str) -> int:
        with self._reading() as content:
            own = {"marks": len(self._doors.marks), "api_keys": len(self._doors.keys), "idempotency": len(self._claims)}
            rows = counted(content, self._catalogue) | own
        if table not in rows:
            msg = f"table: expected one of {', '.join(rows)}, got {table!r}"
            raise ValueError(msg)
        return rows[table]

    def ping(self) -> None:
        self.catalogue_version()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._content, self._catalogue = Content(), Catalogue()


def _apply(draft: Draft, step: Step[A]) -> A:
    user_key, rule, since, content_keys = step
    reading = draft.reading(user_key, since, content_keys)
    change = rule(reading)
    check_owner(user_key, change)
    check_erased(reading.record, change)
    draft.apply(user_key, change)
    return change.answer
