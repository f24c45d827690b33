"""The model's two heads: a forest of LightGBM and a calibration each."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm
import numpy as np
import numpy.typing as npt

from pushrank.scoring.calibration import Calibration
from pushrank.scoring.forest import Forest, read_forest, sums
from pushrank.scoring.scorer import Scores

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """P(one outcome). `booster` and `forest` were read from one text that `check_model_text` accepted."""

    booster: lightgbm.Booster
    forest: Forest
    calibration: Calibration

    @classmethod
    def of(cls, text: str, calibration: Calibration) -> Head:
        """Load a model text that has been checked."""
        return cls(lightgbm.Booster(model_str=text), read_forest(text), calibration)

    def raw(self, matrix: Floats) -> Floats:
        """Logits float64[n] before calibration. Trees are summed in order, row by row, so batches change no bit.

        What has no number is left to LightGBM, which knows sides for it.
        """
        return raw_logits(self.booster, matrix) if np.isnan(matrix).any() else sums(self.forest, matrix)

    def probability(self, matrix: Floats) -> Floats:
        """Calibrated probabilities float64[n]."""
        return self.calibration.apply(self.raw(matrix))


def raw_logits(booster: lightgbm.Booster, matrix: Floats, threads: int = 1) -> Floats:
    """Sum of the leaves of each row of `matrix` float64[n, F], as float64[n]; n may be 0."""
    if not len(matrix):
        return np.empty(0)
    return np.asarray(booster.predict(matrix, raw_score=True, num_threads=threads), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class HeadScorer:
    """Scores by the two heads. A log without opt-outs has no such head; every row then gets `prior_opt_out`."""

    click: Head
    opt_out: Head | None
    prior_opt_out: float

    def score(self, matrix: Floats) -> Scores:
        """Score a C-contiguous feature matrix float64[n, F] in the order of the view's names."""
        p_click = self.click.probability(matrix)
        if self.opt_out is None:
            return Scores(p_click, np.full(len(matrix), self.prior_opt_out))
        return Scores(p_click, self.opt_out.probability(matrix))
