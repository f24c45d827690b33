"""The preference centre: what a person set, what holds, and what they can do about it, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushrank.config.types import Category, PolicyConfig, PurposeSpec
from pushrank.domain.codes import Purpose
from pushrank.domain.instants import Instant
from pushrank.domain.ledger import UNDONE_ON_PAGES, Entry
from pushrank.domain.record import UserRecord
from pushrank.policy import EffectiveCaps
from pushrank.policy.calendar import zone_of
from pushrank.service.pages.amounts import Limit, limits, most
from pushrank.service.pages.consents import PurposeRow, agreed, purpose_rows
from pushrank.service.pages.decisions import Decided
from pushrank.service.pages.frame import Choice, Frame
from pushrank.service.pages.history import Line, Teller, lines_of
from pushrank.service.pages.known import InterestRow
from pushrank.service.pages.places import language_choices, place_told, zone_choices
from pushrank.service.pages.quiet import QuietRow, quiet_row, quiet_told
from pushrank.service.pages.topics import TopicRow, topic_rows, topics_told
from pushrank.wording import clock
from pushrank.wording.moments import day
from pushrank.wording.pages import page_text


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is told right after a change. `bad`: the change did not happen."""

    text: str
    undo: bool = False
    bad: bool = False


@dataclass(frozen=True, slots=True)
class House:
    """What is the same for every person: the rules, and the words of the configuration."""

    config: PolicyConfig
    categories: Mapping[str, Category]
    purposes: Mapping[Purpose, PurposeSpec]


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of the person who looks at the page, `now`. `until` is when the link ends."""

    record: UserRecord
    caps: EffectiveCaps
    words: Sequence[tuple[int, Entry]]
    now: Instant
    told: tuple[Decided, ...] = ()
    interests: tuple[InterestRow, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What the person said last, the newest first. `more`: older words are left out; `can_undo`: the first may go."""

    told: str
    lines: tuple[Line, ...]
    more: bool
    can_undo: bool


@dataclass(frozen=True, slots=True)
class Centre:
    """Everything that the template shows, in the order of the page."""

    version: int
    open: str
    notice: Notice | None
    state: str
    zone_known: bool
    lines: tuple[str, ...]
    topics_sum: str
    topics: tuple[TopicRow, ...]
    many_sum: str
    limits: tuple[Limit, ...]
    quiet: QuietRow
    decisions: tuple[Decided, ...]
    allow_sum: str
    purposes: tuple[PurposeRow, ...]
    objected: bool
    personal: bool
    minor: bool
    personal_choices: tuple[Choice, ...]
    interests: tuple[InterestRow, ...]
    facts: tuple[tuple[str, str], ...]
    comment: str
    place_sum: str
    language_choices: tuple[Choice, ...]
    zones: tuple[Choice, ...]
    history: History
    until: str | None


def centre(
    frame: Frame, house: House, person: Person, notice: Notice | None = None, at: str = "", comment: str = ""
) -> Centre:
    """Put the page together; `at` names the section to open."""
    language, record = frame.language, person.record
    said, zone = record.preferences, zone_of(record, house.config)
    where = zone or "UTC"
    teller = Teller(house.categories, house.purposes, language, where, person.now)
    topics = topic_rows(said, house, language)
    purposes = purpose_rows(said, house, teller)
    return Centre(
        version=said.version,
        open=at,
        notice=notice,
        state=_state(person),
        zone_known=zone is not None,
        lines=_lines(person, house.config, _state(person), zone, language),
        topics_sum=topics_told(topics, language),
        topics=topics,
        many_sum=most(person.caps, language),
        limits=limits(said, person.caps, house.config.user_ceiling, language),
        quiet=quiet_row(said, house.config, language),
        decisions=person.told,
        allow_sum=agreed(purposes, language),
        purposes=purposes,
        objected=said.objected,
        personal=record.profiled,
        minor=record.facts.is_minor,
        personal_choices=_personal(on=said.personalisation, language=language),
        interests=person.interests,
        facts=person.facts,
        comment=comment,
        place_sum=place_told(said.language or language, zone, language),
        language_choices=language_choices(frame.languages, said.language, language),
        zones=zone_choices(said.timezone, language),
        history=_history(teller, person, language),
        until=None if person.until is None else day(person.until, where, language),
    )


def _history(teller: Teller, person: Person, language: str) -> History:
    lines, changes = lines_of(teller, person.words)
    can_undo = bool(person.words) and person.words[-1][1].source in UNDONE_ON_PAGES
    return History(_count(changes, language), lines, changes > len(lines), can_undo)


def _state(person: Person) -> str:
    said = person.record.preferences
    if not said.push:
        return "off"
    return "paused" if said.muted_until is not None and person.now < said.muted_until else "on"


def _lines(person: Person, config: PolicyConfig, state: str, zone: str | None, language: str) -> tuple[str, ...]:
    said = person.record.preferences
    if state == "off":
        return (page_text("state_off_text", language),)
    if zone is None:
        return (page_text("state_no_zone", language),)
    if state == "paused":
        assert said.muted_until is not None
        until = clock(said.muted_until, zone, language, person.now)
        return (page_text("state_paused_until", language, until=until),)
    quiet = quiet_told(said, config, language)
    hours = () if not quiet else (page_text("quiet_is", language, windows=quiet),)
    return (most(person.caps, language), *hours)


def _personal(*, on: bool, language: str) -> tuple[Choice, ...]:
    return (
        Choice('{"personalisation":true}', page_text("personal_on", language), on),
        Choice('{"personalisation":false}', page_text("personal_off", language), not on),
    )


def _count(count: int, language: str) -> str:
    name = {0: "history_none", 1: "history_one"}.get(count, "history_sum")
    return page_text(name, language, count=count)
