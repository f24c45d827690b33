"""The user's clock: no push without knowing it, none in quiet hours."""

from __future__ import annotations

from typing import ClassVar

from pushrank.domain.codes import ExclusionCode, QuietAction, Urgency
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.policy.ask import Ask, Checked, Constraint, Eligible, Rows, UserWide
from pushrank.policy.windows import quiet_at, windows_of


class NoTimezone(UserWide):
    """Removes everything where nobody knows what the user's clock shows."""

    code = ExclusionCode.NO_TIMEZONE

    def forbids(self, ask: Ask) -> bool:
        """Whether the zone is missing or can't be read."""
        return ask.zone is None


class QuietHours(Constraint):
    """Moves messages to the end of the quiet time, or removes them where they can't wait or shall be dropped.

    The user's windows count where there are any, else the policy's. Only the policy's let service messages pass.
    """

    code = ExclusionCode.QUIET_HOURS
    after: ClassVar[tuple[ExclusionCode, ...]] = (ExclusionCode.UNKNOWN_MESSAGE, ExclusionCode.NO_TIMEZONE)
    passable = True

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Look at the clock once; outside quiet hours nothing changes."""
        assert ask.zone is not None
        own = ask.record.preferences.quiet_hours
        quiet = quiet_at(windows_of(ask.config.quiet_hours) if own is None else own, ask.zone, ask.as_of)
        if quiet is None:
            return rows, ()
        if own is None and self.code in ask.config.service_passes:
            return self._put_off(
                ask, rows, quiet.end, frozenset(id(row) for row in rows if ask.is_service(row.message))
            )
        return self._put_off(ask, rows, quiet.end, frozenset())

    def _put_off(self, ask: Ask, rows: Rows, end: Instant | None, passing: frozenset[int]) -> Checked:
        waits = _may_wait(ask)
        ends = {
            id(row): end
            for row in rows
            if id(row) not in passing and not (waits and end is not None and _can_wait(row.message, end))
        }
        kept, exclusions = self.without(rows, ends)
        if end is None:
            return kept, exclusions
        return [row if id(row) in passing else Eligible(row.message, end) for row in kept], exclusions


def _may_wait(ask: Ask) -> bool:
    action = ask.record.preferences.in_quiet_hours or ask.config.in_quiet_hours
    return action is QuietAction.DEFER and not ask.now_only


def _can_wait(message: Message, end: Instant) -> bool:
    if message.urgency is Urgency.BREAKING:
        return False
    return message.expires_at is None or message.expires_at > end
