"""What people ask for in one word, as merge patches of their preferences; and the patch that takes a word back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pushrank.domain.instants import DAY, HOUR, Instant
from pushrank.domain.ledger import Entry
from pushrank.policy.calendar import day_number, reading

MORNING = 8 * 60  # minutes after midnight
FEWER = 1  # pushes a week
_STILL_NIGHT = 4 * HOUR
_BY_KEY = frozenset({"categories", "category_caps", "tags"})
_CONSENT = "consents/"


def morning(now: Instant, zone: str | None) -> Instant:
    """When a pause till tomorrow morning ends: at 8:00 of the next day of `zone`.

    Before 4:00 the night is not over yet, and its own morning is meant. In an unknown zone the pause lasts a day.
    """
    if zone is None:
        return now + DAY
    return reading(zone, day_number(zone, now - _STILL_NIGHT) + 1, MORNING, 1)


def topic_patch(wish: str, category: str) -> dict[str, Any]:
    """Patch for one topic: `on`, `fewer` (one a week) or `off`; `*` is every topic of which nothing else was said.

    Raises ValueError for another wish.
    """
    if category == "*":
        return {"categories": {"*": {"on": None, "off": False}[_known(wish, "on", "off")]}}
    wish = _known(wish, "on", "fewer", "off")
    if wish == "off":
        return {"categories": {category: False}}
    return {"categories": {category: True}, "category_caps": {category: FEWER if wish == "fewer" else None}}


def _known(wish: str, *wishes: str) -> str:
    if wish not in wishes:
        msg = f"expected one of {', '.join(wishes)}, got {wish[:20]!r}"
        raise ValueError(msg)
    return wish


def last_words(words: Sequence[tuple[int, Entry]]) -> tuple[Entry, ...]:
    """What a person said last: the latest entries that were made by one and the same change."""
    if not words:
        return ()
    last = words[-1][1]
    same = [entry for _, entry in words if (entry.at, entry.source) == (last.at, last.source)]
    return tuple(same)


def taken_back(entries: Sequence[Entry]) -> dict[str, Any]:
    """Patch that puts back what these entries changed, as far as each of them says."""
    patch: dict[str, Any] = {}
    for entry in entries:
        if entry.what.startswith(_CONSENT):
            patch.setdefault("consents", {})[entry.what.removeprefix(_CONSENT)] = _undated(entry.before)
        elif entry.what in _BY_KEY:
            patch[entry.what] = _differences(entry.before or {}, entry.value or {})
        else:
            patch[entry.what] = entry.before
    return patch


def _undated(consent: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A word that is said again is said now."""
    return None if consent is None else {name: value for name, value in consent.items() if name != "at"}


def _differences(before: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    changed = sorted(name for name in before.keys() | value.keys() if before.get(name) != value.get(name))
    return {name: before.get(name) for name in changed}
