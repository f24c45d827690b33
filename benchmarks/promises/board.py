"""Memory that the processes of a proof share: no locks, so that a killed process can't keep one."""

from __future__ import annotations

from ctypes import c_int64
from multiprocessing.sharedctypes import RawArray
from typing import Any

from pushrank.domain.instants import Instant

NEVER = (1 << 62) - 1


class Board:
    """The clock, and what the processes know of users and of each other. Races are borne.

    `blocked`: for each user the moment until which asking is idle. `expiry`: when the last hold of a user ends that
    nobody confirms at once. `asking`: who is asking for a user just now, counted from 1, 0 for nobody.
    `wake`: for each actor the moment of its next errand. `holds`, `confirms` and `requests`
    count for each actor.
    """

    def __init__(self, users: int, workers: int, start: Instant) -> None:
        self._clock = numbers(1, start)
        self._stop = numbers(1, 0)
        self.blocked = numbers(users, 0)
        self.expiry = numbers(users, 0)
        self.asking = numbers(users, 0)
        self.wake = numbers(workers, NEVER)
        self.holds = numbers(workers, 0)
        self.confirms = numbers(workers, 0)
        self.requests = numbers(workers, 0)

    @property
    def now(self) -> Instant:
        """The simulated moment."""
        moment: Instant = self._clock[0]
        return moment

    def move(self, moment: Instant) -> None:
        """Set the clock."""
        self._clock[0] = moment

    @property
    def stopped(self) -> bool:
        """Whether the processes shall end."""
        return bool(self._stop[0])

    def stop(self) -> None:
        """Tell the processes to end."""
        self._stop[0] = 1

    def accepted(self) -> int:
        """Holds and confirms so far."""
        return int(sum(self.holds) + sum(self.confirms))

    def forget(self, actors: range) -> None:
        """Wipe out what killed actors were about."""
        for user, actor in enumerate(self.asking):
            if actor - 1 in actors:
                self.asking[user] = 0
        for actor in actors:
            self.wake[actor] = NEVER

    def next_moment(self) -> Instant | None:
        """When there is something to do again, for half of the users or for a process.

        None while a process has an errand, or more than an eighth of the users may be asked for: all would crowd
        around the last one.
        """
        blocked: list[Instant] = sorted(self.blocked)
        errand: Instant = min(self.wake)
        if errand <= self.now or blocked[len(blocked) // 8] <= self.now:
            return None
        return min(max(blocked[len(blocked) // 2], self.now + 1), errand)


def numbers(count: int, value: int) -> Any:
    """An array of 64-bit numbers that forked processes share."""
    array = RawArray(c_int64, count)
    array[:] = [value] * count
    return array
