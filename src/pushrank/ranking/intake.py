"""What happened: checked, stored, folded and counted, all of one call in one durable transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import NamedTuple, TypeAlias

import msgspec

from pushrank.domain.codes import EventType, FeedbackReason
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY
from pushrank.domain.record import Change, Reading
from pushrank.policy import Policy
from pushrank.ranking.catalogue import Catalogue, LookUp
from pushrank.ranking.effects import attribute_fault, without_birth_date
from pushrank.ranking.taking import Arrival, Taking
from pushrank.store.errors import ConflictError
from pushrank.store.protocol import Step, Store

LOOK_BACK = 35 * DAY  # how long after its hold a push may still be reported as sent or failed

_ABOUT_A_PUSH = frozenset(
    {
        EventType.SENT,
        EventType.FAILED,
        EventType.DELIVERED,
        EventType.CLICKED,
        EventType.OPENED,
        EventType.DISMISSED,
        EventType.CONVERTED,
        EventType.FEEDBACK,
    }
)
# What ends or gives permission is never lost to a message that nobody knows.
_MAY_NAME_ANYTHING = frozenset({EventType.OPTED_OUT, EventType.OPTED_IN, EventType.REACH_LOST})
# What is said of pushes at large.
_ABOUT_ALL = (FeedbackReason.TOO_OFTEN, FeedbackReason.BAD_TIME)

_SPLIT = ("split_user", "user_id: expected a user who stands under one pseudonym; see `pushrank keys rotate`")

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Rejection:
    """An event that was not taken: its place in the call, a code, and what was expected."""

    index: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class IntakeAnswer:
    """How many events are durable now, how many were before, and which were not taken."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejection, ...]


class _Sifted(NamedTuple):
    fresh: list[Arrival]
    duplicates: int
    rejected: list[Rejection]


Take: TypeAlias = Callable[[Sequence[Arrival], Reading], Change[IntakeAnswer]]


def record_events(  # noqa: PLR0913 - where they go, what they are, and by which names
    store: Store,
    catalogue: Catalogue,
    policy: Policy,
    events: Sequence[Event],
    pseudonym: Callable[[str], str],
    source: str = "event",
    code: Callable[[str], str] | None = None,
) -> IntakeAnswer:
    """Take events in; on return those accepted are durable and count in the next ranking.

    An event id that is stored with the same body is a duplicate, with another one it is rejected. Ids are stored as
    what `code` makes of them, since whoever names events may name people in them; None: as they are. Events may come in
    any order: a user's state and counts are always those of the user's events in canonical order. What they change
    about preferences is written into the ledger as said by `source`. Nothing is stored of a user who was erased: such
    events are rejected. Raises StoreError where the store does not answer; then nothing was taken.
    """
    message_of = catalogue.lookup()
    rejected, groups = _grouped(message_of, events, pseudonym, code)
    take = partial(_take, message_of, policy, source)
    answers = store.transact_batch([_step(message_of, take, user_key, group) for user_key, group in groups.items()])
    rejected += [rejection for answer in answers for rejection in answer.rejected]
    return IntakeAnswer(
        accepted=sum(answer.accepted for answer in answers),
        duplicates=sum(answer.duplicates for answer in answers),
        rejected=tuple(sorted(rejected, key=lambda rejection: rejection.index)),
    )


def digest_of(event: Event) -> str:
    """Fingerprint of an event's body, its user by key.

    A full date of birth is not in it: what else the event says is stored beside it, so all dates could be tried.
    """
    return sha256(_encoder.encode(without_birth_date(event))).hexdigest()


def _grouped(
    message_of: LookUp,
    events: Sequence[Event],
    pseudonym: Callable[[str], str],
    code: Callable[[str], str] | None,
) -> tuple[list[Rejection], dict[str, list[Arrival]]]:
    """Divide events into those that can't be taken and the rest by user."""
    rejected: list[Rejection] = []
    groups: dict[str, list[Arrival]] = {}
    for index, event in enumerate(events):
        fault = _fault(event, message_of)
        user_key = _known_as(event, pseudonym) if fault is None else None
        if fault is None and user_key is None:
            rejected.append(Rejection(index, *_SPLIT))
        elif fault is None:
            keyed = replace(event, user_id=user_key or "")
            groups.setdefault(keyed.user_id, []).append(_arrival(index, keyed, code))
        else:
            rejected.append(Rejection(index, *fault))
    return rejected, groups


