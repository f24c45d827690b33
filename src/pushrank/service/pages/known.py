"""What is known of a person, as rows of the page: what they like, how they use messages, what the app told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pushrank.rights.interests import Interest
from pushrank.rights.profile import Fact, Profile
from pushrank.service.pages.frame import Choice
from pushrank.service.pages.history import Teller
from pushrank.wording.moments import day
from pushrank.wording.pages import PAGES

_MOST_INTERESTS = 10


@dataclass(frozen=True, slots=True)
class InterestRow:
    """One thing that is known of what a person likes, where from and until when, and what can be done about it."""

    name: str
    lines: tuple[str, ...]
    choices: tuple[Choice, ...]


def interest_rows(known: Profile, told: Collection[Mapping[str, Any]], teller: Teller) -> tuple[InterestRow, ...]:
    """The strongest interests; `told` are the same ones in words, in the same order."""
    pairs = list(zip(known.interests, told, strict=True))[:_MOST_INTERESTS]
    return tuple(
        InterestRow(words["title"], (words["text"], *_source(one, teller)), _choices(one, teller))
        for one, words in pairs
    )


def _source(one: Interest, teller: Teller) -> Iterator[str]:
    if one.last_at is not None and one.expires_at is not None:
        last, until = (day(at, teller.zone, teller.language) for at in (one.last_at, one.expires_at))
        yield teller.say("known_once" if one.events == 1 else "known_from", count=one.events, last=last, until=until)


def _choices(one: Interest, teller: Teller) -> tuple[Choice, ...]:
    if one.about != "tag":
        return ()
    if one.blocked:
        return (Choice(f"again:{one.name}", teller.say("allow_again")),)
    never = Choice(f"never:{one.name}", teller.say("never"))
    return (Choice(f"forget:{one.name}", teller.say("forget")), never) if one.used else (never,)


def fact_rows(known: Profile, usage: str, teller: Teller) -> tuple[tuple[str, str], ...]:
    """What the app told, and how messages are used; `usage` says in words how often the app is."""
    return (*_habits(known, usage, teller), *(_fact(fact, teller) for fact in known.facts))


def _habits(known: Profile, usage: str, teller: Teller) -> Iterator[tuple[str, str]]:
    if known.usage is None:
        return
    yield teller.say("habit_app"), usage
    if known.usage.pushes:
        clicks = teller.say("habit_clicks_told", clicks=known.usage.clicks, pushes=known.usage.pushes)
        yield teller.say("habit_clicks"), clicks
    hours = teller.say("between").join(f"{hour}:00" for hour in known.usage.active_hours)
    if hours:
        yield teller.say("habit_hours"), hours


def _fact(fact: Fact, teller: Teller) -> tuple[str, str]:
    name = teller.say(f"fact_{fact.name}") if f"fact_{fact.name}" in PAGES else fact.name
    if fact.name == "registered_at" and isinstance(fact.value, int):
        return name, day(fact.value, teller.zone, teller.language)
    if isinstance(fact.value, bool):
        return name, teller.say("fact_yes" if fact.value else "fact_no")
    return name, str(fact.value)
