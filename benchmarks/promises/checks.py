"""What the store holds after a run, against what was acknowledged: plain counting, none of the rules' code."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.promises.acks import Ack, read
from benchmarks.promises.people import Person
from benchmarks.promises.stores import rows
from benchmarks.promises.usage import Usage, used_up
from benchmarks.promises.windows import Cap, Row, calendar, caps_of, quiet
from pushrank.config.types import PolicyConfig

_ROWS = """
    SELECT push_id, user_key, content_key, message_id, category, kind, state, at, decision_id, expires_at, channel
    FROM pushes ORDER BY push_id"""
_EVENTS = "SELECT event_id FROM events"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Told:
    """What the processes were told, from their own files.

    `sent` and `held` map push ids to user and moment; `given_back` are those that somebody tried to release.
    """

    sent: dict[str, tuple[str, int]] = field(default_factory=dict)
    held: dict[str, tuple[str, int, int, int]] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    given_back: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    refusals: list[tuple[str, int, str, int]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    events: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `violations` map a promise to what broke it; all of them empty is what the product claims."""

    holds: int
    confirms: int
    refused: Counter[str]
    violations: Mapping[str, Sequence[str]]
    usage: Sequence[Usage]
    others: Mapping[str, int]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.violations.values())

    def lines(self) -> Iterator[str]:
        """The report."""
        yield "refused: " + ", ".join(f"{code} {count:,}" for code, count in self.refused.most_common())
        yield from (f"{name}: {count:,}" for name, count in self.others.items())
        yield from (usage.line() for usage in self.usage)
        for promise, found in self.violations.items():
            yield f"{promise}: {len(found):,}"
            yield from (f"    {one}" for one in found[:_SHOWN])


def judged(
    address: str,
    folder: Path,
    crowd: Sequence[Person],
    config: PolicyConfig,
    now: int,
    code: Callable[[str], str] = str,
) -> Verdict:
    """Read store and files, and count. `code` is under what an event is stored."""
    told = heard(folder)
    stored = {row.push_id: row for row in map(Row._make, rows(address, _ROWS))}
    by_user: dict[str, list[Row]] = defaultdict(list)
    for row in stored.values():
        by_user[row.user].append(row)
    over: list[str] = []
    for person in crowd:
        for cap in caps_of(person, config):
            over += _beyond(person, cap, by_user[person.user_id], told, now)
    known = {person.user_id: person for person in crowd}
    sent = [row for row in stored.values() if row.state == "confirmed"]
    violations = {
        "users over a cap": sorted({line.split()[0] for line in over}),
        "windows over a cap": over,
        "contents sent twice": [*_twice(sent), *_twice_told(told)],
        "acknowledged sends lost": list(_lost(told, stored)),
        "acknowledged holds lost": [name for name in told.held if name not in stored],
        "acknowledged events lost": sorted(
            {code(name) for name in told.events} - {name for (name,) in rows(address, _EVENTS)}
        ),
        "sends in quiet hours": [f"{row.push_id} {row.at}" for row in sent if quiet(known[row.user], config, row.at)],
    }
    usage = [used_up(window, crowd, config, by_user, told.held, told.refusals) for window in ("day", "week")]
    violations["caps not used up although asked"] = [line for one in usage for line in one.short]
    others = {
        "sends that stand": len(sent),
        "events": len(told.events),
        **{name: told.counts[name] for name in ("conflict", "busy")},
    }
    return Verdict(told.counts["holds"], told.counts["confirms"], told.refused, violations, usage, others)


def heard(folder: Path) -> Told:
    """Read the files of all processes."""
    told = Told()
    for ack in read(folder):
        names = [f"{ack.decision}/{message}" for message in ack.sent]
        told.refused.update(code for _, code, _ in ack.refused)
        if ack.what == "rank":
            _ranked(told, ack)
        elif ack.what == "confirm":
            told.counts["confirms"] += len(names)
            for name in names:
                told.sent.setdefault(name, (ack.user, ack.as_of))
        elif ack.what == "try_release":
            told.given_back.update(names)
        elif ack.what == "event":
            told.events.update(ack.sent)
        else:
            told.counts[ack.what] += 1
    return told


def _ranked(told: Told, ack: Ack) -> None:
    for message, event, at, ends in ack.places:
        name = f"{ack.decision}/{message}"
        told.contents[name] = f"{ack.user} {message}#{event or ''}"
        if ends is None:
            told.sent[name] = ack.user, at
        else:
            told.held[name] = ack.user, ack.as_of, at, ends
        told.counts["confirms" if ends is None else "holds"] += 1
    if ack.now == ack.as_of:
        told.refusals.extend((ack.user, ack.as_of, code, end) for _, code, end in ack.refused if end)


def _beyond(person: Person, cap: Cap, found: Iterable[Row], told: Told, now: int) -> Iterator[str]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        name = cap.group(row)
        if name is not None and row.state in ("confirmed", "held"):
            groups[name].append(row)
    for name, members in groups.items():
        where = f"{person.user_id} {cap.name}{name}"
        if isinstance(cap.window, int):
            yield from _rolling(where, cap.window, cap.most, members)
        else:
            yield from _in_windows(where, cap, person.zone, members, told, now)


def _rolling(where: str, window: int, most: int, members: Iterable[Row]) -> Iterator[str]:
    """Any `most` + 1 sends in a row must not begin within one window; the next may go exactly a window later."""
    moments = sorted(row.at for row in members if row.state == "confirmed")
    for first, after in zip(moments, moments[most:], strict=False):
        if after - first < window:
            yield f"{where}: more than {most} from {first} to {after}"


def _in_windows(where: str, cap: Cap, zone: str, members: Iterable[Row], told: Told, now: int) -> Iterator[str]:
    """In each window: never more at once than the cap, sends and the holds that ran out beside them."""
    assert isinstance(cap.window, str)
    windows: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in members:
        begins, ends = row.at, now + 1
        if row.state == "held":
            begins, ends = told.held.get(row.push_id, (row.user, row.at))[1], row.expires_at or ends
        windows[calendar(cap.window, zone, row.at)].append((begins, ends))
    for name, spans in windows.items():
        if len(spans) > cap.most and (peak := _peak(spans)) > cap.most:
            yield f"{where} in {name}: {peak} of {cap.most}"


def _peak(spans: Iterable[tuple[int, int]]) -> int:
    """How many half-open spans overlap at most."""
    steps = sorted(step for begins, ends in spans for step in ((begins, 1), (ends, -1)))
    depth = peak = 0
    for _, step in steps:
        depth += step
        peak = max(peak, depth)
    return peak


def _content(row: Row) -> str:
    """Whom, which message, which event; what an archived push adds to its key is left out."""
    message, event = row.content.split("#")[:2]
    return f"{row.user} {message}#{event}"


def _twice(sent: Iterable[Row]) -> Iterator[str]:
    counts = Counter(_content(row) for row in sent)
    return (name for name, count in counts.items() if count > 1)


def _twice_told(told: Told) -> Iterator[str]:
    counts = Counter(told.contents[name] for name in told.sent if name in told.contents and name not in told.given_back)
    return (name for name, count in counts.items() if count > 1)


def _lost(told: Told, stored: Mapping[str, Row]) -> Iterator[str]:
    """Sends that were acknowledged, that nobody took back, and that the store does not have so."""
    for name, (user, at) in told.sent.items():
        if name in told.given_back:
            continue
        row = stored.get(name)
        if row is None or (row.user, row.state, row.at) != (user, "confirmed", at):
            yield f"{name}: told {user} {at}, stored {row}"
