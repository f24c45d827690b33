"""What one more push takes from the others: attention is scarce, and what interrupts today is not heard tomorrow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from pushrank.domain.permission import Cohort


def price_of(levels: Sequence[float], cohort: Cohort, pushes: int) -> float:
    """Price of a push to somebody who had `pushes` in the last seven days, in ordinary clicks; 0 without levels.

    In a week of n pushes each brings m(n) = (clicks(n) - opt-outs(n) x V(permission)) / n. One more lowers that of the
    n others, so it takes from them

        price(n) = n x (m(n) - m(n + 1))

    Between the levels of the cohort m runs straight over log(1 + n). Never below 0, and above the highest level the
    price is that of the highest: nobody knows what comes after.
    """
    return _prices(tuple(levels), cohort)[min(pushes, int(levels[-1]) - 1)] if len(levels) > 1 else 0.0


@lru_cache(maxsize=1024)
def _prices(levels: tuple[float, ...], cohort: Cohort) -> tuple[float, ...]:
    weeks, *figures = (np.array(column[1:]) for column in (levels, cohort.clicks, cohort.opt_outs))
    each = (figures[0] - figures[1] * cohort.value) / weeks
    pushes = np.arange(int(levels[-1]) + 1)
    brings = np.interp(np.log1p(pushes), np.log1p(weeks), each)
    return tuple(np.maximum(pushes[:-1] * (brings[:-1] - brings[1:]), 0.0).tolist())
