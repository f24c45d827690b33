"""Wire types to the values of the domain, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from pushrank.domain.codes import EventType
from pushrank.domain.decision import RankingRequest
from pushrank.domain.event import Event
from pushrank.domain.instants import MINUTE, Instant, iso
from pushrank.domain.message import Candidate, Message
from pushrank.service.problem import pointer, wrong, wrong_value
from pushrank.service.wire.events import EventBody
from pushrank.service.wire.messages import MessageBody
from pushrank.service.wire.rank import CandidateBody, RankBody, SlateBody
from pushrank.service.wire.values import Fault, Time

# Clocks of backends are not quite ours.
_SKEW = 5 * MINUTE

_ALWAYS = {"event_id", "type", "user_id", "at", "message_id", "decision_id", "channel"}
_NEEDED: dict[EventType, tuple[str, ...]] = {
    EventType.SENT: ("message_id",),
    EventType.FAILED: ("message_id",),
    EventType.DELIVERED: ("message_id",),
    EventType.CLICKED: ("message_id",),
    EventType.OPENED: ("message_id",),
    EventType.DISMISSED: ("message_id",),
    EventType.ANSWER: ("question", "choice"),
    EventType.ACTIVITY: ("kind",),
    EventType.ATTRIBUTE: ("name", "value"),
}
_ALLOWED: dict[EventType, set[str]] = {
    EventType.CONVERTED: {"amount"},
    EventType.OPTED_OUT: {"scope"},
    EventType.OPTED_IN: {"scope"},
    EventType.FEEDBACK: {"reason", "reverted", "comment"},
    EventType.ANSWER: {"question", "choice"},
    EventType.ACTIVITY: {"kind", "tags", "items", "amount"},
    EventType.ATTRIBUTE: {"name", "value"},
}
_OPTIONAL = {
    "amount": None,
    "scope": None,
    "reason": None,
    "reverted": False,
    "comment": None,
    "question": None,
    "choice": None,
    "kind": None,
    "tags": (),
    "items": (),
    "name": None,
    "value": UNSET,
}


def ranking_request(body: RankBody, as_of: Instant, max_candidates: int, context: Sequence[str]) -> RankingRequest:
    """Build the request of the domain. Raises the Problem 422 for a repeated candidate or an unknown context name."""
    candidates = None if body.candidates is None else tuple(_candidate(entry) for entry in body.candidates)
    faults = [*_candidate_faults(candidates or (), max_candidates), *_context_faults(body, context)]
    if faults:
        raise wrong(*faults)
    return RankingRequest(
        user_id=body.user_id,
        as_of=as_of,
        candidates=candidates,
        slots=body.slots,
        channel=body.channel,
        mode=body.mode,
        context=dict(body.context),
    )


def require_at_most(where: str, count: int, most: int) -> None:
    """Refuse with the Problem 422 what is above a limit of the configuration."""
    if count > most:
        raise wrong_value(where, f"expected at most {most}, got {count}")


def _candidate(entry: str | CandidateBody) -> Candidate:
    if isinstance(entry, str):
        return Candidate(entry)
    return Candidate(entry.message_id, entry.event_key, entry.items, entry.worth)


def _candidate_faults(candidates: Sequence[Candidate], most: int) -> list[Fault]:
    if len(candidates) > most:
        return [Fault("/candidates", f"expected at most {most} candidates, got {len(candidates)}")]
    places: dict[str, int] = {}
    faults = []
    for place, candidate in enumerate(candidates):
        first = places.setdefault(candidate.message_id, place)
        if first != place:
            detail = f"expected each message once, got the one of {pointer('candidates', first)} again"
            faults.append(Fault(pointer("candidates", place), detail))
    return faults


def _context_faults(body: RankBody, allowed: Sequence[str]) -> list[Fault]:
    known = ", ".join(allowed) or "none"
    return [
        Fault(pointer("context", name), f"unknown attribute; the configuration names {known}")
        for name in body.context
        if name not in allowed
    ]


def asked_moment(at: Time | None, now: Instant, clock: str, where: str = "/at") -> Instant:
    """Return the moment of a request: `at` where the configuration says `clock: request`, else now.

    Raises the Problem 422 where `at` is given and the server's clock decides.
    """
    if at is None:
        return now
    if clock != "request":
        raise wrong_value(where, "expected no 'at', since the configuration says clock: server; got one")
    return at.at


def message_ids(body: SlateBody) -> tuple[str, ...] | None:
    """Return which messages are meant; None means the whole slate."""
    return None if body.message_ids is UNSET else body.message_ids


def events(bodies: Sequence[EventBody], now: Instant, clock: str) -> list[Event]:
    """Build the events of the domain. Raises the Problem 422 that names every field that does not fit its type."""
    faults = [fault for place, body in enumerate(bodies) for fault in _event_faults(body, place, now, clock)]
    if faults:
        raise wrong(*faults)
    return [_event(body) for body in bodies]


def _needed(body: EventBody) -> tuple[str, ...]:
    """Name the fields that an event must have: feedback a reason, unless it is a bare comment."""
    if body.type is EventType.FEEDBACK:
        return () if body.comment else ("reason",)
    return _NEEDED.get(body.type, ())


def _event_faults(body: EventBody, place: int, now: Instant, clock: str) -> list[Fault]:
    needed = _needed(body)
    allowed = _ALLOWED.get(body.type, set())
    faults = [
        Fault(pointer("events", place, name), f"required by type {body.type.value}, and missing")
        for name in needed
        if getattr(body, name) == _OPTIONAL.get(name)
    ]
    faults += [
        Fault(pointer("events", place, name), f"unexpected with type {body.type.value}")
        for name, default in _OPTIONAL.items()
        if name not in allowed and getattr(body, name) != default
    ]
    if clock != "request" and body.at.at > now + _SKEW:
        detail = f"expected a time that is not later than now, {iso(now)}, got {iso(body.at.at)}"
        faults.append(Fault(pointer("events", place, "at"), detail))
    return faults


def _event(body: EventBody) -> Event:
    told = {name: getattr(body, name) for name in _OPTIONAL if name not in ("value", "scope")}
    changes_permission = body.type in (EventType.OPTED_OUT, EventType.OPTED_IN)
    return Event(
        event_id=body.event_id,
        type=body.type,
        user_id=body.user_id,
        at=body.at.at,
        message_id=body.message_id,
        decision_id=body.decision_id,
        channel=body.channel,
        # Whoever reports an opt-out without a scope must not be sent anything more.
        scope=(body.scope or "all") if changes_permission else None,
        value=None if body.value is UNSET else body.value,
        **told,
    )


_TIMES = ("published_at", "expires_at")


def message(body: MessageBody) -> Message:
    """Build the message of the domain."""
    values = {name: getattr(body, name) for name in MessageBody.__struct_fields__}
    values |= {name: None if values[name] is None else values[name].at for name in _TIMES}
    values["attributes"] = dict(body.attributes)
    return Message(**values)


def message_body(known: Message) -> MessageBody:
    """Write a message of the catalogue as callers sent it."""
    values: dict[str, Any] = {name: getattr(known, name) for name in MessageBody.__struct_fields__}
    values |= {name: None if values[name] is None else Time(values[name]) for name in _TIMES}
    values["attributes"] = dict(known.attributes)
    return MessageBody(**values)


def messages(bodies: Sequence[MessageBody]) -> list[Message]:
    """Build messages. Raises the Problem 422 for an id that comes twice or a message that ends before it begins."""
    places: dict[str, int] = {}
    faults = []
    for place, body in enumerate(bodies):
        if places.setdefault(body.message_id, place) != place:
            detail = f"expected each id once, got {body.message_id!r} again"
            faults.append(Fault(pointer("messages", place, "message_id"), detail))
        if body.published_at and body.expires_at and body.expires_at.at <= body.published_at.at:
            detail = "expected a time after published_at"
            faults.append(Fault(pointer("messages", place, "expires_at"), detail))
    if faults:
        raise wrong(*faults)
    return [message(body) for body in bodies]
