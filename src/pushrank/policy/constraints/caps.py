"""How many pushes a user gets in a local day and in a local week."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from pushrank.domain.codes import ExclusionCode
from pushrank.domain.instants import Instant
from pushrank.policy.ask import Ask, Checked, Constraint, Rows
from pushrank.policy.calendar import day_bounds, week_bounds
from pushrank.policy.effective import Cap, effective_caps


class CalendarCap(Constraint):
    """Removes what would be one push too many in the window of its own `send_at`.

    Every push counts that was sent, or is held and not expired, whatever its channel. What the policy sets lets service
    messages pass where it says so; what the user set never does.
    """

    after: ClassVar[tuple[ExclusionCode, ...]] = (
        ExclusionCode.UNKNOWN_MESSAGE,
        ExclusionCode.NO_TIMEZONE,
        ExclusionCode.QUIET_HOURS,
    )
    crowding = True
    passable = True

    @abstractmethod
    def cap(self, ask: Ask) -> Cap:
        """Give the cap that holds for this user."""

    @abstractmethod
    def bounds(self, zone: str, at: Instant) -> tuple[Instant, Instant]:
        """`[start, end)` of the window around `at`."""

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Count once for each moment at which candidates may go."""
        cap = self.cap(ask)
        if cap.limit is None:
            return rows, ()
        full = {
            at: until
            for at in {row.send_at for row in rows}
            for used_up, until in (self._window(ask, at, cap.limit),)
            if used_up
        }
        if not full:
            return rows, ()
        passing = cap.decided_by == "policy" and self.code in ask.config.service_passes
        return self.without(
            rows,
            {
                id(row): full[row.send_at]
                for row in rows
                if row.send_at in full and not (passing and ask.is_service(row.message))
            },
        )

    def _window(self, ask: Ask, at: Instant, limit: int) -> tuple[bool, Instant | None]:
        """Whether the window around `at` is used up, and when it ends; a cap of 0 never does."""
        assert ask.zone is not None
        start, end = self.bounds(ask.zone, at)
        used = sum(start <= push.at < end and push.counts(ask.as_of) for push in ask.record.pushes)
        return used >= limit, end if limit else None


class CapDay(CalendarCap):
    """Removes what would be one push too many on a local calendar day."""

    code = ExclusionCode.CAP_DAY

    def cap(self, ask: Ask) -> Cap:
        """Pushes per day."""
        return effective_caps(ask.record, ask.config).day

    def bounds(self, zone: str, at: Instant) -> tuple[Instant, Instant]:
        """From one local midnight to the next."""
        return day_bounds(zone, at)


class CapWeek(CalendarCap):
    """Removes what would be one push too many in a local ISO week."""

    code = ExclusionCode.CAP_WEEK

    def cap(self, ask: Ask) -> Cap:
        """Pushes per week."""
        return effective_caps(ask.record, ask.config).week

    def bounds(self, zone: str, at: Instant) -> tuple[Instant, Instant]:
        """From one local Monday to the next."""
        return week_bounds(zone, at)
