"""Which caps hold for a person, and which pushes share a window of one: read from configuration and calendar anew.

Nothing here comes from the rules: a fault in them must not hide itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from benchmarks.promises.people import Person
from pushrank.config.types import CapRule, PolicyConfig

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_UNITS = {"m": 60, "h": 3600, "d": 86_400}
_SECOND = 1_000_000


class Row(NamedTuple):
    """A push as the store has it."""

    push_id: str
    user: str
    content: str
    message: str
    category: str
    kind: str
    state: str
    at: int
    decision: str | None
    expires_at: int | None
    channel: str


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` pushes of one group in a window: `day`, `week`, or a number of microseconds that roll.

    `group` names what a push is counted with, None where this cap does not speak of it.
    """

    name: str
    window: str | int
    most: int
    group: Callable[[Row], str | None]


@lru_cache(maxsize=1 << 20)
def local(zone: str, at: int) -> datetime:
    """What the wall clock shows."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(zone))


def calendar(window: str, zone: str, at: int) -> str:
    """Name of the local day or ISO week around a moment."""
    shown = local(zone, at)
    if window == "day":
        return shown.date().isoformat()
    year, week, _ = shown.isocalendar()
    return f"{year}-W{week:02d}"


def caps_of(person: Person, config: PolicyConfig) -> list[Cap]:
    """Every cap of the configuration and of the user's own word."""
    ceiling = config.user_ceiling
    day = _chosen(person.max_per_day, config.max_per_day, ceiling.max_per_day)
    week = _chosen(person.max_per_week, config.max_per_week, ceiling.max_per_week)
    found = [Cap("day", "day", day, _all)] if day is not None else []
    found += [Cap("week", "week", week, _all)] if week is not None else []
    if config.min_gap_minutes is not None:
        found.append(Cap("gap", int(config.min_gap_minutes * 60 * _SECOND), 1, _all))
    return found + [_of_rule(rule) for rule in config.caps]


def _chosen(wish: int | None, default: int | None, ceiling: int) -> int | None:
    return default if wish is None else min(wish, ceiling)


def _all(_: Row) -> str:
    return "all"


def _of_rule(rule: CapRule) -> Cap:
    window = (
        rule.window if rule.window in ("day", "week") else int(rule.window[:-1]) * _UNITS[rule.window[-1]] * _SECOND
    )

    def group(row: Row) -> str | None:
        parts = []
        for wanted, own in ((rule.category, row.category), (rule.kind, row.kind), (rule.channel, row.channel)):
            if wanted == "*":
                parts.append(own.split(".")[0])
            elif (
                wanted is not None and own != wanted and not (wanted == rule.category and own.startswith(f"{wanted}."))
            ):
                return None
        return "/".join(["", *parts])

    about = "/".join(part for part in (rule.category, rule.kind, rule.channel) if part) or "all"
    return Cap(f"{about} {rule.window}", window, rule.limit, group)


def quiet(person: Person, config: PolicyConfig, at: int) -> bool:
    """Whether the wall clock shows a time inside a quiet window; a window's days name the day on which it starts."""
    shown = local(person.zone, at)
    minute, today = shown.hour * 60 + shown.minute, shown.weekday()
    for start, end, days in _windows(person, config):
        if start < end:
            inside = today in days and start <= minute < end
        else:
            inside = (today in days and minute >= start) or ((today - 1) % 7 in days and minute < end)
        if inside:
            return True
    return False


def _windows(person: Person, config: PolicyConfig) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    if person.quiet is not None:
        yield from ((window.start, window.end, window.days) for window in person.quiet)
        return
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    for hours in config.quiet_hours:
        start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (hours.start, hours.end))
        yield start, end, tuple(names.index(day) for day in hours.days)
