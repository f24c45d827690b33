"""The service's clock, and whether it can be trusted: caps and quiet hours are as good as the clock that asks them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

from pushrank.domain.instants import SECOND, Instant, iso
from pushrank.service.problem import Problem

Clock: TypeAlias = Callable[[], Instant]

MOST_DRIFT: Instant = 60 * SECOND
"""How far the clock may move against the machine's own count of time since the service started."""


def wall_clock() -> Instant:
    """Read the machine's clock; everything deeper gets its moment as an argument."""
    return time.time_ns() // 1000


def elapsed() -> Instant:
    """Read what no one can set: microseconds since some moment, those asleep included where the system counts them."""
    counter = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(counter) // 1000


@dataclass(frozen=True, slots=True)
class Steadiness:
    """Compares a clock that may be set with one that may not, from a moment on at which both were read.

    A clock that steps, in a wrong hand or by a wrong time server, moves every window at once: ahead, it frees budgets
    that are still used up and ends quiet hours; back, it counts pushes that lie in the future.
    """

    clock: Clock
    elapsed: Clock
    began: Instant
    began_elapsed: Instant

    @classmethod
    def of(cls, clock: Clock, elapsed: Clock) -> Steadiness:
        """Begin to compare now."""
        return cls(clock, elapsed, clock(), elapsed())

    def jump(self) -> Instant:
        """Microseconds by which the clock is ahead of where it should be; negative where it is behind."""
        return (self.clock() - self.began) - (self.elapsed() - self.began_elapsed)

    def require(self) -> None:
        """Raise the Problem 503 while the clock is more than MOST_DRIFT away from where it should be."""
        jump = self.jump()
        if abs(jump) <= MOST_DRIFT:
            return
        way = "ahead" if jump > 0 else "back"
        detail = (
            f"the clock of this machine jumped {abs(jump) / SECOND:.0f} s {way} since {iso(self.began)}: nothing may "
            "be sent until it is put right, or until a restart takes it as it is"
        )
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "60"})