def _known_as(event: Event, pseudonym: Callable[[str], str]) -> str | None:
    """The key of an event's user; None for one who stands under two: others' events must not suffer for that."""
    try:
        return pseudonym(event.user_id)
    except ConflictError:
        return None


def _arrival(index: int, keyed: Event, code: Callable[[str], str] | None) -> Arrival:
    if code is None:
        return Arrival(index, keyed, digest_of(keyed))
    coded = replace(keyed, event_id=code(keyed.event_id))
    return Arrival(index, coded, digest_of(coded), keyed)


def _fault(event: Event, message_of: LookUp) -> tuple[str, str] | None:
    if event.type is EventType.ATTRIBUTE:
        fault = attribute_fault(event)
        return None if fault is None else ("wrong_value", fault)
    if event.message_id is None:
        return None if _stands_alone(event) else ("missing_field", "message_id: expected the push it is about")
    if event.type in _MAY_NAME_ANYTHING or message_of(event.message_id) is not None:
        return None
    return "unknown_message", f"message_id: expected a message of the catalogue, got {event.message_id!r}"


def _stands_alone(event: Event) -> bool:
    """Whether an event says something without naming a push; feedback does about all of them, and as a bare comment."""
    if event.type is not EventType.FEEDBACK:
        return event.type not in _ABOUT_A_PUSH
    return event.reason in _ABOUT_ALL or (event.reason is None and bool(event.comment))


def _step(message_of: LookUp, take: Take, user_key: str, group: Sequence[Arrival]) -> Step[IntakeAnswer]:
    since = min(arrival.event.at for arrival in group) - LOOK_BACK
    settling = (EventType.SENT, EventType.FAILED)
    named = (message_of(a.event.message_id or "") for a in group if a.event.type in settling)
    content_keys = {message.content_key for message in named if message is not None}
    return user_key, partial(take, group), since, tuple(content_keys)


def _take(
    message_of: LookUp, policy: Policy, source: str, group: Sequence[Arrival], reading: Reading
) -> Change[IntakeAnswer]:
    if reading.record.erased:
        gone = (Rejection(one.place, "erased", "user_id: expected a user who was not erased") for one in group)
        return Change(IntakeAnswer(0, 0, tuple(gone)))
    sifted = _sift(reading, group)
    answer = IntakeAnswer(len(sifted.fresh), sifted.duplicates, tuple(sifted.rejected))
    if not sifted.fresh:
        return Change(answer)
    return Taking(reading, policy, message_of, sifted.fresh, source).change(answer)


def _sift(reading: Reading, group: Sequence[Arrival]) -> _Sifted:
    """Divide events into new ones, repeats, and others under an id that is taken."""
    seen: dict[str, str] = {}
    sifted = _Sifted([], 0, [])
    duplicates = 0
    for arrival in group:
        same = _stored_as_it_is(reading, arrival, seen)
        if same is None:
            seen[arrival.event.event_id] = arrival.digest
            sifted.fresh.append(arrival)
        elif same:
            duplicates += 1
        else:
            # The id itself may name a person, and an answer may be kept.
            detail = "event_id: expected a new id, got one that names another event"
            sifted.rejected.append(Rejection(arrival.place, "conflicting_event", detail))
    return sifted._replace(duplicates=duplicates)


def _stored_as_it_is(reading: Reading, arrival: Arrival, seen: Mapping[str, str]) -> bool | None:
    """Whether the event that has this id is the same one; None where there is none."""
    name = arrival.event.event_id
    known = seen.get(name) or reading.digest_of(name)
    if known is not None:
        return known == arrival.digest
    if arrival.plain is None:
        return None
    former = reading.digest_of(arrival.plain.event_id)
    return None if former is None else former == digest_of(arrival.plain)
