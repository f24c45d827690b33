"""The pushes that use up a user's budget, and what sends and failures mean for them.

The store keeps one active push of each content key. Where policy allows one content twice, or another system sent it
twice, the newest push bears the key and the older ones bear an archived form of it; all of them count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pushrank.domain.codes import ExclusionCode, HoldState, StopCode
from pushrank.domain.event import Event
from pushrank.domain.instants import Instant
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


def joined(pushes: Iterable[Push], changed: Iterable[Push], push: Push) -> tuple[Push, ...]:
    """Add a push, and what must change for it, to those of `pushes` that change already."""
    changed = tuple(changed)
    return merged(changed, with_way(merged(pushes, changed), push))


def ended(pushes: Sequence[Push], as_of: Instant) -> tuple[Push, ...]:
    """Return the holds that have expired as given back, so that the store forgets their slots and nobody counts them.

    They bear no stop: a confirm may take them again. Whatever takes a place writes these too.
    """
    changed: tuple[Push, ...] = ()
    for push in pushes:
        if push.state is HoldState.HELD and not push.counts(as_of):
            changed = joined(pushes, changed, replace(push, state=HoldState.RELEASED))
    return changed


def with_way(pushes: Sequence[Push], fresh: Push) -> tuple[Push, ...]:
    """Return `fresh` with what must change so that it may bear its content key: other holds end, sends are archived.

    One that counts no more gives the key back to what bore it before.
    A hold that ends so bears no stop: whether it may be taken again is for its own confirm to find out.
    """
    if fresh.state not in _ACTIVE:
        return _freed(pushes, fresh)
    return (*(_yielding(rival) for rival in _rivals(pushes, fresh)), fresh)


def _rivals(pushes: Iterable[Push], push: Push) -> list[Push]:
    """Other pushes that bear the content key of `push`: at most one, by the store's own constraint."""
    same = (other for other in pushes if other.content_key == push.content_key and other.state in _ACTIVE)
    return [other for other in same if other.push_id != push.push_id]


def _yielding(push: Push) -> Push:
    if push.state is HoldState.HELD:
        return replace(push, state=HoldState.RELEASED)
    return replace(push, content_key=f"{push.content_key}#{push.push_id}")


def sent(pushes: Sequence[Push], event: Event, message: Message) -> tuple[Push, ...]:
    """Return the pushes that change because of a send that stands.

    A send with a decision settles what that decision reserved, whatever became of the hold: it was sent. A send
    without one is another system's push. A push that went out before anybody confirmed it is not permitted once more.
    """
    name = name_of(event)
    known = next((push for push in pushes if push.push_id == name), None)
    if known is None:
        known = _new(event, message)
    if known.state is HoldState.CONFIRMED:
        return with_way(pushes, known)
    stopped = known.stopped or (ExclusionCode.ALREADY_SENT if known.decision_id is not None else None)
    return with_way(pushes, replace(known, state=HoldState.CONFIRMED, at=event.at, expires_at=None, stopped=stopped))


def failed(pushes: Sequence[Push], event: Event) -> tuple[Push, ...]:
    """Return the pushes that change because the one that `event` speaks of was not sent; none where it counted not."""
    name = name_of(event)
    known = next((push for push in pushes if push.push_id == name and push.state in _ACTIVE), None)
    if known is None:
        return ()
    stopped = None if known.stopped is ExclusionCode.ALREADY_SENT else known.stopped
    return _freed(pushes, replace(known, state=HoldState.FAILED, expires_at=None, stopped=stopped))


def released(pushes: Sequence[Push], push: Push) -> tuple[Push, ...]:
    """Return the pushes that change because `push` was given back for good; none where it was before."""
    if push.state is HoldState.FAILED or (push.state is HoldState.RELEASED and push.stopped is not None):
        return ()
    return _freed(pushes, replace(push, state=HoldState.RELEASED, stopped=push.stopped or StopCode.RELEASED))


def _freed(pushes: Sequence[Push], push: Push) -> tuple[Push, ...]:
    """Return a push that counts no more, with what bore its content key before it and gets the key back."""
    if _rivals(pushes, push):
        return (push,)
    archived = [p for p in pushes if p.content_key.startswith(f"{push.content_key}#") and p.state in _ACTIVE]
    back = max(archived, key=lambda push: push.at, default=None)
    return (push,) if back is None else (push, replace(back, content_key=push.content_key))


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
        tags=message.tags,
    )
