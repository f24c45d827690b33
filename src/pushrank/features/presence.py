"""Signs of life: on which days the user was there, what was met outside of pushes, and what was too much."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from pushrank.config.types import SeenElsewhere
from pushrank.domain.codes import EventType, FeedbackReason
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, Instant
from pushrank.domain.message import Message, MessageOf
from pushrank.domain.record import Presence

MOST_DAYS = 16
MOST_SEEN = 200
MOST_COMPLAINTS = 8

_SIGNS = frozenset(
    {
        EventType.CLICKED,
        EventType.OPENED,
        EventType.ACTIVITY,
        EventType.ANSWER,
        EventType.CONVERTED,
        EventType.FEEDBACK,
        EventType.OPTED_IN,
    }
)
_MEETINGS = (EventType.CLICKED, EventType.OPENED)
_PUSH = "push"


def presence_of(events: Collection[Event], setting: SeenElsewhere | None, message_of: MessageOf) -> Presence:
    """Work out a user's presence from all of their events, in any order."""
    return replace(
        with_signs(Presence(), events, setting, message_of),
        too_often=with_complaints((), events),
    )


def with_signs(
    presence: Presence, events: Iterable[Event], setting: SeenElsewhere | None, message_of: MessageOf
) -> Presence:
    """Add one user's events to what is known of their presence; events in any order, in any parts, give the same.

    Every sign of life marks its UTC day; the newest `MOST_DAYS` are kept. What was met is kept where the policy has a
    `setting` for it, the newest `MOST_SEEN`, by moment and then by name: items of activities of its kinds, and
    messages that were opened or clicked outside of a push, as `content_key@channel`.
    """
    signs = [event for event in events if event.type in _SIGNS]
    if not signs:
        return presence
    days = _with_days(presence.days, {event.at // DAY for event in signs})
    met = [] if setting is None else [one for event in signs for one in _met(event, setting, message_of)]
    seen = _with_seen(presence.seen, met) if met else presence.seen
    same = days is presence.days and seen is presence.seen
    return presence if same else replace(presence, days=days, seen=seen)


def _with_days(known: tuple[int, ...], days: set[int]) -> tuple[int, ...]:
    return known if days.issubset(known) else tuple(sorted(days.union(known), reverse=True)[:MOST_DAYS])


def _met(event: Event, setting: SeenElsewhere, message_of: MessageOf) -> list[tuple[str, Instant]]:
    if event.type is EventType.ACTIVITY:
        return [(item, event.at) for item in event.items] if event.kind in setting.kinds else []
    message = message_of(event.message_id or "") if _outside_of_pushes(event) else None
    return [] if message is None else [(met_key(message, event.channel or ""), event.at)]


def _outside_of_pushes(event: Event) -> bool:
    """Whether the event itself says that it speaks of no push: what else was reported makes no difference."""
    return event.type in _MEETINGS and event.decision_id is None and event.channel not in (None, _PUSH)


def met_key(message: Message, channel: str) -> str:
    """Name under which a message counts as met over a channel."""
    return f"{message.content_key}@{channel}"


def _with_seen(known: Mapping[str, Instant], met: Iterable[tuple[str, Instant]]) -> Mapping[str, Instant]:
    seen = dict(known)
    for name, at in met:
        seen[name] = max(at, seen.get(name, at))
    newest = sorted(seen, key=lambda name: (seen[name], name), reverse=True)[:MOST_SEEN]
    # The order in which names came is not to be seen in what is stored.
    return {name: seen[name] for name in sorted(newest)}


def complains(event: Event) -> bool:
    """Whether an event says that pushes come too often, or takes such a word back."""
    return event.type is EventType.FEEDBACK and event.reason is FeedbackReason.TOO_OFTEN


def with_complaints(known: tuple[Instant, ...], events: Iterable[Event]) -> tuple[Instant, ...]:
    """Add what `events` say about "too often" to the moments of such words that stand, newest first.

    A word that is taken back takes the newest that stands with it, at most as old as itself. The newest
    `MOST_COMPLAINTS` are kept. `events` come in any order, and none is older than what the `known` ones came from:
    whoever has an older one begins anew with all of the user's events.
    """
    for event in sorted(filter(complains, events), key=lambda event: (event.at, event.reverted)):
        known = known[1:] if event.reverted else (event.at, *known)[:MOST_COMPLAINTS]
    return known
