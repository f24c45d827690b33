"""One town: its people, its messages and its clocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.domain.instants import DAY, HOUR, utc_offset
from pushrank.town.catalogue import Catalogue, make_catalogue
from pushrank.town.people import People, make_people
from pushrank.town.plan import Flags, Ints, Plan
from pushrank.town.words import ZONES

# The first of January 1970 was a Thursday.
_THURSDAY = 3
_SATURDAY = 5
_AFTER = 14 * DAY


@dataclass(frozen=True, slots=True)
class Town:
    """A plan carried out. `offsets` (zones, hours since a day before the start) are seconds to add to UTC."""

    plan: Plan
    people: People
    catalogue: Catalogue
    offsets: Ints

    def wall(self, user: Ints, at: Ints) -> Ints:
        """Microseconds since 1970 on the wall clock of each user, up to two weeks after the log."""
        step = (at - (self.plan.start - DAY)) // HOUR
        seconds = self.offsets[self.people.zone[user], np.clip(step, 0, self.offsets.shape[1] - 1)]
        return at + seconds * 1_000_000

    def clock(self, user: Ints, at: Ints) -> tuple[Ints, Ints]:
        """Local hour (0 to 23) and whether it is a day off (0 or 1)."""
        wall = self.wall(user, at)
        weekday = (wall // DAY + _THURSDAY) % 7
        return wall % DAY // HOUR, (weekday >= _SATURDAY).astype(np.int64)

    def day(self, at: Ints) -> Ints:
        """Column of `People.mood` that holds at `at`."""
        return np.clip((at - self.plan.start) // DAY, 0, self.people.mood.shape[1] - 1)

    def registered(self, at: int) -> Flags:
        """Who is there at `at`."""
        flags: Flags = self.people.registered <= at
        return flags


def make_town(plan: Plan) -> Town:
    """Draw the people and the messages of a plan; the same plan gives the same town."""
    steps = range(plan.start - DAY, plan.end + _AFTER, HOUR)
    offsets = np.array([[utc_offset(zone, at) for at in steps] for zone in ZONES], dtype=np.int64)
    return Town(plan, make_people(plan), make_catalogue(plan), offsets)
