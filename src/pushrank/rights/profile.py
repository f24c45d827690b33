"""What is known of a user and where it came from, and forgetting a part of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, NamedTuple, TypeAlias

from pushrank.config.types import SeenElsewhere
from pushrank.domain.codes import EventType
from pushrank.domain.decision import Frequency
from pushrank.domain.instants import DAY, Instant, iso
from pushrank.domain.message import Attribute, MessageOf
from pushrank.domain.record import Change, Reading, StoredEvent, UserRecord
from pushrank.features.profile import remembered
from pushrank.features.state import (
    CLICKS,
    LAST_ACTIVE,
    SENDS,
    SLOT_ACTIVITY,
    SLOT_CLICKS,
    UserState,
    decode_state,
)
from pushrank.features.usage import usage_of
from pushrank.rights.interests import Interest, interests, knows_tag

Level: TypeAlias = Literal["often", "sometimes", "rarely", "never"]
WhyNot: TypeAlias = Literal["personalisation_off", "minor", "no_model"]

_OFTEN, _SOMETIMES = 0.5, 0.1  # signs of life a day
_ACTIVE = 1.5  # times an average hour
_SAID_AT_ONCE = {"birthday": "birth_date", "age_band": "birth_date", "minor": "birth_date"}


class Fact(NamedTuple):
    """Something that backends told; `told_at` is None where it came with a log, or longer ago than events are kept."""

    name: str
    value: Attribute
    told_at: Instant | None


@dataclass(frozen=True, slots=True)
class Usage:
    """How the app and its pushes are used. `hours` by the user's clock, 24 of them: activity and clicks in each."""

    level: Level
    activity_per_day: float
    click_rate: float
    opened: float
    pushes: int
    clicks: int
    hours: tuple[float, ...]
    active_hours: tuple[int, ...]
    last_active_at: Instant | None


@dataclass(frozen=True, slots=True)
class Profile:
    """All that is known of a user apart from what they chose. `usage` and `inferred` are None of who is not profiled.

    `inferred` is what the model makes of it: how many pushes suit. `events` counts all that are stored, the first and
    the last of them with their moments; they are deleted at `expires_at` at the latest.
    """

    personalised: bool
    why_not: tuple[WhyNot, ...]
    facts: tuple[Fact, ...]
    interests: tuple[Interest, ...]
    usage: Usage | None
    inferred: Frequency | None
    events: int
    first_at: Instant | None
    last_at: Instant | None
    expires_at: Instant | None


class Forgotten(NamedTuple):
    """Whether a tag was known, and the moment up to which nothing about it counts any more."""

    known: bool
    at: Instant | None = None


def profile(  # noqa: PLR0913 - what is known, and by what it is told
    record: UserRecord,
    stored: Collection[StoredEvent],
    message_of: MessageOf,
    as_of: Instant,
    events_days: int,
    suits: Frequency | None = None,
    *,
    degraded: bool = False,
) -> Profile:
    """Bring together what is known of a user from their record and their events.

    `suits` is what the model says of how many pushes suit; `degraded`: there is no model, so nothing is personal.
    """
    moments = [one.event.at for one in stored]
    last, lasts = max(moments, default=None), events_days * DAY
    why_not = _why_not(record, degraded=degraded)
    return Profile(
        personalised=not why_not,
        why_not=why_not,
        facts=_facts(record, stored),
        interests=interests(record, stored, message_of, as_of, lasts),
        usage=_usage(decode_state(record.state), as_of) if record.profiled else None,
        inferred=suits,
        events=len(moments),
        first_at=min(moments, default=None),
        last_at=last,
        expires_at=None if last is None else last + lasts,
    )


