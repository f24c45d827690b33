"""How people answer one push more: chances of a click and of an opt-out against the pushes of the week before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.isotonic import isotonic_regression
from sklearn.linear_model import LogisticRegression

from pushrank.learning.spells import Flags, Floats, Ints, Spells
from pushrank.learning.worth import PRIOR_EVENTS

LEVELS = (0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0, 35.0)
LEAST_POSITIVES = 30
_SEEN = 0.999
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Response:
    """At each of `levels` (pushes a week) expected clicks of such a week and its chance of an opt-out, [cohorts, n]."""

    levels: tuple[float, ...]
    clicks: Floats
    opt_outs: Floats


def response_of(spells: Spells, cohort: Ints, cohorts: int) -> Response | None:
    """Fit both chances; None where the log has fewer than 30 clicks or opt-outs to tell from.

    Levels end with the first that hardly any push of the log went beyond. At w pushes a week, clicks are w x P(click),
    the chance of an opt-out is 1 - (1 - P(opt-out))^w.
    """
    told = spells.known & np.isfinite(spells.week)
    hit, gone = spells.click[told] == 1, spells.opt_out[told] == 1
    if min(hit.sum(), gone.sum()) < LEAST_POSITIVES:
        return None
    week, own = spells.week[told].astype(np.int64), cohort[told]
    levels = _seen_levels(week)
    clicked = chances(own, week, hit, (cohorts, levels), rising=False)
    left = chances(own, week, gone, (cohorts, levels), rising=True)
    w = np.array(levels)
    return Response(levels, w * clicked, -np.expm1(w * np.log1p(-left)))


def chances(cohort: Ints, week: Ints, happened: Flags, shape: tuple[int, tuple[float, ...]], *, rising: bool) -> Floats:
    """Chance of one push in each of so many cohorts at each of the levels that `shape` names.

    The course over the levels is everybody's: logistic in x = log(1 + w) and x^2, made monotone by least squares with
    the pushes near each level as weights. It is not fitted within cohorts: those are cut by what people clicked before,
    which is part of what is to be told. A cohort has a
    height of its own, drawn towards that of everybody with the weight of ten events.
    """
    cohorts, levels = shape
    top = int(week.max()) + 1
    cell = cohort * top + week
    sent = np.bincount(cell, minlength=cohorts * top).reshape(cohorts, top).astype(np.float64)
    hits = np.bincount(cell[happened], minlength=cohorts * top).reshape(cohorts, top).astype(np.float64)
    asked = np.array(levels)
    course = _course(hits.sum(axis=0), sent.sum(axis=0), asked, rising=rising)
    # Between levels the course is straight in log(1 + w), beyond them it stays.
    height = _heights(hits, sent, np.interp(np.log1p(np.arange(top)), np.log1p(asked), course))
    p: Floats = expit(height[:, None] + course)
    return p


def _seen_levels(week: Ints) -> tuple[float, ...]:
    most = max(float(np.quantile(week, _SEEN)), 1.0)
    return tuple(level for place, level in enumerate(LEVELS) if not place or LEVELS[place - 1] < most)


def _course(hits: Floats, sent: Floats, levels: Floats, *, rising: bool) -> Floats:
    """Logit at each level, from the `hits` among the pushes `sent` after 0, 1, 2, ... pushes of the week before."""
    week = np.arange(sent.size)
    rows = np.vstack((_curve(week), _curve(week)))
    model = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=200, tol=1e-8)
    model.fit(rows, np.repeat([1, 0], sent.size), sample_weight=np.concatenate((hits, sent - hits)))
    near = np.searchsorted(levels, np.minimum(week, levels[-1]), side="right") - 1
    weight = 1.0 + np.bincount(near, weights=sent, minlength=levels.size)
    course: Floats = isotonic_regression(
        model.decision_function(_curve(levels)), sample_weight=weight, increasing=rising
    )
    return course


def _curve(week: Ints | Floats) -> Floats:
    x = np.log1p(week)
    return np.column_stack((x, x * x))


def _heights(hits: Floats, sent: Floats, course: Floats) -> Floats:
    """Shift of each cohort's logit: maximum a posteriori by Newton's method, normal prior of variance 1/10."""
    height: Floats = np.zeros(len(sent))
    for _ in range(_STEPS):
        p = expit(height[:, None] + course)
        slope = (hits - sent * p).sum(axis=1) - PRIOR_EVENTS * height
        height = height + np.clip(slope / ((sent * p * (1.0 - p)).sum(axis=1) + PRIOR_EVENTS), -1.0, 1.0)
    return height
