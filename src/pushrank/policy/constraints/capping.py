"""What every cap does: find the limits that a candidate falls under, and remove it where one of them is full."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import ClassVar, NamedTuple, TypeAlias

from pushrank.config.types import CapRule
from pushrank.domain.codes import ExclusionCode, Kind
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import Instant
from pushrank.domain.record import Push
from pushrank.policy.ask import Ask, Checked, Constraint, Eligible, Rows
from pushrank.policy.limits import Full, Limit, Subject, Taken, full, window_of

Part: TypeAlias = tuple[Instant, str, Kind]
"""When a candidate may go, and its category and kind as far as limits depend on them."""


class Found(NamedTuple):
    """Whether limits are full for ordinary messages, and for those of which `service_passes` speaks."""

    ordinary: Full | None
    service: Full | None


class Capping(Constraint):
    """Removes what would be one push too many.

    Every push counts that was sent, or is held and not expired. Where several limits are full, `until` is when the last
    of them ends, and None where one never does. What the policy sets lets service messages pass where it says so; what
    the user set never does. A message that passes still counts for others.
    """

    after: ClassVar[tuple[ExclusionCode, ...]] = (
        ExclusionCode.UNKNOWN_MESSAGE,
        ExclusionCode.NO_TIMEZONE,
        ExclusionCode.QUIET_HOURS,
    )
    crowding = True
    passable = True
    by_moment: ClassVar[bool] = False
    """Whether the limits themselves, and not only what they count, differ from moment to moment."""

    @abstractmethod
    def limits(self, ask: Ask, subject: Subject) -> Sequence[Limit]:
        """Give the limits that a subject falls under."""

    @abstractmethod
    def least(self, ask: Ask) -> int | None:
        """Fewest pushes that could make any limit full; None where there is no limit."""

    def counted(self, ask: Ask) -> Mapping[str, Sequence[Push]]:
        """Give the pushes that count, by what a limit is about."""
        return {"": ask.counting, "*": ask.counting}

    def parts(self, rows: Rows) -> set[Part]:
        """Give the parts of all `rows`."""
        return {(at, "", Kind.INFORM) for at in {row.send_at for row in rows}}

    def part(self, row: Eligible) -> Part:
        """Give what decides under which limits a candidate falls."""
        return row.send_at, "", Kind.INFORM

    def passes(self, ask: Ask, limit: Limit) -> bool:
        """Whether service messages pass a limit."""
        return limit.decided_by in ("policy", "adaptive") and self.code in ask.config.service_passes

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Count once for each moment at which candidates may go, and each part of them that matters."""
        least = self.least(ask)
        if least is None or least > len(ask.counting):
            return rows, ()
        found = self._found(ask, rows) if rows else {}
        if not found:
            return rows, ()
        return self._divided(ask, rows, found)

    def _divided(self, ask: Ask, rows: Rows, found: Mapping[Part, Found]) -> Checked:
        kept, out = [], []
        for row in rows:
            one = found.get(self.part(row), _NOTHING)
            is_full = one.service if one.service != one.ordinary and ask.is_service(row.message) else one.ordinary
            if is_full is None:
                kept.append(row)
            else:
                out.append(self.exclusion(row.message.message_id, is_full))
        return kept, out

    def exclusion(self, message_id: str, by: Full) -> Exclusion:
        """Say what is full: of a cap over everything how many it allows, and whose word that is."""
        if by.limit.about:
            return Exclusion(message_id, self.code, by.until)
        return Exclusion(message_id, self.code, by.until, limit=by.limit.most, decided_by=by.limit.decided_by)

    def _found(self, ask: Ask, rows: Rows) -> Mapping[Part, Found]:
        """Find what is full for the parts of rows; parts that have room under each limit are left out."""
        parts, counting = self.parts(rows), _Counting(ask, self.counted(ask))
        since = min(part[0] for part in parts)
        pressing: dict[Part, tuple[Limit, ...]] = {}
        found = {}
        for part in parts:
            about = part if self.by_moment else (since, *part[1:])
            limits = pressing.get(about)
            if limits is None:
                known = self.limits(ask, _subject(ask, about))
                limits = pressing[about] = tuple([limit for limit in known if counting.presses(limit, since)])
            if limits:
                ends = [(limit, counting.full(limit, part[0])) for limit in limits]
                ordinary = _last(end for _, end in ends)
                if ordinary is not None:
                    found[part] = Found(ordinary, _last(end for limit, end in ends if not self.passes(ask, limit)))
        return found


