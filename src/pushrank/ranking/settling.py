"""Which pushes stand after sends and failures were reported, in whatever order they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.message import Message
from pushrank.domain.record import Push, Reading
from pushrank.features.tallies import canonical, place_of, taken_back
from pushrank.ranking import budget
from pushrank.ranking.catalogue import LookUp
from pushrank.ranking.decision_json import read


def settled(reading: Reading, message_of: LookUp, fresh: Sequence[Event], stored: Sequence[Event]) -> tuple[Push, ...]:
    """Return the pushes that change when `fresh` events join the `stored` ones, both of one user.

    `stored` may be left empty where no fresh event is a failure and none is older than a stored one.
    """
    before, after = taken_back(stored), taken_back([*stored, *fresh])
    known = reading.record.pushes
    changed: tuple[Push, ...] = ()
    for event in canonical(_speaking(stored, fresh, before ^ after)):
        pushes = _with_own(reading, budget.merged(known, changed), event)
        message = message_of(event.message_id or "")
        if event.type is EventType.SENT and event.event_id not in after and message is not None:
            changed = budget.merged(changed, budget.sent(pushes, event, _as_decided(reading, pushes, event, message)))
        elif event.decision_id is None or not _sent_later(event, (*stored, *fresh)):
            changed = budget.merged(changed, budget.failed(pushes, event))
    return changed


def _with_own(reading: Reading, pushes: tuple[Push, ...], event: Event) -> tuple[Push, ...]:
    """The pushes with the one that a report of a decision speaks of, whatever became of it."""
    name = budget.name_of(event)
    if event.decision_id is None or any(push.push_id == name for push in pushes):
        return pushes
    own = (push for push in reading.pushes_of(event.decision_id) if push.push_id == name)
    return (*pushes, *own)


def _speaking(stored: Sequence[Event], fresh: Sequence[Event], turned: frozenset[str]) -> list[Event]:
    """New reports of sends and failures, and the old ones that they turn."""
    new = [e for e in fresh if e.type is EventType.SENT or (e.type is EventType.FAILED and e.decision_id is not None)]
    return [*new, *(event for event in stored if event.event_id in turned)]


def _sent_later(event: Event, events: Sequence[Event]) -> bool:
    """Whether the decision's push was sent again after this report."""
    push = (EventType.SENT, event.decision_id, event.message_id)
    return any((e.type, e.decision_id, e.message_id) == push and place_of(e) > place_of(event) for e in events)


def _as_decided(reading: Reading, pushes: Sequence[Push], event: Event, message: Message) -> Message:
    """The message with the event key that a decision gave it; a push that still stands bears its own key."""
    if event.decision_id is None or budget.name_of(event) in {push.push_id for push in pushes}:
        return message
    row = reading.decision(event.decision_id)
    slate = () if row is None else read(row).slate
    keys = [chosen.event_key for chosen in slate if chosen.scored.message_id == message.message_id]
    return replace(message, event_key=keys[0]) if keys else message
