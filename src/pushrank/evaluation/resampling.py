"""Intervals by drawing users again: the rows of one user stay together, because they resemble each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushrank.evaluation.rows import Floats, Ints

Interval: TypeAlias = tuple[float, float]

LEVEL = 0.95
# Users beyond this number are bundled by code. Bundles of independent users are independent too, so the bootstrap stays
# valid, and the weights of one round fit a processor cache.
MOST_UNITS = 1 << 15
# The spread of fewer users says little about the spread of users.
LEAST_UNITS = 10
# An interval from fewer usable rounds than this share would leave out the very draws that make the figure uncertain.
LEAST_USABLE = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Resample:
    """Draws of users with replacement (multinomial weights).

    Attributes
    ----------
    unit
        int64[n], which unit (user, or bundle of users) each row belongs to.
    weights
        uint8[rounds, units], how often each round drew each unit.
    """

    unit: Ints
    weights: NDArray[np.uint8]

    def sums(self, columns: Floats) -> Floats:
        """Sum float64[n, c] over each round's rows, as float64[rounds, c]."""
        units = self.weights.shape[1]
        by_unit = np.stack([np.bincount(self.unit, weights=one, minlength=units) for one in columns.T], axis=1)
        return self.weights.astype(np.float64) @ by_unit


def by_user(user: Ints, rounds: int, seed: int) -> Resample:
    """Draw the users of `user` (int64[n] codes) `rounds` times; the same seed gives the same draws.

    Fewer than `LEAST_UNITS` users are not drawn at all (no rounds), and so give no interval.
    """
    names, place = np.unique(user, return_inverse=True)
    units = min(len(names), MOST_UNITS)
    rng = np.random.default_rng(seed)
    weights = np.empty((rounds if units >= LEAST_UNITS else 0, units), dtype=np.uint8)
    for one in range(len(weights)):
        drawn = np.bincount(rng.integers(0, units, units), minlength=units)
        weights[one] = np.minimum(drawn, np.iinfo(np.uint8).max)
    return Resample(place.astype(np.int64) % max(units, 1), weights)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Divide two sums of each round, float64[rounds]; nan where the round drew nothing."""
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole != 0))


def interval(drawn: Floats, level: float = LEVEL) -> Interval | None:
    """Percentile interval of float64[rounds]; None where too many rounds had no value (nan)."""
    usable = drawn[np.isfinite(drawn)]
    if len(usable) < max(LEAST_USABLE * len(drawn), 2):
        return None
    low, high = np.quantile(usable, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def unbiased_interval(drawn: Floats, value: float) -> Interval | None:
    """Interval of a figure that cannot be negative and that noise only raises, such as a mean absolute error.

    Each draw adds its own noise to the sample's, so the draws lie above the value; they are moved back by that bias
    (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 2.1) and cut at 0.
    """
    raw = interval(drawn)
    if raw is None:
        return None
    bias = float(np.nanmean(drawn)) - value
    return max(raw[0] - bias, 0.0), max(raw[1] - bias, 0.0)
