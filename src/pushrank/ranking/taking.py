"""What one user's new events change, computed from a reading and written by the store: a pure rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple, TypeVar

from pushrank.domain.codes import EventType, HoldState
from pushrank.domain.event import Event
from pushrank.domain.instants import utc_offset
from pushrank.domain.record import Change, CountDelta, Presence, Push, Reading, Slot, StoredEvent, UserRecord
from pushrank.features.events import encode_events, folds
from pushrank.features.fold import fold
from pushrank.features.state import decode_state, encode_state
from pushrank.features.tallies import INTERACTING, Tally, added_by, canonical, deltas, place_of, taken_back, tally
from pushrank.policy import Policy, slots_of, zone_of
from pushrank.ranking.catalogue import LookUp
from pushrank.ranking.effects import applied_late, without_birth_date
from pushrank.ranking.presence import complains, with_complaints, with_signs
from pushrank.ranking.settling import settled

A = TypeVar("A")


class Arrival(NamedTuple):
    """An event as it came: its place in the call, its user by key, a digest of its body."""

    place: int
    event: Event
    digest: str


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
    ) -> None:
        self._reading = reading
        self._policy = policy
        self._message_of = message_of
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
        record, events = self._reading.record, []
        for event in self._events:
            record = applied_late(record, event, self._younger(event))
            events.append(self._storable(record, event))
        before = [stored.event for stored in self._stored] if self._again else []
        pushes = settled(self._reading, self._message_of, self._events, before)
        return Change(
            answer,
            record=self._folded(record, events),
            events=tuple(events),
            pushes=pushes,
            counts=self._counts(),
            slots=self._slots(record, pushes),
        )

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

    def _folded(self, record: UserRecord, fresh: Sequence[StoredEvent]) -> UserRecord:
        """Fold the new events onto the state, or all of the user's where the order or a send is put right."""
        events = [*self._stored, *fresh] if self._again else fresh
        failed = taken_back(stored.event for stored in events)
        standing = [s for s in events if folds(s.event) and s.event.event_id not in failed]
        blob = record.state
        if standing or self._again:
            state = decode_state(None if self._again else blob)
            fold(
                state,
                encode_events([(s.event, self._message_of(s.event.message_id or ""), s.offset) for s in standing]),
            )
            blob = encode_state(state)
        last = max(self._events[-1].at, record.last_event_at or 0)
        return replace(record, known=True, state=blob, last_event_at=last, presence=self._presence(record.presence))

    def _presence(self, known: Presence) -> Presence:
        presence = with_signs(known, self._events, self._policy.config.seen_elsewhere, self._message_of)
        if not any(map(complains, self._events)):
            return presence
        before = [stored.event for stored in self._stored] if self._late else []
        stands = with_complaints(() if self._late else known.too_often, [*before, *self._events])
        return replace(presence, too_often=stands)

    def _counts(self) -> tuple[CountDelta, ...]:
        if not self._late and not any(event.type in INTERACTING for event in self._events):
            return deltas(Tally(), tally(self._events))
        before = [stored.event for stored in self._stored]
        if not self._again:
            return deltas(Tally(), added_by(self._events, before))
        return deltas(tally(before), tally([*before, *self._events]))
