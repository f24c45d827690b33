"""What a transaction is about to change: seen by its own rules, by nobody else until it ends well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from pushrank.domain.instants import Instant
from pushrank.domain.record import Change, CountDelta, DecisionRow, Push, Reading, StoredEvent
from pushrank.store.errors import ConflictError
from pushrank.store.memory.person import Person
from pushrank.store.memory.totals import Totals
from pushrank.store.rows import slots_ended


@dataclass(slots=True)
class Content:
    """All that is kept of users. `owners` gives the user of a push; events stand in order of arrival."""

    people: dict[str, Person] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    events: dict[str, StoredEvent] = field(default_factory=dict)
    events_of: dict[str, list[StoredEvent]] = field(default_factory=dict)
    decisions: dict[str, DecisionRow] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)


class Draft:
    """Changes of some users on top of what is kept. Dropping it undoes all of them."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._people: dict[str, Person] = {}
        self._owners: dict[str, str] = {}
        self._events: dict[str, StoredEvent] = {}
        self._decisions: dict[str, DecisionRow] = {}
        self._counts: list[Sequence[CountDelta]] = []

    def reading(self, user_key: str, since: Instant, content_keys: Sequence[str]) -> Reading:
        """Read a user as the steps before have left it."""
        return Reading(
            self._person(user_key).read(since, content_keys),
            partial(self._events_of, user_key),
            self._digest_of,
            partial(self._decision_of, user_key),
            partial(self._pushes_of, user_key),
        )

    def apply(self, user_key: str, change: Change[Any]) -> None:
        """Enter a change; ConflictError where a database's constraints would refuse it."""
        if change.record is not None or change.pushes or change.slots:
            self._change(user_key, change)
        for stored in change.events:
            self._enter(stored)
        if change.counts:
            self._counts.append(change.counts)
        if change.decision is not None:
            self.decide(change.decision)

    def decide(self, row: DecisionRow) -> None:
        """Enter a decision; ConflictError for an id that is known."""
        if row.decision_id in self._decisions or row.decision_id in self._content.decisions:
            msg = f"decisions.decision_id: expected a new id, got {row.decision_id!r} again"
            raise ConflictError(msg)
        self._decisions[row.decision_id] = row

    def keep(self) -> None:
        """Make it count; this can't fail."""
        content = self._content
        content.people.update(self._people)
        content.owners.update(self._owners)
        content.events.update(self._events)
        for stored in self._events.values():
            content.events_of.setdefault(stored.event.user_id, []).append(stored)
        content.decisions.update(self._decisions)
        for deltas in self._counts:
            content.totals.add(deltas)

    def _person(self, user_key: str) -> Person:
        found = self._people.get(user_key) or self._content.people.get(user_key)
        return Person(user_key) if found is None else found

    def _change(self, user_key: str, change: Change[Any]) -> None:
        person = self._people.get(user_key)
        if person is None:
            person = self._people[user_key] = self._person(user_key).copied()
        if change.record is not None:
            person.record = replace(change.record, known=True, pushes=())
        for push in change.pushes:
            self._own(user_key, push)
        person.give_back(slots_ended(change))
        person.put(change.pushes)
        person.take(change.slots)

    def _own(self, user_key: str, push: Push) -> None:
        owner = self._owners.get(push.push_id) or self._content.owners.get(push.push_id)
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
        return [*self._content.events_of.get(user_key, ()), *fresh]

    def _digest_of(self, event_id: str) -> str | None:
        found = self._events.get(event_id) or self._content.events.get(event_id)
        return None if found is None else found.digest

    def _decision_of(self, user_key: str, decision_id: str) -> DecisionRow | None:
        row = self._decisions.get(decision_id) or self._content.decisions.get(decision_id)
        return row if row is not None and row.user_key == user_key else None

    def _pushes_of(self, user_key: str, decision_id: str) -> list[Push]:
        return self._person(user_key).pushes_of(decision_id)