_NOTHING = Found(None, None)


class _Counting:
    """The pushes that count, by what a limit is about; what was looked up once is kept."""

    def __init__(self, ask: Ask, counted: Mapping[str, Sequence[Push]]) -> None:
        self._ask = ask
        self._counted = counted
        self._taken: dict[str, Taken] = {}
        self._full: dict[tuple[str, str, int, Instant], Full | None] = {}

    def presses(self, limit: Limit, since: Instant) -> bool:
        """Whether a limit might be full at or after `since`: its first window and what follows hold pushes enough."""
        if len(self._counted.get(limit.about, ())) < limit.most:
            return False
        if limit.most == 0:
            return True
        times = self._times(limit).times
        return len(times) - bisect_left(times, limit.window.bounds(self._ask.zone, since)[0]) >= limit.most

    def full(self, limit: Limit, at: Instant) -> Full | None:
        """Tell whether a limit is full at `at`."""
        name = limit.about, limit.window.name, limit.most, at
        if name not in self._full:
            self._full[name] = full(limit, self._times(limit), self._ask.zone, at)
        return self._full[name]

    def _times(self, limit: Limit) -> Taken:
        taken = self._taken.get(limit.about)
        if taken is None:
            taken = self._taken[limit.about] = Taken(self._counted.get(limit.about, ()), self._ask.as_of)
        return taken


def _last(ends: Iterable[Full | None]) -> Full | None:
    known = [end for end in ends if end is not None]
    return max(known, key=lambda end: inf if end.until is None else end.until, default=None)


def _subject(ask: Ask, part: Part) -> Subject:
    at, category, kind = part
    return Subject(category, kind, ask.channel, at)


class RuleCap(Capping):
    """A cap whose limits are rules of the policy's `caps`."""

    binding = False

    @abstractmethod
    def speaks(self, rule: CapRule) -> bool:
        """Whether a rule belongs to this constraint."""

    @abstractmethod
    def about(self, rule: CapRule, subject: Subject) -> str | None:
        """What a rule counts together with `subject`; None where it does not speak of it."""

    def limits(self, ask: Ask, subject: Subject) -> Sequence[Limit]:
        """Turn the rules that speak of `subject` into limits."""
        return [
            Limit(self.code, about, window_of(rule.window), rule.limit)
            for rule in ask.config.caps
            if self.speaks(rule) and (about := self.about(rule, subject)) is not None
        ]

    def least(self, ask: Ask) -> int | None:
        """Give the smallest limit of a rule."""
        return min((rule.limit for rule in ask.config.caps if self.speaks(rule)), default=None)


class PartCap(RuleCap):
    """A cap over some of the pushes: those that go by a name, of which one push may have several."""

    @abstractmethod
    def named(self, rule: CapRule) -> str | None:
        """Give the name of which a rule speaks, `*` for each apart; None where it is no rule of this constraint."""

    @abstractmethod
    def names(self, push: Push) -> Sequence[str]:
        """Give the names under which a push counts."""

    def speaks(self, rule: CapRule) -> bool:
        """Whether the rule names any."""
        return self.named(rule) is not None

    def counted(self, ask: Ask) -> Mapping[str, Sequence[Push]]:
        """Give the pushes that count under each name."""
        groups: dict[str, list[Push]] = {}
        for push in ask.counting:
            for name in self.names(push):
                groups.setdefault(name, []).append(push)
        return groups
