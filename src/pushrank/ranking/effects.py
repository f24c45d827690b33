"""What an event changes about a user at once, beside the fold: choices, reachability and facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import Instant, instant, time_zone, to_datetime
from pushrank.domain.ledger import OWN_WAYS, Entry
from pushrank.domain.message import Attribute
from pushrank.domain.record import UserRecord
from pushrank.domain.user import ADULT_YEARS, Preferences, UserFacts
from pushrank.features.events import EVERYTHING

_BANDS = (18, 25, 35, 45, 55, 65)
_MONTH_AND_DAY = re.compile(r"(\d\d)-(\d\d)")
_LEAP_YEAR = 2000
_MOST_CHARACTERS = 256


def applied(record: UserRecord, event: Event) -> UserRecord:
    """Return the record after one event, which must have passed `attribute_fault`."""
    if event.type is EventType.OPTED_OUT:
        return _choose(record, event, wanted=False)
    if event.type is EventType.OPTED_IN:
        return _choose(record, event, wanted=True)
    if event.type is EventType.REACH_LOST:
        return replace(record, reachable=False)
    if event.type is EventType.ATTRIBUTE:
        return _told(record, event.name or "", event.value, event.at)
    return record


def attribute_fault(event: Event) -> str | None:
    """What is wrong with an `attribute` event; None where nothing is."""
    if not event.name:
        return "name: expected the name of an attribute, got none"
    try:
        _told(UserRecord(""), event.name, event.value, event.at)
    except ValueError as error:
        return f"value: {error}"
    return None


def applied_late(record: UserRecord, event: Event, younger: Collection[Event]) -> UserRecord:
    """Return the record after an event that came late: of what it says, `younger` events may have the last word.

    An opt-in says two things: a younger opt-out has the last word on the choice, a younger loss on the reach. A date of
    birth says three: younger words about the birthday, the age band or whether somebody is a minor stand.
    """
    if any(_overruled(event, later) for later in younger):
        return record
    told = applied(record, event)
    if event.type is EventType.ATTRIBUTE:
        return _with_younger_facts(record, told, event, younger)
    if event.type is not EventType.OPTED_IN:
        return told
    same = {later.type for later in younger if _scope(later) == _scope(event)}
    if EventType.OPTED_OUT in same:
        told = replace(told, preferences=record.preferences)
    return replace(told, reachable=record.reachable) if EventType.REACH_LOST in same else told


def _with_younger_facts(record: UserRecord, told: UserRecord, event: Event, younger: Collection[Event]) -> UserRecord:
    """Put back the facts of `record` on which a younger event had the last word."""
    said = set(_SAYS.get(event.name or "", ()))
    names = [later.name or "" for later in younger if later.type is EventType.ATTRIBUTE]
    later = said.intersection(fact for name in names for fact in _SAYS.get(name, (name,)))
    kept: Any = {fact: getattr(record.facts, fact) for fact in later}
    return replace(told, facts=replace(told.facts, **kept)) if kept else told


def _overruled(event: Event, later: Event) -> bool:
    """Whether `later` has the last word on all that `event` says; both are of one user, `later` is the younger.

    Only an opt-in overrules an opt-out or a lost reach: what ends permission is never lost to anything else. Sends and
    failures are settled apart.
    """
    if event.type in (EventType.OPTED_OUT, EventType.REACH_LOST):
        return later.type is EventType.OPTED_IN and _scope(later) == _scope(event)
    if event.type is EventType.ATTRIBUTE:
        return later.type is EventType.ATTRIBUTE and event.name in (later.name, *_SAYS.get(later.name or "", ()))
    return False


def spoken_since(event: Event, words: Iterable[tuple[int, Entry]]) -> bool:
    """Whether the user's own younger word, set by a call or on a page, is about the choice that an event reports.

    What a backend reports late must not bring back what the user has refused since, nor end what was allowed since.
    """
    own = [entry for _, entry in words if entry.source in OWN_WAYS and entry.at > event.at]
    if event.type is EventType.ATTRIBUTE:
        return any(entry.what == "personalisation" for entry in own)
    if _scope(event) == EVERYTHING:
        return any(entry.what == "push" for entry in own)
    about = [entry for entry in own if entry.what == "categories"]
    return any((entry.before or {}).get(event.scope) != (entry.value or {}).get(event.scope) for entry in about)


def _scope(event: Event) -> str:
    return event.scope or EVERYTHING


def without_birth_date(event: Event) -> Event:
    """Drop the full date of birth from an event after `applied` has read it; the store never sees it."""
    private = event.type is EventType.ATTRIBUTE and event.name == "birth_date"
    return replace(event, value=None) if private else event


def _choose(record: UserRecord, event: Event, *, wanted: bool) -> UserRecord:
    before = record.preferences
    if _scope(event) == EVERYTHING:
        after = replace(before, push=wanted)
        record = replace(record, reachable=record.reachable or wanted)
    else:
        after = replace(before, categories={**before.categories, _scope(event): wanted})
    return replace(record, preferences=_next_version(before, after))


def _next_version(before: Preferences, after: Preferences) -> Preferences:
    return before if after == before else replace(after, version=before.version + 1)


def _told(record: UserRecord, name: str, value: Attribute, at: Instant) -> UserRecord:
    if name == "personalisation":
        after = replace(record.preferences, personalisation=True if value is None else _flag(value))
        return replace(record, preferences=_next_version(record.preferences, after))
    if name == "birth_date":
        return replace(record, facts=_born(record.facts, value, at))
    if name in _FIELDS:
        known: Any = {name: None if value is None else _FIELDS[name](value)}
        return replace(record, facts=replace(record.facts, **known))
    attributes = {key: kept for key, kept in record.facts.attributes.items() if key != name}
    if value is not None:
        attributes[name] = _short(value) if isinstance(value, str) else value
    return replace(record, facts=replace(record.facts, attributes=attributes))


def _born(facts: UserFacts, value: Attribute, at: Instant) -> UserFacts:
    """Reduce a full date of birth to birthday, age band and `minor`, as of `at`."""
    if value is None:
        return replace(facts, birthday=None, age_band=None, minor=None)
    try:
        born = date.fromisoformat(_text(value))
    except ValueError:
        msg = f"expected a date of birth such as 1990-05-17, got {type(value).__name__} that is none"
        raise ValueError(msg) from None
    today = to_datetime(at).date()
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return replace(facts, birthday=f"{born:%m-%d}", age_band=_band(years), minor=years < ADULT_YEARS)


def _band(years: int) -> str:
    edges = [edge for edge in _BANDS if edge <= years]
    if not edges:
        return f"0-{_BANDS[0] - 1}"
    return f"{edges[-1]}+" if edges[-1] == _BANDS[-1] else f"{edges[-1]}-{_BANDS[len(edges)] - 1}"


def _text(value: Attribute) -> str:
    if not isinstance(value, str):
        msg = f"expected a text, got {value!r:.80}"
        raise ValueError(msg)  # noqa: TRY004 - a caller's value, not a programmer's type
    return value


def _short(value: Attribute) -> str:
    text = _text(value)
    if len(text) > _MOST_CHARACTERS:
        msg = f"expected at most {_MOST_CHARACTERS} characters, got {len(text)}"
        raise ValueError(msg)
    return text


def _flag(value: Attribute) -> bool:
    if not isinstance(value, bool):
        msg = f"expected true or false, got {value!r:.80}"
        raise ValueError(msg)  # noqa: TRY004 - a caller's value, not a programmer's type
    return value


def _zone(value: Attribute) -> str:
    time_zone(_text(value))
    return _text(value)


def _birthday(value: Attribute) -> str:
    found = _MONTH_AND_DAY.fullmatch(_text(value))
    try:
        assert found is not None
        date(_LEAP_YEAR, int(found[1]), int(found[2]))
    except (AssertionError, ValueError):
        msg = f"expected a birthday such as 05-17, got {value!r:.80}"
        raise ValueError(msg) from None
    return found[0]


_SAYS: Mapping[str, tuple[str, ...]] = {"birth_date": ("birthday", "age_band", "minor")}
"""Attributes that say several facts at once."""

_FIELDS: Mapping[str, Callable[[Attribute], Any]] = {
    "timezone": _zone,
    "language": _short,
    "country": _short,
    "birthday": _birthday,
    "age_band": _short,
    "minor": _flag,
    "registered_at": lambda value: instant(_text(value)),
    "tier": _short,
}
