"""The scorer that knows messages and no users: for people who want no personalisation, and where there is no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pushrank.scoring.calibration import FLOOR
from pushrank.scoring.scorer import Scores

Floats = npt.NDArray[np.float64]

READS = ("message_click_rate", "message_age_hours", "message_opt_out_rate", "category_opt_out_rate")
_HALVED_AFTER = 2160.0  # hours


@dataclass(frozen=True, slots=True)
class ItemOnlyScorer:
    """Rates of the message and of its category with everyone, and freshness; `places` are the columns of READS.

    p_click = rate / (1 + age / 90 days), the rate being that of the message, shrunk to its category's and that to the
    base rate; p_opt_out is the mean of the shrunk rates of message and category. No column about the user is read, so
    nothing about the user can change a bit.
    """

    places: tuple[int, int, int, int]

    @classmethod
    def of(cls, names: Sequence[str]) -> ItemOnlyScorer:
        """Find its columns among the names of a view; ValueError where one was left out."""
        missing = [name for name in READS if name not in names]
        if missing:
            msg = f"expected the feature {missing[0]!r} in the view: the item-only scorer reads it"
            raise ValueError(msg)
        click, age, message_opt_out, category_opt_out = (list(names).index(name) for name in READS)
        return cls((click, age, message_opt_out, category_opt_out))

    def score(self, matrix: Floats) -> Scores:
        """Score a feature matrix float64[n, F]."""
        click, age, message_opt_out, category_opt_out = (matrix[:, place] for place in self.places)
        p_click = click / (1.0 + age / _HALVED_AFTER)
        p_opt_out = 0.5 * message_opt_out + 0.5 * category_opt_out
        return Scores(_inside(p_click), _inside(p_opt_out))


def _inside(p: Floats) -> Floats:
    return np.clip(p, FLOOR, 1.0 - FLOOR)
