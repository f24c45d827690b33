"""Where the town stands at the end of its log, and what people will do in the app after it whoever sends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.town.activity import Activity, make_activity
from pushrank.town.place import Town, make_town
from pushrank.town.plan import Flags, Ints, Plan
from pushrank.town.weeks import NEVER, Weeks, live_through


@dataclass(frozen=True, slots=True)
class Past:
    """A town that lives on, and its log. Made once, read by every arm and changed by none.

    `visits` (E,) are those after the log, of anybody. `followed` (N,) marks who is followed: registered by the end of
    the log, and not driven away by one of its pushes, be it that the leaving is still to come.
    """

    town: Town
    weeks: Weeks
    visits: Activity
    followed: Flags

    @property
    def pushed(self) -> tuple[Ints, Ints, Ints]:
        """User, message and moment of the P pushes of the log."""
        made, sent = self.weeks.decisions, self.weeks.sent
        return made.user[sent], made.chosen[sent], made.moment[sent]


def past_of(plan: Plan) -> Past:
    """Live through the log of a plan that goes on after it. Raises ValueError for one that does not."""
    if plan.log_end >= plan.end:
        msg = f"log_days: expected less than the {plan.days} days of the town, got {plan.log_days}"
        raise ValueError(msg)
    town = make_town(plan)
    weeks, visits = live_through(town), make_activity(town)
    after = slice(int(np.searchsorted(visits.moment, plan.log_end)), None)
    followed = town.registered(plan.log_end)
    followed[weeks.decisions.user[weeks.sent][weeks.reactions.opted_out_at != NEVER]] = False
    later = Activity(visits.user[after], visits.moment[after], visits.kind[after], visits.tags[after])
    return Past(town, weeks, later, followed)
