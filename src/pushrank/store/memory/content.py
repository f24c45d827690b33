"""All that is kept of users, and how it goes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pushrank.domain.instants import Instant
from pushrank.domain.ledger import Entry, Head, Link
from pushrank.domain.record import DecisionRow, FeatureRow, StoredEvent, Tombstone
from pushrank.store.chain import Word, entry_of
from pushrank.store.changes import Tomb, sealed
from pushrank.store.memory.person import Person
from pushrank.store.memory.totals import Totals


@dataclass(slots=True)
class Content:
    """All that is kept of users.

    `owners` gives the user of a push; events stand in order of arrival. `links` is the consent ledger, `spoken` the
    places of each user in it, `stones` are the tombstones by token.
    """

    people: dict[str, Person] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    events: dict[str, StoredEvent] = field(default_factory=dict)
    events_of: dict[str, list[StoredEvent]] = field(default_factory=dict)
    decisions: dict[str, DecisionRow] = field(default_factory=dict)
    features: dict[str, FeatureRow] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    spoken: dict[str, list[int]] = field(default_factory=dict)
    stones: dict[str, Tombstone] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)

    def head(self) -> Head:
        """Give the last link of the ledger."""
        return Head(self.links[-1].seq, self.links[-1].digest) if self.links else Head()

    def buried(self, user_key: str, tomb: Tomb | None) -> bool:
        """Whether a tombstone stands in place of a user."""
        if not self.stones:
            return False
        if tomb is None:
            raise sealed()
        return tomb(user_key) in self.stones

    def standing(self, user_key: str, tomb: Tomb | None) -> bool:
        """Whether anything is kept of a user, be it a tombstone."""
        if user_key in self.people or user_key in self.events_of or user_key in self.spoken:
            return True
        return any(row.user_key == user_key for row in self.decisions.values()) or self.buried(user_key, tomb)

    def decisions_of(self, user_key: str, before: Instant) -> list[DecisionRow]:
        """Give the decisions about a user made before a moment, the newest first."""
        found = [row for row in self.decisions.values() if row.user_key == user_key and row.decided_at < before]
        return sorted(found, key=lambda row: (row.decided_at, row.decision_id), reverse=True)

    def words(self, user_key: str) -> list[tuple[int, Entry]]:
        """Give what a user said, by place in the ledger."""
        return [(seq, entry_of(seq, self.links[seq - 1].entry or b"")) for seq in self.spoken.get(user_key, ())]

    def speak(self, word: Word) -> None:
        """Add a link to the ledger."""
        self.links.append(word.link)
        if word.link.entry is not None:
            self.spoken.setdefault(word.user_key, []).append(word.link.seq)

    def drop(self, user_key: str) -> None:
        """Delete everything of a user; the links of the ledger stay."""
        self.people.pop(user_key, None)
        self.owners = {push_id: owner for push_id, owner in self.owners.items() if owner != user_key}
        for stored in self.events_of.pop(user_key, ()):
            del self.events[stored.event.event_id]
        self.decisions = {name: row for name, row in self.decisions.items() if row.user_key != user_key}
        self.features = {name: row for name, row in self.features.items() if row.user_key != user_key}
        for seq in self.spoken.pop(user_key, ()):
            self.links[seq - 1] = replace(self.links[seq - 1], entry=None)

    def forget_events(self, user_key: str, before: Instant) -> None:
        """Delete the events of a user that are older than a moment."""
        known = self.events_of.pop(user_key, [])
        kept = [stored for stored in known if stored.event.at >= before]
        for stored in known:
            if stored.event.at < before:
                del self.events[stored.event.event_id]
        if kept:
            self.events_of[user_key] = kept

    def drop_decisions(self, names: list[str]) -> None:
        """Delete decisions and what they saw."""
        for name in names:
            del self.decisions[name]
            self.features.pop(name, None)

    def drop_push(self, push_id: str) -> None:
        """Delete a push and the slots that it takes."""
        person = self.people[self.owners.pop(push_id)].copied()
        person.drop(push_id)
        self.people[person.user_key] = person
