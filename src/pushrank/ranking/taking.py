"""What one user's new events change, computed from a reading and written by the store: a pure rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple, TypeVar

from pushrank.domain.codes import EventType, HoldState
from pushrank.domain.event import Event
from pushrank.domain.instants import utc_offset
from pushrank.domain.ledger import Entry, entries, repeated
from pushrank.domain.record import Change, CountDelta, Presence, Push, Reading, Slot, StoredEvent, UserRecord
from pushrank.features.events import EVERYTHING
from pushrank.features.presence import complains, with_complaints, with_signs
from pushrank.features.profile import Remembered, extended, learned, tally_of
from pushrank.features.tallies import INTERACTING, Tally, added_by, canonical, deltas, place_of, tally
from pushrank.policy import Policy, slots_of, zone_of
from pushrank.ranking.catalogue import LookUp
from pushrank.ranking.effects import applied_late, spoken_since, without_birth_date
from pushrank.ranking.settling import settled

A = TypeVar("A")


class Arrival(NamedTuple):
    """An event as it came: its place in the call, its user by key and its id as a code, a digest of its body.

    `plain` has the id as it was given: so it was stored before ids became codes.
    """

    place: int
    event: Event
    digest: str
    plain: Event | None = None


def _stood(before: Push | None, push: Push) -> bool:
    """Whether a push was confirmed before, so that it keeps the slots that it took then."""
    return before is not None and before.state is HoldState.CONFIRMED and before.at == push.at


class Taking:
    """New events of one user, none of them stored yet, and what was read of the user."""

    def __init__(
        self,
        reading: Reading,
        policy: Policy,
        message_of: LookUp,
        arrivals: Sequence[Arrival],
        source: str = "event",
    ) -> None:
        self._reading = reading
        self._policy = policy
        self._message_of = message_of
        self._source = source
        self._digests = {arrival.event.event_id: arrival.digest for arrival in arrivals}
        self._events = canonical(arrival.event for arrival in arrivals)
        last = reading.record.last_event_at
        self._late = last is not None and self._events[0].at <= last
        self._corrects = any(event.type is EventType.FAILED for event in self._events)

    @cached_property
    def _stored(self) -> Sequence[StoredEvent]:
        """Every event of the user that was taken before; read only where it matters."""
        return self._reading.events()

    @property
    def _again(self) -> bool:
        """Whether what was stored before has to be looked at again."""
        return self._late or self._corrects

    def change(self, answer: A) -> Change[A]:
        """Everything that the events change, with `answer` for whoever reported them."""
        record, events, words = self._reading.record, [], list[Entry]()
        for event in self._events:
            before_it, record = record, self._applied(record, event)
            words += self._words(before_it, record, event)
            events.append(self._storable(record, event))
        before = [stored.event for stored in self._stored] if self._again else []
        pushes = settled(self._reading, self._message_of, self._events, before)
        record, counts = self._remembered(record, events)
        return Change(
            answer,
            record=record,
            events=tuple(events),
            pushes=pushes,
            counts=counts,
            slots=self._slots(record, pushes),
            ledger=tuple(words),
        )

    def _applied(self, record: UserRecord, event: Event) -> UserRecord:
        """Apply one event; on what it chooses the user's own younger word has the say."""
        after = applied_late(record, event, self._younger(event))
        if after.preferences is record.preferences or not spoken_since(event, self._reading.words()):
            return after
        return replace(after, preferences=record.preferences)

    def _words(self, before: UserRecord, after: UserRecord, event: Event) -> tuple[Entry, ...]:
        """What the user said by an event."""
        if after.preferences is before.preferences and event.type is EventType.OPTED_OUT:
            # Said once more it is the last word, and nobody may undo the one before it any more.
            said = {"push": False} if event.scope in (None, EVERYTHING) else {"categories": {event.scope: False}}
            return repeated(before.user_key, before.preferences, said, event.at, self._source)
        if after.preferences is before.preferences:
            return ()
        return entries(before.user_key, before.preferences, after.preferences, event.at, self._source)

    def _slots(self, record: UserRecord, pushes: Sequence[Push]) -> dict[str, tuple[Slot, ...]]:
        """What reported sends take: they are facts, so they count for others, and nothing limits them."""
        known = {push.push_id: push for push in self._reading.record.pushes}
        return {
            push.push_id: slots_of(self._policy, record, push, None)
            for push in pushes
            if push.state is HoldState.CONFIRMED and not _stood(known.get(push.push_id), push)
        }

    def _younger(self, event: Event) -> list[Event]:
        if not self._late:
            return []
        return [stored.event for stored in self._stored if place_of(stored.event) > place_of(event)]

    def _storable(self, record: UserRecord, event: Event) -> StoredEvent:
        zone = zone_of(record, self._policy.config) or "UTC"
        return StoredEvent(without_birth_date(event), utc_offset(zone, event.at), self._digests[event.event_id])

    def _remembered(self, record: UserRecord, fresh: Sequence[StoredEvent]) -> Remembered:
        """Remember what may be: of new events alone, or of all where the order, a send or the user's word changes."""
        before, setting = self._reading.record, self._policy.config.seen_elsewhere
        last = max(self._events[-1].at, before.last_event_at or 0)
        record = replace(record, known=True, last_event_at=last)
        if not record.profiled and not before.profiled:
            return Remembered(learned(record, (), self._message_of, setting), ())
        if self._again or record.profiled != before.profiled:
            stored = [known.event for known in self._stored]
            counts = deltas(tally_of(before, stored), tally_of(record, [*stored, *self._events]))
            return Remembered(learned(record, [*self._stored, *fresh], self._message_of, setting), counts)
        state, presence = extended(record, fresh, self._message_of), self._presence(record.presence)
        return Remembered(replace(record, state=state, presence=presence), self._counts())

    def _presence(self, known: Presence) -> Presence:
        presence = with_signs(known, self._events, self._policy.config.seen_elsewhere, self._message_of)
        if not any(map(complains, self._events)):
            return presence
        return replace(presence, too_often=with_complaints(known.too_often, self._events))

    def _counts(self) -> tuple[CountDelta, ...]:
        """What the new events, all younger than those before, add to the counts."""
        if not any(event.type in INTERACTING for event in self._events):
            return deltas(Tally(), tally(self._events))
        return deltas(Tally(), added_by(self._events, [stored.event for stored in self._stored]))
