"""What may be sent at all, and what is worth sending. Constraints come before value and are never traded against it."""

from pushrank.policy.ask import Ask, Eligible, Rows
from pushrank.policy.calendar import zone_of
from pushrank.policy.confirmation import Verdict, recheck
from pushrank.policy.effective import Cap, EffectiveCaps, as_it_holds, effective_caps
from pushrank.policy.frequency import frequency_of, utmost
from pushrank.policy.moments import later
from pushrank.policy.policy import Circumstances, Policy, exclude, hold_expires_at, hold_of
from pushrank.policy.selection import Selection, select
from pushrank.policy.slots import slots_of
from pushrank.policy.touch import starved
from pushrank.policy.value import Scores, net_value

__all__ = [
    "Ask",
    "Cap",
    "Circumstances",
    "EffectiveCaps",
    "Eligible",
    "Policy",
    "Rows",
    "Scores",
    "Selection",
    "Verdict",
    "as_it_holds",
    "effective_caps",
    "exclude",
    "frequency_of",
    "hold_expires_at",
    "hold_of",
    "later",
    "net_value",
    "recheck",
    "select",
    "slots_of",
    "starved",
    "utmost",
    "zone_of",
]
