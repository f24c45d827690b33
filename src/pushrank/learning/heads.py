"""From rows to fitted, calibrated heads with their baselines: what one training makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from pushrank.config import TrainingConfig
from pushrank.learning import baselines
from pushrank.learning.baselines import Baseline
from pushrank.learning.calibrate import calibrate
from pushrank.learning.dataset import Rows
from pushrank.learning.errors import LearningError
from pushrank.learning.fit import Forest, Machine, Progress, Sample, fit_head
from pushrank.learning.history import Windows
from pushrank.learning.split import Cuts, HeadParts, head_parts
from pushrank.scoring.bundle import TrainedHead
from pushrank.scoring.calibration import Calibration
from pushrank.scoring.heads import raw_logits

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class FittedHead:
    """One head: forest, calibration, baselines, and the numbers of rows and positives that made it."""

    name: str
    forest: Forest
    calibration: Calibration
    baselines: Mapping[str, Baseline]
    train_rows: int
    train_positives: int
    calibration_rows: int
    calibration_positives: int

    @property
    def trained(self) -> TrainedHead:
        """The part that goes into the bundle."""
        return TrainedHead(self.forest.text, self.calibration)

    @property
    def facts(self) -> dict[str, Any]:
        """Plain values for the bundle and the card."""
        return {
            "trees": self.forest.trees,
            "leaf_rows": self.forest.leaf_rows,
            "calibration": self.calibration.method,
            "train_rows": self.train_rows,
            "train_positives": self.train_positives,
            "calibration_rows": self.calibration_rows,
            "calibration_positives": self.calibration_positives,
        }


def has_labels(labels: Labels) -> bool:
    """Whether a log says anything about an outcome; one that does not gets no such head."""
    return bool((labels >= 0).any())


def learn_click(
    rows: Rows, names: Sequence[str], config: TrainingConfig, cut: Cuts, machine: Machine, progress: Progress
) -> FittedHead:
    """Fit the head of P(click); LearningError where the log says nothing about clicks."""
    if not has_labels(rows.click):
        msg = "click: expected known labels in the column 'clicked' or 'clicked_at', got none; a model needs this head"
        raise LearningError(msg)
    parts = head_parts("click", rows.sent_at, rows.click, cut, Windows.of(config))
    sample = Sample(rows.matrix, rows.click, rows.sent_at, names).take(parts.train)
    forest = fit_head(sample, config.click, machine, progress)
    beside = baselines.fit_click(sample, rows.user[parts.train], machine)
    return _calibrated("click", forest, beside, rows, rows.click, parts)


def learn_opt_out(
    rows: Rows, names: Sequence[str], config: TrainingConfig, cut: Cuts, machine: Machine, progress: Progress
) -> FittedHead | None:
    """Fit the head of P(opt-out); None where the log says nothing about opt-outs."""
    if not has_labels(rows.opt_out):
        return None
    parts = head_parts("opt_out", rows.sent_at, rows.opt_out, cut, Windows.of(config))
    sample = Sample(rows.matrix, rows.opt_out, rows.sent_at, names).take(parts.train)
    forest = fit_head(sample, config.opt_out, machine, progress)
    return _calibrated("opt_out", forest, baselines.fit_opt_out(sample, machine), rows, rows.opt_out, parts)


def _calibrated(
    name: str, forest: Forest, beside: Mapping[str, Baseline], rows: Rows, labels: Labels, parts: HeadParts
) -> FittedHead:
    some, found = rows.matrix[parts.calibration], labels[parts.calibration]
    raw = raw_logits(lightgbm.Booster(model_str=forest.text), some)
    return FittedHead(
        name=name,
        forest=forest,
        calibration=calibrate(raw, found),
        baselines=beside,
        train_rows=len(parts.train),
        train_positives=int(labels[parts.train].sum()),
        calibration_rows=len(parts.calibration),
        calibration_positives=int(found.sum()),
    )
