"""What a transaction is about to change: seen by its own rules, by nobody else until it ends well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pushrank.domain.instants import Instant
from pushrank.domain.ledger import Head
from pushrank.domain.ledger import erasure as told
from pushrank.domain.record import (
    Change,
    CountDelta,
    DecisionRow,
    Erasure,
    FeatureRow,
    Push,
    Reading,
    StoredEvent,
    Tombstone,
    UserRecord,
)
from pushrank.store.chain import Word, lengthened
from pushrank.store.changes import Tomb, refused_write, token_of
from pushrank.store.errors import ConflictError
from pushrank.store.memory.claims import Claims
from pushrank.store.memory.content import Content
from pushrank.store.memory.person import Person
from pushrank.store.rows import slots_ended


class Draft:
    """Changes of some users on top of what is kept. Dropping it undoes all of them."""

    def __init__(self, content: Content, claims: Claims, tomb: Tomb | None) -> None:
        self._content, self._claims, self._tomb = content, claims, tomb
        self._people: dict[str, Person] = {}
        self._owners: dict[str, str] = {}
        self._events: dict[str, StoredEvent] = {}
        self._decisions: dict[str, DecisionRow] = {}
        self._features: dict[str, FeatureRow] = {}
        self._words: list[Word] = []
        self._older: dict[str, Instant] = {}
        self._erased: dict[str, Erasure] = {}
        self._counts: list[Sequence[CountDelta]] = []

    def reading(self, user_key: str, since: Instant, content_keys: Sequence[str]) -> Reading:
        """Read a user as the steps before have left it."""
        return Reading(
            self._record(user_key, since, content_keys),
            partial(self._events_of, user_key),
            self._digest_of,
            partial(self._decision_of, user_key),
            partial(self._pushes_of, user_key),
            partial(self._content.words, user_key),
        )

    def apply(self, user_key: str, change: Change[Any]) -> None:
        """Enter a change; ConflictError where a database's constraints would refuse it."""
        if change.counts:
            self._counts.append(change.counts)
        if change.erase is not None:
            self._erase(user_key, change.erase)
            return
        if change.record is not None or change.pushes or change.slots:
            self._change(user_key, change)
        for stored in change.events:
            self._enter(stored)
        if change.forget_before is not None:
            self._forget(user_key, change.forget_before)
        self.decide(change.decision, change.features)
        if change.ledger:
            self._words += lengthened(self._head(), change.ledger)

    def decide(self, row: DecisionRow | None, features: FeatureRow | None = None) -> None:
        """Enter a decision and what it saw, where given; ConflictError for an id that is known."""
        if row is not None:
            self._decide(row)
        if features is not None:
            self._see(features)

    def check(self, user_key: str) -> None:
        """Raise ConflictError where a user was erased."""
        if self._record(user_key, 0, ()).erased:
            raise refused_write()

    def _decide(self, row: DecisionRow) -> None:
        if row.decision_id in self._decisions or row.decision_id in self._content.decisions:
            msg = f"decisions.decision_id: expected a new id, got {row.decision_id!r} again"
            raise ConflictError(msg)
        self._decisions[row.decision_id] = row

    def _see(self, row: FeatureRow) -> None:
        name = row.decision_id
        known = name in self._decisions or name in self._content.decisions
        if not known or name in self._features or name in self._content.features:
            msg = f"feature_rows.decision_id: expected a decision and one row for it, got {name!r}"
            raise ConflictError(msg)
        self._features[name] = row

    def keep(self) -> None:
        """Make it count; this can't fail."""
        content = self._content
        for user_key in self._erased:
            content.drop(user_key)
            self._claims.erase(user_key)
        for user_key, before in self._older.items():
            content.forget_events(user_key, before)
        content.people.update(self._people)
        content.owners.update(self._owners)
        content.events.update(self._events)
        for stored in self._events.values():
            content.events_of.setdefault(stored.event.user_id, []).append(stored)
        content.decisions.update(self._decisions)
        content.features.update(self._features)
        for word in self._words:
            content.speak(word)
        for user_key, erasure in self._erased.items():
            self._bury(user_key, erasure)
        for deltas in self._counts:
            content.totals.add(deltas)

    def _bury(self, user_key: str, erasure: Erasure) -> None:
        token, stones = token_of(self._tomb, user_key), self._content.stones
        at = stones[token].at if token in stones else erasure.at
        stones[token] = Tombstone(token, at, erasure.models, erasure.retrain_by)

    def _erase(self, user_key: str, erasure: Erasure) -> None:
        """Take back what this draft holds of a user; what is kept goes when the draft is kept."""
        token_of(self._tomb, user_key)
        again = self._record(user_key, 0, ()).erased
        places = list(self._content.spoken.get(user_key, ())) if user_key not in self._erased else []
        places += [word.link.seq for word in self._words if word.user_key == user_key and word.link.entry is not None]
        self._people.pop(user_key, None)
        self._older.pop(user_key, None)
        self._owners = {name: owner for name, owner in self._owners.items() if owner != user_key}
        self._events = {name: one for name, one in self._events.items() if one.event.user_id != user_key}
        self._decisions = {name: row for name, row in self._decisions.items() if row.user_key != user_key}
        self._features = {name: row for name, row in self._features.items() if row.user_key != user_key}
        self._words = [_silenced(word) if word.user_key == user_key else word for word in self._words]
        if places or not again:
            self._words += lengthened(self._head(), [told(places, erasure.at)])
        self._erased[user_key] = erasure

    def _forget(self, user_key: str, before: Instant) -> None:
        self._older[user_key] = max(before, self._older.get(user_key, before))
        kept = self._events.items()
        self._events = {n: one for n, one in kept if one.event.user_id != user_key or one.event.at >= before}

    def _head(self) -> Head:
        if not self._words:
            return self._content.head()
        last = self._words[-1].link
        return Head(last.seq, last.digest)

    def _record(self, user_key: str, since: Instant, content_keys: Sequence[str]) -> UserRecord:
        if user_key in self._erased:
            return UserRecord(user_key, erased=True)
        person = self._person(user_key)
        if person.record is None and self._content.buried(user_key, self._tomb):
            return UserRecord(user_key, erased=True)
        return person.read(since, content_keys)

    def _person(self, user_key: str) -> Person:
        found = self._people.get(user_key)
        if found is None and user_key not in self._erased:
            found = self._content.people.get(user_key)
        return Person(user_key) if found is None else found

    def _change(self, user_key: str, change: Change[Any]) -> None:
        person = self._people.get(user_key)
        if person is None:
            person = self._people[user_key] = self._person(user_key).copied()
        if change.record is not None:
            person.record = replace(change.record, known=True, erased=False, pushes=())
            person.version += 1
        for push in change.pushes:
            self._own(user_key, push)
        person.give_back(slots_ended(change))
        person.put(change.pushes)
        person.take(change.slots)

    def _own(self, user_key: str, push: Push) -> None:
        owner = self._owners.get(push.push_id) or self._content.owners.get(push.push_id)
        owner = None if owner in self._erased else owner
        if owner is None:
            self._owners[push.push_id] = user_key
        elif owner != user_key:
            msg = f"push_id: expected a push of user {user_key!r} or a new one, got {push.push_id!r} of another user"
            raise ConflictError(msg)

    def _enter(self, stored: StoredEvent) -> None:
        name = stored.event.event_id
        if self._digest_of(name) is not None:
            msg = f"events.event_id: expected a new id, got {name!r} again"
            raise ConflictError(msg)
        self._events[name] = stored

    def _events_of(self, user_key: str) -> list[StoredEvent]:
        fresh = [stored for stored in self._events.values() if stored.event.user_id == user_key]
        return [*(one for one in self._content.events_of.get(user_key, ()) if self._still(one)), *fresh]

    def _digest_of(self, event_id: str) -> str | None:
        found = self._events.get(event_id) or self._content.events.get(event_id)
        return None if found is None or not (event_id in self._events or self._still(found)) else found.digest

    def _still(self, stored: StoredEvent) -> bool:
        """Whether a kept event has neither been forgotten nor erased by this draft."""
        user_key = stored.event.user_id
        return user_key not in self._erased and stored.event.at >= self._older.get(user_key, stored.event.at)

    def _decision_of(self, user_key: str, decision_id: str) -> DecisionRow | None:
        row = self._decisions.get(decision_id) or self._content.decisions.get(decision_id)
        return row if row is not None and row.user_key == user_key and user_key not in self._erased else None

    def _pushes_of(self, user_key: str, decision_id: str) -> list[Push]:
        return self._person(user_key).pushes_of(decision_id)


def _silenced(word: Word) -> Word:
    return word._replace(link=replace(word.link, entry=None))
