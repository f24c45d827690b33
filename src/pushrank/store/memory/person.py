"""One user: a record, the pushes in the orders in which they are asked for, and the slots that they take."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pushrank.domain.instants import Instant
from pushrank.domain.record import Push, Slot, UserRecord
from pushrank.store.errors import ConflictError
from pushrank.store.rows import FREEING, in_order

# Moment and id of a push lead, so that sorting never looks at what follows.
_Dated: TypeAlias = tuple[Instant, str, Push]
_Place: TypeAlias = tuple[Instant, str, Instant, Instant]


@dataclass(slots=True)
class Person:
    """What is kept of one user. Only a copy that nobody else has may be changed.

    `active` are the held and confirmed pushes by moment and id, `bearing` the same by content key. `decided` names the
    pushes of a decision. `places` are the slots taken under a cap: moment, push, first moment and end of its window.
    """

    user_key: str
    record: UserRecord | None = None
    pushes: dict[str, Push] = field(default_factory=dict)
    active: list[_Dated] = field(default_factory=list)
    bearing: dict[str, Push] = field(default_factory=dict)
    decided: dict[str, tuple[str, ...]] = field(default_factory=dict)
    slots: dict[str, tuple[Slot, ...]] = field(default_factory=dict)
    places: dict[str, list[_Place]] = field(default_factory=dict)
    version: int = 0

    def copied(self) -> Person:
        """Make a copy that may be changed."""
        places = {cap: list(taken) for cap, taken in self.places.items()}
        held = dict(self.pushes), list(self.active), dict(self.bearing), dict(self.decided), dict(self.slots)
        return Person(self.user_key, self.record, *held, places, self.version)

    def read(self, since: Instant, content_keys: Iterable[str]) -> UserRecord:
        """Give the record with the pushes that count since a moment or bear one of the content keys."""
        recent = [push for _, _, push in self.active[bisect_left(self.active, (since,)) :]]
        bearing = self.bearing
        named = {key: bearing[key] for key in content_keys if key in bearing}
        older = sorted((p for p in named.values() if p.at < since), key=lambda push: (push.at, push.push_id))
        pushes = (*older, *recent)
        return UserRecord(self.user_key, pushes=pushes) if self.record is None else replace(self.record, pushes=pushes)

    def pushes_of(self, decision_id: str) -> list[Push]:
        """Give the pushes of one decision, in whatever state."""
        found = (self.pushes[name] for name in self.decided.get(decision_id, ()))
        return sorted((p for p in found if p.decision_id == decision_id), key=lambda push: (push.at, push.push_id))

    def put(self, pushes: Sequence[Push]) -> None:
        """Insert or replace pushes by id, those that free a content key first; ConflictError where two share one."""
        for push in in_order(pushes):
            before = self.pushes.get(push.push_id)
            if before is not None and before.state not in FREEING:
                del self.active[bisect_left(self.active, (before.at, before.push_id))]
                del self.bearing[before.content_key]
            self.pushes[push.push_id] = push
            if push.state not in FREEING:
                self._bear(push)
            if push.decision_id is not None:
                known = self.decided.get(push.decision_id, ())
                self.decided[push.decision_id] = known if push.push_id in known else (*known, push.push_id)

    def _bear(self, push: Push) -> None:
        rival = self.bearing.get(push.content_key)
        if rival is not None:
            names = f"{rival.push_id!r} and {push.push_id!r}"
            msg = f"pushes: expected one held or confirmed push of content {push.content_key!r}, got {names}"
            raise ConflictError(msg)
        self.bearing[push.content_key] = push
        insort(self.active, (push.at, push.push_id, push))

    def drop(self, push_id: str) -> None:
        """Delete a push and the slots that it takes."""
        self.give_back((push_id,))
        push = self.pushes.pop(push_id)
        if push.state not in FREEING:
            del self.active[bisect_left(self.active, (push.at, push_id))]
            del self.bearing[push.content_key]
        if push.decision_id is not None:
            rest = tuple(name for name in self.decided.pop(push.decision_id) if name != push_id)
            if rest:
                self.decided[push.decision_id] = rest

    def give_back(self, push_ids: Iterable[str]) -> None:
        """Free the slots of pushes."""
        for name in push_ids:
            for slot in self.slots.pop(name, ()):
                taken = self.places[slot.cap]
                del taken[bisect_left(taken, (slot.at, name))]

    def take(self, slots: Mapping[str, Sequence[Slot]]) -> None:
        """Take slots for pushes, by push id, that have none; ConflictError for one that a database would refuse."""
        for name, wanted in slots.items():
            self.slots[name] = tuple(wanted)
            if name not in self.pushes or len({slot.cap for slot in wanted}) < len(wanted):
                msg = f"slots: expected a push of user {self.user_key!r} and each cap once, got push {name!r}"
                raise ConflictError(msg)
            for slot in wanted:
                self._take(name, slot)

    def _take(self, name: str, slot: Slot) -> None:
        if not slot.starts <= slot.at < slot.ends:
            msg = f"slots: expected a window around {slot.at}, got {slot.starts} to {slot.ends} under {slot.cap!r}"
            raise ConflictError(msg)
        taken = self.places.setdefault(slot.cap, [])
        if slot.most is not None and _beyond(taken, slot, slot.most):
            msg = f"slots: a push beyond its cap: expected at most {slot.most} under {slot.cap!r}, got one more"
            raise ConflictError(msg)
        insort(taken, (slot.at, name, slot.starts, slot.ends))


def _beyond(taken: Sequence[_Place], slot: Slot, most: int) -> bool:
    """Whether a slot would be one too many, as `rows.BEYOND_CAP` says it of a database."""
    later = taken[bisect_left(taken, (slot.at,)) :]
    spans = [(starts, ends) for _, _, starts, ends in later if starts <= slot.at < ends]
    return any(
        bisect_left(taken, (ends,)) - bisect_left(taken, (starts,)) >= most
        for starts, ends in ((slot.starts, slot.ends), *spans)
    )
