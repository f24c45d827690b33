"""The user's clock: no push without knowing it, none in quiet hours."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from pushrank.domain.codes import ExclusionCode, QuietAction, Urgency
from pushrank.domain.instants import Instant
from pushrank.domain.user import QuietWindow
from pushrank.policy.ask import Ask, Checked, Constraint, Eligible, Rows, UserWide
from pushrank.policy.windows import night_of, quiet_at, windows_of

_NONE: Mapping[Any, None] = MappingProxyType({})


class NoTimezone(UserWide):
    """Removes everything where nobody knows what the user's clock shows."""

    code = ExclusionCode.NO_TIMEZONE

    def forbids(self, ask: Ask) -> bool:
        """Whether the zone is missing or can't be read."""
        return ask.zone is None


class Hushing(Constraint):
    """Moves messages to the end of a quiet time, or removes them where they can't wait or shall be dropped."""

    def hushed(
        self, ask: Ask, rows: Rows, late: Mapping[int, Instant | None], gone: Mapping[int, Instant | None] = _NONE
    ) -> Checked:
        """Divide rows: those of `late`, by `id()`, wait for the end that it names or go, and those of `gone` go."""
        if not late and not gone:
            return rows, ()
        waits = _may_wait(ask)
        out = {id(row): late[id(row)] for row in rows if id(row) in late and not (waits and _can_wait(row, late))}
        kept, exclusions = self.without(rows, {**out, **gone})
        return [_put_off(row, late[id(row)]) if id(row) in late else row for row in kept], exclusions


class QuietHours(Hushing):
    """Moves messages to the end of the quiet time, or removes them where they can't wait or shall be dropped.

    The user's windows count where there are any, else the policy's. Only the policy's let service messages pass. Where
    a minor's night follows, the quiet time ends with it.
    """

    code = ExclusionCode.QUIET_HOURS
    after: ClassVar[tuple[ExclusionCode, ...]] = (
        ExclusionCode.UNKNOWN_MESSAGE,
        ExclusionCode.NO_TIMEZONE,
        ExclusionCode.MINOR_PROTECTED,
    )
    passable = True

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Look at the clock once for each moment at which rows may go; outside quiet hours nothing changes."""
        quiet = quiet_ends(ask, {row.send_at for row in rows})
        if not quiet:
            return rows, ()
        passing = passes_quiet_hours(ask)
        late = [row for row in rows if row.send_at in quiet and not (passing and ask.is_service(row.message))]
        return self.hushed(ask, rows, {id(row): quiet[row.send_at] for row in late})


def quiet_ends(ask: Ask, moments: set[Instant]) -> Mapping[Instant, Instant | None]:
    """Give those of `moments` that are quiet for this user, with the end of the quiet time; None: none in sight."""
    return quiet_among((*_windows(ask), *nights(ask)), ask, moments)


def quiet_ends_for_service(ask: Ask, moments: set[Instant]) -> Mapping[Instant, Instant | None]:
    """Give the same for service messages: where they pass the quiet hours, a minor's night is still quiet."""
    return quiet_among(nights(ask), ask, moments) if passes_quiet_hours(ask) else quiet_ends(ask, moments)


def quiet_among(windows: tuple[QuietWindow, ...], ask: Ask, moments: set[Instant]) -> Mapping[Instant, Instant | None]:
    """Give those of `moments` that lie in any of `windows` by the user's clock, with the end of the quiet time."""
    if not windows:
        return _NONE
    assert ask.zone is not None
    found = ((at, quiet_at(windows, ask.zone, at)) for at in moments)
    return {at: quiet.end for at, quiet in found if quiet is not None}


def passes_quiet_hours(ask: Ask) -> bool:
    """Whether service messages pass the quiet hours that hold for this user."""
    return ask.record.preferences.quiet_hours is None and QuietHours.code in ask.config.service_passes


def nights(ask: Ask) -> tuple[QuietWindow, ...]:
    """The nights in which nothing reaches a minor; none for everybody else."""
    minors = ask.config.minors
    return () if minors is None or not ask.record.facts.is_minor else night_of(minors)


def _windows(ask: Ask) -> tuple[QuietWindow, ...]:
    own = ask.record.preferences.quiet_hours
    return windows_of(ask.config.quiet_hours) if own is None else own


def _may_wait(ask: Ask) -> bool:
    action = ask.record.preferences.in_quiet_hours or ask.config.in_quiet_hours
    return action is QuietAction.DEFER and not ask.now_only


def _can_wait(row: Eligible, late: Mapping[int, Instant | None]) -> bool:
    message, end = row.message, late[id(row)]
    if message.urgency is Urgency.BREAKING or end is None:
        return False
    return message.expires_at is None or message.expires_at > end


def _put_off(row: Eligible, end: Instant | None) -> Eligible:
    assert end is not None, "expected quiet hours that end, for nobody waits for others"
    return Eligible(row.message, end)
