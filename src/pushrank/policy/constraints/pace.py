"""How fast pushes follow each other: a gap after each, and a gentle start."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pushrank.config.types import RampUp as RampUpSteps
from pushrank.domain.codes import ExclusionCode
from pushrank.domain.instants import DAY, MINUTE, Instant
from pushrank.domain.record import UserRecord
from pushrank.policy.ask import Ask
from pushrank.policy.constraints.capping import Capping
from pushrank.policy.limits import Limit, Subject, Window, window_of


class MinGap(Capping):
    """Removes what would come sooner than `min_gap_minutes` after another push, or before one."""

    code = ExclusionCode.MIN_GAP
    binding = False

    def limits(self, ask: Ask, subject: Subject) -> Sequence[Limit]:
        """One push in each window of the gap's length."""
        del subject
        minutes = ask.config.min_gap_minutes
        if minutes is None:
            return ()
        return (Limit(self.code, "*", Window(f"{minutes:g}m", int(minutes * MINUTE)), 1),)

    def least(self, ask: Ask) -> int | None:
        """One push is enough."""
        return None if ask.config.min_gap_minutes is None else 1


class RampUp(Capping):
    """Removes what would be one push too many on a local day for a user who is new or has just come back.

    A user who may not be profiled gets no ramp.
    """

    code = ExclusionCode.RAMP_UP
    binding = False
    by_moment = True

    def limits(self, ask: Ask, subject: Subject) -> Sequence[Limit]:
        """Give the limit of the step that holds at the moment of `subject`."""
        most = self._most(ask, subject.at)
        return () if most is None else (Limit(self.code, "", window_of("day"), most),)

    def least(self, ask: Ask) -> int | None:
        """Give the step of now; later ones only grow, and after the last there is no limit."""
        return self._most(ask, ask.as_of)

    def _most(self, ask: Ask, at: Instant) -> int | None:
        ramp = ask.config.ramp_up
        if ramp is None or not ask.record.profiled:
            return None
        return _step(ramp, came_at(ask.record, ramp.returning_after_days), at)


def _step(ramp: RampUpSteps, came: Instant | None, at: Instant) -> int | None:
    """Most pushes a day at `at` for a user who came at `came`; of whom nothing is known, the first step holds."""
    if came is None:
        return ramp.steps[0].max_per_day
    return next((step.max_per_day for step in ramp.steps if at < came + step.days * DAY), None)


def came_at(record: UserRecord, returning_after_days: int) -> Instant | None:
    """When the present stretch of a user's presence began; None where nothing tells.

    It begins after the newest break of at least `returning_after_days`, by days of UTC. Without such a break among the
    days that are kept, it began with the registration or the oldest of those days, whichever is earlier.
    """
    days = record.presence.days
    for newer, older in pairwise(days):
        if newer - older >= returning_after_days:
            return newer * DAY
    known = [moment for moment in (record.facts.registered_at, days[-1] * DAY if days else None) if moment is not None]
    return min(known, default=None)
