"""What every scorer offers: two calibrated probabilities for each row of a feature matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities of one row each, float64[n], strictly between 0 and 1."""

    p_click: Floats
    p_opt_out: Floats


class Scorer(Protocol):
    """Scores rows one by one: the bits of a row's scores do not depend on the rows beside it."""

    def score(self, matrix: Floats) -> Scores:
        """Score a C-contiguous feature matrix float64[n, F] in the order of the view's names; n may be 0."""
        ...
