"""The pushes that use up a user's budget, and what sends and failures mean for them.

The store keeps one active push of each content key. Where policy allows one content twice, or another system sent it
twice, the newest push bears the key and the older ones bear an archived form of it; all of them count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pushrank.domain.codes import EventType, HoldState
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


def settle(pushes: Sequence[Push], event: Event, message: Message, *, overruled: bool) -> tuple[Push, ...]:
    """Return the pushes that a `sent` or `failed` event makes or changes.

    A send with a decision settles what that decision reserved, whatever became of the hold: it was sent. A send
    without one is another system's push. `overruled` says that a later report took this one back.
    """
    if event.type is EventType.SENT:
        return with_way(pushes, _sent(pushes, event, message, HoldState.FAILED if overruled else HoldState.CONFIRMED))
    if event.type is EventType.FAILED and not overruled:
        return _failed(pushes, event)
    return ()


def _sent(pushes: Sequence[Push], event: Event, message: Message, state: HoldState) -> Push:
    name = _name(event)
    known = next((push for push in pushes if push.push_id == name), None)
    if known is None:
        return Push(
            push_id=name,
            content_key=message.content_key,
            message_id=message.message_id,
            category=message.category,
            kind=message.kind,
            state=state,
            at=event.at,
            decision_id=event.decision_id,
            channel=event.channel or "push",
        )
    at = known.at if known.state is HoldState.CONFIRMED else event.at
    return replace(known, state=state, at=at, expires_at=None)


def _failed(pushes: Sequence[Push], event: Event) -> tuple[Push, ...]:
    if event.decision_id is None:
        meant = [p for p in pushes if p.decision_id is None and p.message_id == event.message_id]
    else:
        meant = [p for p in pushes if p.push_id == _name(event)]
    known = max((p for p in meant if p.state in _ACTIVE), key=lambda push: push.at, default=None)
    if known is None:
        return ()
    archived = [p for p in pushes if p.content_key.startswith(f"{known.content_key}#") and p.state in _ACTIVE]
    back = max(archived, key=lambda push: push.at, default=None)
    freed = replace(known, state=HoldState.FAILED, expires_at=None)
    return (freed,) if back is None else (freed, replace(back, content_key=known.content_key))


def _name(event: Event) -> str:
    if event.decision_id is None:
        return foreign_push_id(event.event_id)
    return push_id(event.decision_id, event.message_id or "")
