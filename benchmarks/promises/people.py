"""Who is fought over: a few hot users with zones, hours and caps of their own, and a small catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from pushrank.domain.codes import Kind, Purpose
from pushrank.domain.instants import DAY, Instant, instant
from pushrank.domain.message import Message
from pushrank.domain.record import Change, Reading
from pushrank.domain.user import Consent, Preferences, QuietWindow, UserFacts
from pushrank.store import Store

START = instant("2026-03-02T06:00:00+00:00")
_KNOWN_FOR = 400 * DAY  # long past any ramp-up

_ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu")
_CATEGORIES = (
    *("news", "sport.tennis", "sport.football", "culture.film", "promo.shoes", "food", "travel", "learning.maths"),
    *("tech", "health", "shop.books", "shop.music", "town.north", "town.south"),
)
_KINDS = {"food": Kind.STORY, "travel": Kind.OFFER, "town.north": Kind.GREETING, "health": Kind.SURVEY}
# Pushes a day and a week that a user chose; None where the user said nothing.
_WISHES = {
    "default": ((None, None), (10, 16), (99, 999), (10, 40), (10, 20), (10, 20), (9, None), (0, None)),
    "open": ((24, 36), (30, 40), (20, 30), (24, None), (None, 40), (36, 60), (3, 5), (0, None)),
}
_HOURS = (
    None,
    (),
    (QuietWindow(23 * 60, 6 * 60),),
    (QuietWindow(90, 150), QuietWindow(13 * 60, 14 * 60, (0, 2, 6))),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A user and what the user chose; `quiet` None means that the policy's hours hold."""

    user_id: str
    zone: str
    max_per_day: int | None
    max_per_week: int | None
    quiet: tuple[QuietWindow, ...] | None


def people(policy: str, users: int) -> list[Person]:
    """The users of a run, the same for the same arguments."""
    wishes = _WISHES[policy]
    return [
        Person(
            f"hot-{place:02d}", _ZONES[place % len(_ZONES)], *wishes[place % len(wishes)], _HOURS[place % len(_HOURS)]
        )
        for place in range(users)
    ]


def messages() -> list[Message]:
    """One message of each category."""
    return [
        Message(f"m-{name}", name, kind=_KINDS.get(name, Kind.INFORM), title=name.title(), body=f"All about {name}")
        for name in _CATEGORIES
    ]


def settle(store: Store, crowd: Iterable[Person], at: Instant) -> None:
    """Fill the catalogue and write what is known of the users; who is known already stays as is."""
    store.put_messages(messages(), at)
    for person in crowd:
        store.transact(person.user_id, partial(_introduced, person, at), at)


def _introduced(person: Person, at: Instant, reading: Reading) -> Change[None]:
    preferences = Preferences(
        max_per_day=person.max_per_day,
        max_per_week=person.max_per_week,
        quiet_hours=person.quiet,
        timezone=person.zone,
        consents={purpose: Consent(granted=True) for purpose in Purpose},
    )
    facts = UserFacts(timezone=person.zone, registered_at=at - _KNOWN_FOR)
    return Change(None, replace(reading.record, known=True, facts=facts, preferences=preferences))
