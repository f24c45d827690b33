"""Whether caps are used up where somebody asked for more: a product that refuses everything breaks no cap either."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.promises.people import Person
from benchmarks.promises.windows import Row, calendar, caps_of, local
from pushrank.config.types import PolicyConfig

Held = Mapping[str, tuple[str, int, int, int]]
Refusal = tuple[str, int, str, int]
Window = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Usage:
    """Windows of one length: `asked` are those in which the cap refused somebody, `full` of them are used up.

    In `settled` ones nothing that counted at the last refusal was given back later, so these must all be full;
    `short` names those that are not.
    """

    window: str
    windows: int
    asked: int
    full: int
    settled: int
    short: Sequence[str]

    def line(self) -> str:
        """One line of the report."""
        share = self.full / self.asked if self.asked else 0.0
        found = f"{self.windows:,} with sends, {self.asked:,} refused more, {self.full:,} of those full ({share:.2%})"
        settled = f"{self.settled - len(self.short):,} of {self.settled:,} where nothing came back"
        return f"windows of a {self.window}: {found}; {settled}"


def used_up(
    window: str,
    crowd: Sequence[Person],
    config: PolicyConfig,
    by_user: Mapping[str, Sequence[Row]],
    held: Held,
    refusals: Sequence[Refusal],
) -> Usage:
    """Compare what was sent in each window with its cap, where that cap refused somebody."""
    zones = {person.user_id: person.zone for person in crowd}
    most = {p.user_id: cap.most for p in crowd for cap in caps_of(p, config) if cap.name == cap.window == window}
    asked = _last_refusals(window, zones, refusals)
    sent, loose = _sent_and_loose(window, zones, by_user, held)
    full = {key for key in asked if len(sent[key]) >= most.get(key[0], 0)}
    settled = {key for key, at in asked.items() if all(ends <= at for ends in loose[key])}
    short = [
        f"{user} {name}: {len(sent[user, name])} of {most.get(user)}, refused at {asked[user, name]}"
        for user, name in sorted(settled - full)
    ]
    return Usage(window, len(sent), len(asked), len(full), len(settled), short)


def _last_refusals(window: str, zones: Mapping[str, str], refusals: Sequence[Refusal]) -> dict[Window, int]:
    """When each window's cap refused somebody last: its code, until the very end of a local day or week."""
    found: dict[Window, int] = {}
    for user, at, code, end in refusals:
        if code != f"cap_{window}":
            continue
        shown = local(zones[user], end)
        if (shown.hour, shown.minute, shown.second) == (0, 0, 0) and (window == "day" or shown.weekday() == 0):
            key = user, calendar(window, zones[user], end - 1)
            found[key] = max(found.get(key, 0), at)
    return found


def _sent_and_loose(
    window: str, zones: Mapping[str, str], by_user: Mapping[str, Sequence[Row]], held: Held
) -> tuple[dict[Window, list[str]], dict[Window, list[int]]]:
    """What stands in each window, and until when each thing counted there that does not stand in it."""
    sent: dict[Window, list[str]] = defaultdict(list)
    loose: dict[Window, list[int]] = defaultdict(list)
    for user, zone in zones.items():
        for row in by_user.get(user, ()):
            key = user, calendar(window, zone, row.at)
            if row.state != "confirmed":
                loose[key].append(row.expires_at or 1 << 62)
                continue
            sent[key].append(row.push_id)
            if row.push_id in held:
                _, _, at, ends = held[row.push_id]
                before = user, calendar(window, zone, at)
                if before != key:
                    loose[before].append(ends)
    return sent, loose
