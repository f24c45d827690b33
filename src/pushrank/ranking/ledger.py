"""The pushes that use up a user's budget, and what sends and failures mean for them.

The store keeps one active push of each content key. Where policy allows one content twice, or another system sent it
twice, the newest push bears the key and the older ones bear an archived form of it; all of them count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pushrank.domain.codes import HoldState
from pushrank.domain.event import Event
from pushrank.domain.message import Message
from pushrank.domain.record import Push
from pushrank.ranking.identifiers import foreign_push_id, push_id

_ACTIVE = (HoldState.HELD, HoldState.CONFIRMED)


def content_key(message_id: str, event_key: str | None) -> str:
    """Content key of a message as one user would get it."""
    return Message(message_id, "", event_key=event_key).content_key


def merged(pushes: Iterable[Push], changed: Iterable[Push]) -> tuple[Push, ...]:
    """Put pushes in the place of their older selves, new ones at the end."""
    named = {push.push_id: push for push in pushes}
    return tuple((named | {push.push_id: push for push in changed}).values())


def with_way(pushes: Iterable[Push], fresh: Push) -> tuple[Push, ...]:
    """Return `fresh` with what must change so that it may bear its content key: other holds end, sends are archived."""
    rivals = [p for p in pushes if p.content_key == fresh.content_key and p.push_id != fresh.push_id]
    if fresh.state not in _ACTIVE:
        return (fresh,)
    return (*(_yielding(rival) for rival in rivals if rival.state in _ACTIVE), fresh)


def _yielding(push: Push) -> Push:
    if push.state is HoldState.HELD:
        return replace(push, state=HoldState.RELEASED)
    return replace(push, content_key=f"{push.content_key}#{push.push_id}")


def sent(pushes: Sequence[Push], event: Event, message: Message) -> tuple[Push, ...]:
    """Return the pushes that change because of a send that stands.

    A send with a decision settles what that decision reserved, whatever became of the hold: it was sent. A send
    without one is another system's push.
    """
    name = name_of(event)
    known = next((push for push in pushes if push.push_id == name), None)
    if known is None:
        known = _new(event, message)
    at = known.at if known.state is HoldState.CONFIRMED else event.at
    return with_way(pushes, replace(known, state=HoldState.CONFIRMED, at=at, expires_at=None))


def failed(pushes: Sequence[Push], event: Event) -> tuple[Push, ...]:
    """Return the pushes that change because the one that `event` speaks of was not sent; none where it counts no more.

    What bore its content key before gets the key back.
    """
    name = name_of(event)
    known = next((push for push in pushes if push.push_id == name and push.state in _ACTIVE), None)
    if known is None:
        return ()
    archived = [p for p in pushes if p.content_key.startswith(f"{known.content_key}#") and p.state in _ACTIVE]
    back = max(archived, key=lambda push: push.at, default=None)
    freed = replace(known, state=HoldState.FAILED, expires_at=None)
    return (freed,) if back is None else (freed, replace(back, content_key=known.content_key))


def name_of(event: Event) -> str:
    """Name of the push that a `sent` or, with a decision, a `failed` event speaks of."""
    if event.decision_id is None:
        return foreign_push_id(event.event_id)
    return push_id(event.decision_id, event.message_id or "")


def _new(event: Event, message: Message) -> Push:
    return Push(
        push_id=name_of(event),
        content_key=message.content_key,
        message_id=message.message_id,
        category=message.category,
        kind=message.kind,
        state=HoldState.CONFIRMED,
        at=event.at,
        decision_id=event.decision_id,
        channel=event.channel or "push",
    )
