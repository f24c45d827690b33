"""What every cap does: find the limits that a candidate falls under, and remove it where one of them is full."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from math import inf
from typing import ClassVar, NamedTuple

from pushrank.config.types import CapRule
from pushrank.domain.codes import ExclusionCode, Kind
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Push
from pushrank.policy.ask import Ask, Checked, Constraint, Rows
from pushrank.policy.limits import Full, Limit, Subject, Taken, full, window_of


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

    @abstractmethod
    def limits(self, ask: Ask, subject: Subject) -> Sequence[Limit]:
        """Give the limits that a subject falls under."""

    @abstractmethod
    def least(self, ask: Ask) -> int | None:
        """Fewest pushes that could make any limit full; None where there is no limit."""

    def covers(self, limit: Limit, push: Push) -> bool:
        """Whether a push counts under a limit."""
        del limit, push
        return True

    def part(self, message: Message) -> tuple[str, Kind]:
        """Category and kind, as far as it depends on them which limits a message falls under."""
        del message
        return "", Kind.INFORM

    def passes(self, ask: Ask, limit: Limit) -> bool:
        """Whether service messages pass a limit."""
        return limit.decided_by == "policy" and self.code in ask.config.service_passes

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Count once for each moment at which candidates may go, and each part of them that matters."""
        least = self.least(ask)
        if least is None or least > len(ask.counting):
            return rows, ()
        part = self.part
        found = {
            (at, its): self._found(ask, Subject(*its, ask.channel, at))
            for at, its in {(row.send_at, part(row.message)) for row in rows}
        }
        if all(one.ordinary is None for one in found.values()):
            return rows, ()
        kept, out = [], []
        for row in rows:
            one = found[row.send_at, part(row.message)]
            is_full = one.service if one.service != one.ordinary and ask.is_service(row.message) else one.ordinary
            if is_full is None:
                kept.append(row)
            else:
                out.append(self.exclusion(row.message.message_id, is_full))
        return kept, out

    def exclusion(self, message_id: str, by: Full) -> Exclusion:
        """Say what is full: of a cap over everything how many it allows."""
        return Exclusion(message_id, self.code, by.until, limit=None if by.limit.about else by.limit.most)

    def _found(self, ask: Ask, subject: Subject) -> Found:
        limits = self.limits(ask, subject)
        ends = [(limit, end) for limit in limits if (end := self._full(ask, limit, subject.at)) is not None]
        return Found(_last(end for _, end in ends), _last(end for limit, end in ends if not self.passes(ask, limit)))

    def _full(self, ask: Ask, limit: Limit, at: Instant) -> Full | None:
        taken = Taken([push for push in ask.counting if self.covers(limit, push)], ask.as_of)
        return full(limit, taken, ask.zone, at)


def _last(ends: Iterable[Full]) -> Full | None:
    return max(ends, key=lambda end: inf if end.until is None else end.until, default=None)


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
