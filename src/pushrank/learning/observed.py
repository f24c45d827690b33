"""What a log shows by activity, as counted: pushes a day and opt-outs, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from pushrank.learning.cohorts import edges_of
from pushrank.learning.spells import Floats, Ints, Spells

DECILES = 10
_NORMAL, _TAIL = 1.96, 0.025


@dataclass(frozen=True, slots=True)
class Observed:
    """People of about the same activity (signs of life a day): rates with their 95 % intervals.

    `pushes` a day, `opt_outs` per 1,000 user-days.
    """

    activity: float
    user_days: float
    pushes: float
    pushes_between: tuple[float, float]
    opt_outs: float
    opt_outs_between: tuple[float, float]


def observed(spells: Spells) -> Sequence[Observed]:
    """Deciles of activity by user-days; fewer where many share one figure, none without user-days."""
    some = np.flatnonzero(spells.known)
    activity, days, user = spells.activity[some], spells.days[some], spells.user[some]
    if not days.sum() > 0.0:
        return ()
    edges, sizes = edges_of(activity, days, DECILES)
    level = np.searchsorted(edges, activity, side="right")
    middle = np.bincount(level, weights=activity * days, minlength=sizes.size) / sizes
    gone = np.bincount(level[spells.opt_out[some] == 1], minlength=sizes.size)
    pushes, spread = _pushes(user, level, days, sizes)
    return tuple(
        Observed(
            activity=float(middle[place]),
            user_days=float(sizes[place]),
            pushes=float(pushes[place]),
            pushes_between=(max(float(pushes[place] - spread[place]), 0.0), float(pushes[place] + spread[place])),
            opt_outs=1000.0 * float(gone[place]) / float(sizes[place]),
            opt_outs_between=_rare(int(gone[place]), float(sizes[place]) / 1000.0),
        )
        for place in range(sizes.size)
    )


def _pushes(user: Ints, level: Ints, days: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Pushes a day of each level, and half its interval: a ratio over users, whose own pushes resemble each other."""
    cell = user * sizes.size + level
    cells = (int(user.max()) + 1) * sizes.size
    sent = np.bincount(cell, minlength=cells).reshape(-1, sizes.size).astype(np.float64)
    open_days = np.bincount(cell, weights=days, minlength=cells).reshape(-1, sizes.size)
    rate: Floats = sent.sum(axis=0) / sizes
    residual = sent - rate * open_days
    return rate, _NORMAL * np.sqrt((residual**2).sum(axis=0)) / sizes


def _rare(count: int, exposure: float) -> tuple[float, float]:
    """Exact interval of a Poisson rate (F. Garwood, Biometrika 28, 1936)."""
    low = chi2.ppf(_TAIL, 2 * count) / 2.0 if count else 0.0
    return float(low) / exposure, float(chi2.ppf(1.0 - _TAIL, 2 * count + 2)) / 2.0 / exposure
