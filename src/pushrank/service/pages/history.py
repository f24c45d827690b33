"""What a person said, change by change, told back in sentences."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pushrank.config.types import Category, PurposeSpec
from pushrank.domain.codes import Purpose
from pushrank.domain.instants import Instant, instant
from pushrank.domain.ledger import Entry
from pushrank.domain.preferences_json import from_json
from pushrank.service.pages.frame import said_in
from pushrank.service.pages.places import zone_name
from pushrank.service.pages.quiet import told
from pushrank.service.pages.topics import topic_title
from pushrank.wording import clock
from pushrank.wording.pages import NAMES, page_text

_MOST_LINES = 10
_MOST_TEXTS = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One change: when, by which way, and what was said."""

    when: str
    way: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells one reader what was said. Moments are told by the clock of `zone`."""

    categories: Mapping[str, Category]
    purposes: Mapping[Purpose, PurposeSpec]
    language: str
    zone: str
    now: Instant

    def say(self, text: str, /, **facts: Hashable) -> str:
        """Say one text of the pages."""
        return page_text(text, self.language, **facts)

    def title(self, category: str) -> str:
        """Title of a category."""
        if category == "*":
            return self.say("topic_others")
        return topic_title(self.categories, category, self.language)

    def sentence(self, entry: Entry, name: str, value: Any) -> str:
        """Say what an entry changed; of an object, what became of one `name` in it."""
        what, _, purpose = entry.what.partition("/")
        if what == "consents":
            return self._consent(purpose, entry.value)
        if what in _BY_KEY:
            return _BY_KEY[what](self, name, value)
        return _SIMPLE[what](self, entry.value) if what in _SIMPLE else self.say("said_other")

    def _consent(self, purpose: str, value: Any) -> str:
        spec = self.purposes.get(Purpose(purpose)) if purpose in list(Purpose) else None
        title = purpose if spec is None else said_in(spec.title, self.language, purpose)
        return self.say(
            "said_unsaid" if value is None else ("said_yes" if value["granted"] else "said_no"), title=title
        )


def lines_of(teller: Teller, words: Sequence[tuple[int, Entry]]) -> tuple[tuple[Line, ...], int]:
    """Latest changes, the newest first, each with all that it said; and how many there are in all."""
    changes = [list(group) for _, group in groupby((entry for _, entry in words), lambda one: (one.at, one.source))]
    latest = changes[: -_MOST_LINES - 1 : -1]
    return tuple(_line(teller, change) for change in latest), len(changes)


def _line(teller: Teller, entries: Sequence[Entry]) -> Line:
    first = entries[0]
    way = teller.say(f"way_{first.source}") if first.source in _WAYS else first.source
    when = clock(first.at, teller.zone, teller.language, teller.now)
    return Line(when, way, short(told_of(teller, entries)))


def short(told: Iterable[str]) -> tuple[str, ...]:
    """The first sentences, and a sign where there are more."""
    texts = tuple(told)
    return texts if len(texts) <= _MOST_TEXTS else (*texts[:_MOST_TEXTS], "…")


def told_of(teller: Teller, entries: Sequence[Entry]) -> Iterator[str]:
    """Say what one change said. To want fewer of a topic says by itself that the topic is on."""
    fewer = {name for entry in entries if entry.what == "category_caps" for name, most in _changed(entry) if most}
    for entry in entries:
        for name, value in _changed(entry) if entry.what in _BY_KEY else [("", None)]:
            if not (entry.what == "categories" and value is True and name in fewer):
                yield teller.sentence(entry, name, value)


def _changed(entry: Entry) -> list[tuple[str, Any]]:
    before, value = entry.before or {}, entry.value or {}
    return [
        (name, value.get(name)) for name in sorted(before.keys() | value.keys()) if before.get(name) != value.get(name)
    ]


def _category(teller: Teller, name: str, value: Any) -> str:
    return teller.say(f"said_category_{_WORDS[value]}", title=teller.title(name))


def _fewer(teller: Teller, name: str, value: Any) -> str:
    if value is None:
        return teller.say("said_fewer_usual", title=teller.title(name))
    return teller.say("said_fewer", title=teller.title(name), limit=value)


def _tag(teller: Teller, name: str, value: Any) -> str:
    return teller.say("said_tag_never" if value is False else "said_tag_usual", tag=name)


def _either(yes: str, no: str) -> Callable[[Teller, Any], str]:
    return lambda teller, value: teller.say(yes if value else no)


def _number(text: str) -> Callable[[Teller, Any], str]:
    return lambda teller, value: teller.say(f"{text}_usual") if value is None else teller.say(text, limit=value)


def _muted(teller: Teller, value: Any) -> str:
    if value is None:
        return teller.say("said_unmuted")
    return teller.say("said_muted", until=clock(instant(value), teller.zone, teller.language, teller.now))


def _quiet(teller: Teller, value: Any) -> str:
    if not value:
        return teller.say("said_quiet_usual" if value is None else "said_quiet_none")
    windows = from_json({"quiet_hours": value}).quiet_hours or ()
    return teller.say("said_quiet", windows=told(windows, teller.language))


def _then(teller: Teller, value: Any) -> str:
    return teller.say(f"said_{value}" if value in ("defer", "drop") else "said_then_usual")


def _zone(teller: Teller, value: Any) -> str:
    return (
        teller.say("said_zone_usual")
        if value is None
        else teller.say("said_zone", zone=zone_name(value, teller.language))
    )


def _language(teller: Teller, value: Any) -> str:
    if value is None:
        return teller.say("said_language_usual")
    return teller.say("said_language", name=NAMES.get(value.split("-")[0].lower(), value))


_WAYS = ("api", "page", "link", "event", "import")
_WORDS = {True: "on", False: "off", None: "usual"}
_BY_KEY: Mapping[str, Callable[[Teller, str, Any], str]] = {
    "categories": _category,
    "category_caps": _fewer,
    "tags": _tag,
}
_SIMPLE: Mapping[str, Callable[[Teller, Any], str]] = {
    "push": _either("said_push_on", "said_push_off"),
    "objected": _either("said_objected", "said_not_objected"),
    "personalisation": _either("said_personal_on", "said_personal_off"),
    "max_per_day": _number("said_day"),
    "max_per_week": _number("said_week"),
    "muted_until": _muted,
    "quiet_hours": _quiet,
    "in_quiet_hours": _then,
    "timezone": _zone,
    "language": _language,
}
