"""How large a town is, when it ends and which chance it is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushrank.domain.instants import DAY, HOUR, Instant, instant
from pushrank.town.weights import PLAIN, WEIGHTS, Weights

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

END = instant("2026-11-16T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides a town. It is lived for `days` until `end`; the first `log_days` of them are its log.

    Without `log_days` all of them are. `rules` names how people react, one of `weights.WEIGHTS`. Raises ValueError,
    naming field, expectation and value, for less than one user or day, for a log longer than the town, and for rules
    that there are not.
    """

    users: int = 4000
    days: int = 42
    seed: int = 7
    end: Instant = END
    rules: str = PLAIN
    log_days: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("users", 1), ("days", 1), ("seed", 0)):
            if getattr(self, name) < least:
                msg = f"{name}: expected at least {least}, got {getattr(self, name)}"
                raise ValueError(msg)
        if self.log_days is not None and not 1 <= self.log_days <= self.days:
            msg = f"log_days: expected 1 to {self.days}, the days of the town, got {self.log_days}"
            raise ValueError(msg)
        if self.rules not in WEIGHTS:
            msg = f"rules: expected one of {', '.join(WEIGHTS)}, got {self.rules!r}"
            raise ValueError(msg)

    @property
    def weights(self) -> Weights:
        """The numbers of its rules."""
        return WEIGHTS[self.rules]

    @property
    def start(self) -> Instant:
        """The first moment of the log."""
        return self.end - self.days * DAY

    @property
    def log_end(self) -> Instant:
        """The moment at which the log stops: `end` unless the town lives on after it."""
        return self.end if self.log_days is None else self.start + self.log_days * DAY

    @property
    def hours(self) -> int:
        """Number of hourly steps."""
        return self.days * 24

    @property
    def log_hours(self) -> int:
        """Number of hourly steps of the log."""
        return self.hours if self.log_days is None else self.log_days * 24

    @property
    def held_out(self) -> Instant:
        """The instant whose whole truth is saved: noon UTC five days before the log ends, or its middle if short."""
        back = max(1, min(5, self.log_hours // 48))
        day = (self.log_end - back * DAY) // DAY * DAY
        return max(day + 12 * HOUR, self.start)

    def chance(self, what: str) -> np.random.Generator:
        """A generator of its own for each part, so that one part's draws never shift another's."""
        return np.random.default_rng([self.seed, *what.encode()])
