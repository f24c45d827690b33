"""People of like usage: where one cohort ends and the next begins, and what the log counts of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pushrank.learning.spells import Floats, Ints, Spells
from pushrank.scoring.fallback import PRIOR_OPT_OUT

LEVELS = 3
LEAST_USER_DAYS = 300.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Edges of the levels of activity and of the click rate, ascending; cohorts are numbered activity first."""

    activity: tuple[float, ...]
    clicks: tuple[float, ...]

    @property
    def cohorts(self) -> int:
        """How many there are."""
        return (len(self.activity) + 1) * (len(self.clicks) + 1)

    def place(self, activity: Floats, click_rate: Floats) -> Ints:
        """Cohort of each row, as `Permission.cohort` finds it."""
        level = np.searchsorted(self.activity, activity, side="right")
        place: Ints = level * (len(self.clicks) + 1) + np.searchsorted(self.clicks, click_rate, side="right")
        return place


@dataclass(frozen=True, slots=True)
class Counts:
    """Of each cohort: user-days, clicks, opt-outs, and moves to each other cohort between two pushes [n, n].

    `positives` are the opt-outs that were seen; `opt_outs` are the same, unless the log has none at all: then they are
    what the prior rate makes of the pushes.
    """

    days: Floats
    clicks: Floats
    opt_outs: Floats
    moves: Floats
    positives: Ints


def grid_of(spells: Spells) -> Grid:
    """Three levels of activity and three of the click rate, as far as the log has people in each of them."""
    known = spells.known
    edges = (edges_of(figure[known], spells.days[known], LEVELS) for figure in (spells.activity, spells.click_rate))
    return Grid(*(thick(*found, LEAST_USER_DAYS) for found in edges))


def edges_of(figure: Floats, days: Floats, levels: int) -> tuple[tuple[float, ...], Floats]:
    """Where levels of about equal user-days begin, and the user-days of each level.

    A value that many share is not divided: an edge is the least value with at least its share of the user-days below.
    """
    values, place = np.unique(figure, return_inverse=True)
    own = np.bincount(place, weights=days, minlength=values.size)
    below = np.cumsum(own) - own
    total = float(own.sum())
    starts = np.unique(np.searchsorted(below, total * np.arange(1, levels) / levels, side="left"))
    starts = starts[(starts > 0) & (starts < values.size)]
    sizes = np.diff(np.concatenate(([0.0], below[starts], [total])))
    return tuple(values[starts].tolist()), sizes


def thick(edges: Sequence[float], sizes: Floats, least: float) -> tuple[float, ...]:
    """The edges that are left once each level of fewer than `least` user-days has joined its neighbour."""
    left, days = list(edges), sizes.tolist()
    while left and min(days) < least:
        level = days.index(min(days))
        edge = max(level - 1, 0)
        left.pop(edge)
        days[edge : edge + 2] = [days[edge] + days[edge + 1]]
    return tuple(left)


def counted(spells: Spells, cohort: Ints, cohorts: int) -> Counts:
    """Count what happened in each cohort; a push stands for the time until the next one."""
    known = spells.known
    own, gone = cohort[known], spells.opt_out[known] == 1
    positives = np.bincount(own[gone], minlength=cohorts)
    moved = np.flatnonzero(known & (spells.following >= 0))
    moves = _sums(cohort[moved] * cohorts + cohort[spells.following[moved]], cohorts**2).reshape(cohorts, cohorts)
    np.fill_diagonal(moves, 0.0)
    return Counts(
        days=_sums(own, cohorts, spells.days[known]),
        clicks=_sums(own[spells.click[known] == 1], cohorts),
        opt_outs=_sums(own[gone], cohorts) if gone.any() else PRIOR_OPT_OUT * _sums(own, cohorts),
        moves=moves,
        positives=positives,
    )


def _sums(place: Ints, places: int, weights: Floats | None = None) -> Floats:
    return np.bincount(place, weights=weights, minlength=places).astype(np.float64)
