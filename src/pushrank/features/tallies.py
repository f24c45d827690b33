"""What one user's events add to the figures across users: integer counts per message and hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import HOUR, Instant
from pushrank.domain.record import CountDelta
from pushrank.features.events import EVERYTHING
from pushrank.features.keys import key

OPT_OUT_WINDOW = 72 * HOUR

# Message, hour bucket, name of the count.
Tally: TypeAlias = Counter[tuple[str, int, str]]

_ONCE_A_PUSH = {EventType.CLICKED: "clicks", EventType.DISMISSED: "dismissals"}
_ORDER = {
    kind: place
    for place, kind in enumerate((EventType.SENT, *_ONCE_A_PUSH, EventType.OPTED_OUT, EventType.FAILED), start=1)
}
# What these count for depends on what came before them.
INTERACTING = frozenset({*_ONCE_A_PUSH, EventType.OPTED_OUT, EventType.FAILED})


@dataclass(slots=True)
class _Sent:
    """A push while its outcomes are counted; `at` is None where its send was never reported."""

    message_id: str
    at: Instant | None = None
    noted: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Pushes:
    """The pushes of one user so far: the last one, the newest of each message, and those of decisions."""

    last: _Sent | None = None
    by_message: dict[str, _Sent] = field(default_factory=dict)
    by_decision: dict[tuple[str, str], _Sent] = field(default_factory=dict)

    def sent(self, event: Event) -> _Sent:
        message = event.message_id or ""
        push = self.last = self.by_message[message] = _Sent(message, event.at)
        if event.decision_id is not None:
            self.by_decision[message, event.decision_id] = push
        return push

    def meant(self, event: Event) -> _Sent:
        """The push that an outcome speaks of; one that was never reported where there is none."""
        message = event.message_id or ""
        decided = self.by_decision.get((message, event.decision_id or ""))
        return decided or self.by_message.setdefault(message, _Sent(message))

    def blamed(self, event: Event) -> _Sent | None:
        """The push to which an opt-out belongs: the last one before it, whichever it names."""
        known = self.last is not None and self.last.at is not None and event.at - self.last.at <= OPT_OUT_WINDOW
        return self.last if known else None


def place_of(event: Event) -> tuple[int, int, int]:
    """Place of an event in the canonical order: by moment, then by what comes first by nature, then by message."""
    return event.at, _ORDER.get(event.type, 0), key(event.message_id)


def canonical(events: Iterable[Event]) -> list[Event]:
    """Bring one user's events into the canonical order."""
    return sorted(events, key=place_of)


def taken_back(events: Iterable[Event]) -> frozenset[str]:
    """Ids of sends that a later `failed` event took back: these never happened.

    Of a decision's push it takes back every report, of another system's pushes of a message the newest that stands.
    """
    standing: dict[tuple[str | None, str | None], list[str]] = {}
    taken: set[str] = set()
    speaking = [event for event in events if event.type in (EventType.SENT, EventType.FAILED)]
    if all(event.type is EventType.SENT for event in speaking):
        return frozenset()
    for event in canonical(speaking):
        sends = standing.setdefault((event.message_id, event.decision_id), [])
        if event.type is EventType.SENT:
            sends.append(event.event_id)
        else:
            first = 0 if event.decision_id is not None else -1
            taken.update(sends[first:])
            del sends[first:]
    return frozenset(taken)


def tally(events: Iterable[Event]) -> Tally:
    """Count one user's events, whatever the order in which they come.

    A push is clicked and dismissed at most once, however often it is reported. An opt-out of everything belongs to the
    last push before it, if that is no older than 72 h. A send that failed was none.
    """
    return _counted(events, _Pushes())


def added_by(fresh: Sequence[Event], before: Iterable[Event]) -> Tally:
    """Count what `fresh` events add to the tally of those `before`, which are all older; none of `fresh` is a failure.

    The same as tallying everything twice. An outcome depends on earlier events of its message alone, an opt-out on
    every send.
    """
    names = {event.message_id or "" for event in fresh}
    everything = any(_ends_permission(event) for event in fresh)
    pushes = _Pushes()
    _counted((e for e in before if e.type in _ORDER and (everything or (e.message_id or "") in names)), pushes)
    return _counted(fresh, pushes)


def _counted(events: Iterable[Event], pushes: _Pushes) -> Tally:
    """Count events that join `pushes`."""
    events = list(events)
    failed, counted = taken_back(events), Tally()
    for event in canonical(event for event in events if event.event_id not in failed):
        if event.type is EventType.SENT:
            counted[pushes.sent(event).message_id, event.at // HOUR, "sends"] += 1
        elif event.type in _ONCE_A_PUSH:
            _note(counted, pushes.meant(event), _ONCE_A_PUSH[event.type], event.at)
        elif _ends_permission(event):
            blamed = pushes.blamed(event)
            if blamed is not None:
                _note(counted, blamed, "opt_outs", event.at)
    return counted


def deltas(before: Tally, after: Tally) -> tuple[CountDelta, ...]:
    """What turns `before` into `after`, one entry per message and hour."""
    changed: dict[tuple[str, int], dict[str, int]] = {}
    for place in before.keys() | after.keys():
        message, bucket, name = place
        difference = after[place] - before[place]
        if difference:
            changed.setdefault((message, bucket), {})[name] = difference
    return tuple(CountDelta(message, bucket, **counts) for (message, bucket), counts in sorted(changed.items()))


def _note(counted: Tally, push: _Sent, name: str, at: Instant) -> None:
    if name not in push.noted:
        push.noted.add(name)
        counted[push.message_id, at // HOUR, name] += 1


def _ends_permission(event: Event) -> bool:
    return event.type is EventType.OPTED_OUT and event.scope in (None, EVERYTHING)
