"""The user's clock: no push without knowing it, none in quiet hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pushrank.domain.codes import ExclusionCode, QuietAction, Urgency
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.user import QuietWindow
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
        """Look at the clock once for each moment at which rows may go; outside quiet hours nothing changes."""
        quiet = quiet_ends(ask, {row.send_at for row in rows})
        if not quiet:
            return rows, ()
        passing = passes_quiet_hours(ask)
        late = [row for row in rows if row.send_at in quiet and not (passing and ask.is_service(row.message))]
        waits = _may_wait(ask)
        out = {
            id(row): quiet[row.send_at] for row in late if not (waits and _can_wait(row.message, quiet[row.send_at]))
        }
        kept, exclusions = self.without(rows, out)
        moved = {id(row) for row in late}
        return [_put_off(row, quiet[row.send_at]) if id(row) in moved else row for row in kept], exclusions


def quiet_ends(ask: Ask, moments: set[Instant]) -> Mapping[Instant, Instant | None]:
    """Give those of `moments` that are quiet for this user, with the end of the quiet time; None: none in sight."""
    assert ask.zone is not None
    windows = _windows(ask)
    found = ((at, quiet_at(windows, ask.zone, at)) for at in moments)
    return {at: quiet.end for at, quiet in found if quiet is not None}


def passes_quiet_hours(ask: Ask) -> bool:
    """Whether service messages pass the quiet hours that hold for this user."""
    return ask.record.preferences.quiet_hours is None and QuietHours.code in ask.config.service_passes


def _windows(ask: Ask) -> tuple[QuietWindow, ...]:
    own = ask.record.preferences.quiet_hours
    return windows_of(ask.config.quiet_hours) if own is None else own


def _may_wait(ask: Ask) -> bool:
    action = ask.record.preferences.in_quiet_hours or ask.config.in_quiet_hours
    return action is QuietAction.DEFER and not ask.now_only


def _can_wait(message: Message, end: Instant | None) -> bool:
    if message.urgency is Urgency.BREAKING or end is None:
        return False
    return message.expires_at is None or message.expires_at > end


def _put_off(row: Eligible, end: Instant | None) -> Eligible:
    assert end is not None, "expected quiet hours that end, for nobody waits for others"
    return Eligible(row.message, end)
