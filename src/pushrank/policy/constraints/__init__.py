"""Every constraint by its code. A new one is a class in one of these files, a code in `domain`, and a line here."""

from __future__ import annotations

from pushrank.policy.ask import Constraint
from pushrank.policy.constraints.caps import CapCategory, CapChannel, CapDay, CapKind, CapWeek
from pushrank.policy.constraints.hours import NoTimezone, QuietHours
from pushrank.policy.constraints.life import Expired, NotLive, UnknownMessage
from pushrank.policy.constraints.minors import MinorProtected
from pushrank.policy.constraints.pace import MinGap, RampUp
from pushrank.policy.constraints.permission import CategoryOff, Muted, NoConsent, NotReachable, Objected, OptedOut
from pushrank.policy.constraints.repetition import AlreadySent, Held, NearDuplicate, SeenElsewhere

CONSTRAINTS: dict[str, Constraint] = {
    constraint.code.value: constraint
    for constraint in (
        NotReachable(),
        OptedOut(),
        Muted(),
        UnknownMessage(),
        NotLive(),
        Expired(),
        CategoryOff(),
        Objected(),
        NoConsent(),
        SeenElsewhere(),
        AlreadySent(),
        Held(),
        NearDuplicate(),
        NoTimezone(),
        MinorProtected(),
        QuietHours(),
        CapDay(),
        CapWeek(),
        RampUp(),
        MinGap(),
        CapChannel(),
        CapKind(),
        CapCategory(),
    )
}

__all__ = ["CONSTRAINTS"]
