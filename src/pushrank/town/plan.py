"""How large a town is, when it ends and which chance it is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushrank.domain.instants import DAY, HOUR, Instant, instant

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

END = instant("2026-11-16T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides a town. `days` is the length of its log, `end` the moment at which the log stops.

    Raises ValueError, naming field, expectation and value, for less than one user or day.
    """

    users: int = 4000
    days: int = 42
    seed: int = 7
    end: Instant = END

    def __post_init__(self) -> None:
        for name, least in (("users", 1), ("days", 1), ("seed", 0)):
            if getattr(self, name) < least:
                msg = f"{name}: expected at least {least}, got {getattr(self, name)}"
                raise ValueError(msg)

    @property
    def start(self) -> Instant:
        """The first moment of the log."""
        return self.end - self.days * DAY

    @property
    def hours(self) -> int:
        """Number of hourly steps."""
        return self.days * 24

    @property
    def held_out(self) -> Instant:
        """The instant whose whole truth is saved: noon UTC five days before the end, or the middle of a short log."""
        back = max(1, min(5, self.days // 2))
        day = (self.end - back * DAY) // DAY * DAY
        return max(day + 12 * HOUR, self.start)

    def chance(self, what: str) -> np.random.Generator:
        """A generator of its own for each part, so that one part's draws never shift another's."""
        return np.random.default_rng([self.seed, *what.encode()])
