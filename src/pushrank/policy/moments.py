"""When else a message may go: the full hours ahead that nothing forbids."""

from __future__ import annotations

from collections.abc import Sequence

from pushrank.domain.codes import Urgency
from pushrank.domain.instants import HOUR, MINUTE, Instant
from pushrank.domain.message import Message
from pushrank.policy.ask import Ask, Constraint, Eligible, Rows
from pushrank.policy.constraints.capping import Capping
from pushrank.policy.constraints.hours import passes_quiet_hours, quiet_ends, quiet_ends_for_service

_NEVER = 1 << 62


def last_hour(ask: Ask) -> Instant | None:
    """Until when a message may wait for a better moment; None where none may."""
    if ask.config.hours is None or ask.now_only:
        return None
    return ask.as_of + ask.config.hours.ahead_hours * HOUR


def last_moment(ask: Ask, message: Message) -> Instant:
    """Until when a message may be put off: a hold for then must end before the message does.

    A breaking one goes now or not at all.
    """
    if message.urgency is Urgency.BREAKING:
        return ask.as_of
    if message.expires_at is None:
        return _NEVER
    return message.expires_at - int(ask.config.hold_minutes * MINUTE)


def later(constraints: Sequence[Constraint], ask: Ask, rows: Rows) -> Rows:
    """Give further moments for messages that may go at the moments of `rows`: a row for each, hour by hour.

    These are the full hours of UTC up to `ahead_hours` that come after a message's own moment, that its life still
    holds, that are not quiet for this user, and that no cap forbids.
    """
    end = last_hour(ask)
    if end is None or not rows:
        return ()
    hours = range((ask.as_of // HOUR + 1) * HOUR, end + 1, HOUR)
    quiet, passing = quiet_ends(ask, set(hours)), passes_quiet_hours(ask)
    service = quiet_ends_for_service(ask, set(hours)) if passing else quiet
    waiting = [
        (row, last_moment(ask, row.message), service if passing and ask.is_service(row.message) else quiet)
        for row in rows
    ]
    found: Rows = [
        Eligible(row.message, at)
        for at in hours
        for row, last, silent in waiting
        if row.send_at < at <= last and at not in silent
    ]
    for constraint in constraints:
        if found and isinstance(constraint, Capping):
            found = constraint.check(ask, found)[0]
    return found
