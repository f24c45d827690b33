"""What permission is worth to each cohort: a Markov reward process in continuous time, counted over a log.

While a user is in cohort i, clicks come at rate c_i a day, the channel closes at rate h_i, and the user moves to cohort
j at rate q_ij. A click after t days counts exp(-t / d). What an open channel is still expected to bring is then

    V = (I / d + diag(h) - Q)^-1 c,    Q_ij = q_ij,    Q_ii = - sum of q_ij over j

(R. A. Howard, Dynamic Probabilistic Systems, 1971, volume II, chapter 13: continuous-time Markov process with rewards
and discounting; closing is a move to a state that brings nothing). For one cohort it is the formula of
`pushrank.scoring.permission`.
"""

from __future__ import annotations

import numpy as np

from pushrank.learning.cohorts import Counts
from pushrank.learning.spells import Floats
from pushrank.scoring.permission import permission_value

PRIOR_EVENTS = 10.0
_RAREST = 1e-9


def pooled_value(counts: Counts, discount_days: float) -> float:
    """V of everybody together; the log counts for a day at least."""
    clicks, opt_outs, days = (float(figure.sum()) for figure in (counts.clicks, counts.opt_outs, counts.days))
    return permission_value(clicks, opt_outs, max(days, 1.0), discount_days)


def cohort_values(counts: Counts, discount_days: float) -> Floats:
    """V of each cohort, in ordinary clicks.

    Every rate is drawn towards that of all cohorts together, with the weight of ten events of its kind: a cohort in
    which nobody clicked or left is not one in which nobody ever will.
    """
    total = max(float(counts.days.sum()), 1.0)
    clicks = _drawn(counts.clicks, counts.days, counts.clicks.sum() / total)
    opt_outs = _drawn(counts.opt_outs, counts.days, counts.opt_outs.sum() / total)
    moves = _moves(counts, total)
    leaving = 1.0 / discount_days + opt_outs + moves.sum(axis=1)
    values: Floats = np.linalg.solve(np.diag(leaving) - moves, clicks).astype(np.float64)
    return values


def _drawn(events: Floats, days: Floats, rate: float) -> Floats:
    weight = PRIOR_EVENTS / max(rate, _RAREST)
    drawn: Floats = (events + weight * rate) / (days + weight)
    return drawn


def _moves(counts: Counts, total: float) -> Floats:
    """Rates of moving [n, n]; where a cohort has few, people arrive in each other cohort as all others do."""
    arrivals = np.tile(counts.moves.sum(axis=0) / total, (counts.days.size, 1))
    np.fill_diagonal(arrivals, 0.0)
    weight = PRIOR_EVENTS / np.maximum(arrivals.sum(axis=1, keepdims=True), _RAREST)
    rates: Floats = (counts.moves + weight * arrivals) / (counts.days[:, None] + weight)
    return rates