def forget_tag(
    reading: Reading, tag: str, at: Instant, message_of: MessageOf, setting: SeenElsewhere | None
) -> Change[Forgotten]:
    """Forget what a user's events so far say about a tag: it counts no more from the next decision on.

    Nothing changes where nothing stored speaks of the tag. Later events about it count again; whoever wants none to
    count blocks the tag in the preferences. `setting` is that of the policy.
    """
    record = reading.record
    if not knows_tag(record, reading.events(), message_of, tag):
        return Change(Forgotten(known=False))
    # Clocks differ: what is stored already is forgotten, whatever moment it bears.
    moment = max(at, record.last_event_at or at, record.forgotten.get(tag, at))
    after = replace(record, forgotten={**record.forgotten, tag: moment})
    found = remembered(reading, after, message_of, setting)
    return Change(Forgotten(known=True, at=moment), record=found.record, counts=found.counts)


def to_json(known: Profile) -> dict[str, Any]:
    """Write a profile as plain values, times in UTC."""
    told: dict[str, Any] = {field.name: getattr(known, field.name) for field in fields(known)}
    return {
        **{name: _time(value) if name.endswith("_at") else value for name, value in told.items()},
        "facts": [fact._asdict() | {"value": _plain(fact), "told_at": _time(fact.told_at)} for fact in known.facts],
        "interests": [_interest_json(one) for one in known.interests],
        "usage": None if known.usage is None else _usage_json(known.usage),
        "inferred": None if known.inferred is None else asdict(known.inferred),
    }


def _interest_json(one: Interest) -> dict[str, Any]:
    return {
        "about": one.about,
        "name": one.name,
        "strength": one.weight.strength if one.used else None,
        "used": one.used,
        "weight": one.weight._asdict(),
        "events": one.events,
        "kinds": dict(one.kinds),
        "first_at": _time(one.first_at),
        "last_at": _time(one.last_at),
        "expires_at": _time(one.expires_at),
        "blocked": one.blocked,
        "forgotten_at": _time(one.forgotten_at),
    }


def _usage_json(usage: Usage) -> dict[str, Any]:
    return asdict(usage) | {"last_active_at": _time(usage.last_active_at)}


def _time(at: Instant | None) -> str | None:
    return None if at is None else iso(at)


def _plain(fact: Fact) -> Attribute:
    return iso(fact.value) if fact.name == "registered_at" and isinstance(fact.value, int) else fact.value


def _why_not(record: UserRecord, *, degraded: bool) -> tuple[WhyNot, ...]:
    reasons: Mapping[WhyNot, bool] = {
        "personalisation_off": not record.preferences.personalisation,
        "minor": record.facts.is_minor,
        "no_model": degraded,
    }
    return tuple(name for name, holds in reasons.items() if holds)


def _facts(record: UserRecord, stored: Collection[StoredEvent]) -> tuple[Fact, ...]:
    told: dict[str, Instant] = {}
    for event in (one.event for one in stored if one.event.type is EventType.ATTRIBUTE):
        name = event.name or ""
        told[name] = max(event.at, told.get(name, event.at))
    plain = {field.name: getattr(record.facts, field.name) for field in fields(record.facts)}
    attributes: Mapping[str, Attribute] = plain.pop("attributes")
    known = {name: value for name, value in {**plain, **attributes}.items() if value is not None}
    return tuple(
        Fact(name, value, told.get(name, told.get(_SAID_AT_ONCE.get(name, "")))) for name, value in known.items()
    )


def _usage(state: UserState, as_of: Instant) -> Usage:
    found = usage_of(state, as_of)
    hours = (state.hours[:, SLOT_ACTIVITY] + state.hours[:, SLOT_CLICKS]).tolist()
    least = _ACTIVE * sum(hours) / len(hours)
    return Usage(
        level=_level(found.activity),
        activity_per_day=found.activity,
        click_rate=found.click_rate,
        opened=found.opened,
        pushes=int(state.total[SENDS]),
        clicks=int(state.total[CLICKS]),
        hours=tuple(hours),
        active_hours=tuple(hour for hour, count in enumerate(hours) if count >= max(least, 1.0)),
        last_active_at=int(state.clock[LAST_ACTIVE]) or None,
    )


def _level(activity: float) -> Level:
    if activity <= 0.0:
        return "never"
    return "often" if activity >= _OFTEN else "sometimes" if activity >= _SOMETIMES else "rarely"
