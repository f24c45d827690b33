"""From rows to fitted, calibrated heads with their baselines: what one training makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from pushrank.config import TrainingConfig
from pushrank.learning import baselines
from pushrank.learning.baselines import Baseline
from pushrank.learning.calibrate import calibrate, relevelled
from pushrank.learning.dataset import Rows
from pushrank.learning.errors import LearningError
from pushrank.learning.fit import Forest, Machine, Progress, Sample, fit_head
from pushrank.learning.split import Cuts, head_parts
from pushrank.logs.parts import Windows
from pushrank.scoring.bundle import TrainedHead
from pushrank.scoring.calibration import Calibration
from pushrank.scoring.heads import raw_logits

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int8]

HEADS = ("click", "opt_out")


@dataclass(frozen=True, slots=True)
class Course:
    """What the fits of one training have in common."""

    names: Sequence[str]
    config: TrainingConfig
    machine: Machine
    cut: Cuts


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


def learn_head(name: str, rows: Rows, course: Course, progress: Progress) -> FittedHead | None:
    """Fit one head to the training part and calibrate it on the next, with baselines beside it.

    None where the log says nothing about opt-outs; LearningError where it says nothing about clicks.
    """
    labels = labels_of(rows, name)
    if not (labels >= 0).any():
        _refuse_without(name)
        return None
    parts = head_parts(name, rows.sent_at, labels, course.cut, Windows.of(course.config))
    sample = Sample(rows.matrix, labels, rows.sent_at, course.names).take(parts.train)
    forest = fit_head(sample, getattr(course.config, name), course.machine, progress)
    raw, found = _raw(forest, rows, parts.calibration), labels[parts.calibration]
    return FittedHead(
        name=name,
        forest=forest,
        calibration=calibrate(raw, found),
        baselines=_beside(name, sample, rows.user[parts.train], course.machine),
        train_rows=len(parts.train),
        train_positives=int(sample.labels.sum()),
        calibration_rows=len(found),
        calibration_positives=int(found.sum()),
    )


def refitted(head: FittedHead, rows: Rows, course: Course, progress: Progress) -> FittedHead:
    """Fit a judged head anew to all known rows, with the number of trees that was found.

    The shape of its calibration comes from everything that the judged forest had not seen: rows that a forest has seen
    flatter it. The level is its own: what moved since the judged forest's time is already in the new one.
    """
    labels = labels_of(rows, head.name)
    known = np.flatnonzero(labels >= 0)
    later = known[rows.sent_at[known] >= course.cut.calibration]
    sample = Sample(rows.matrix, labels, rows.sent_at, course.names).take(known)
    forest = fit_head(sample, getattr(course.config, head.name), course.machine, progress, trees=head.forest.trees)
    shape = calibrate(_raw(head.forest, rows, later), labels[later])
    return replace(
        head,
        forest=forest,
        calibration=relevelled(shape, _raw(forest, rows, later), labels[later]),
        train_rows=len(known),
        train_positives=int(sample.labels.sum()),
        calibration_rows=len(later),
        calibration_positives=int(labels[later].sum()),
    )


def labels_of(rows: Rows, name: str) -> Labels:
    """Labels of one head."""
    return rows.click if name == "click" else rows.opt_out


def _refuse_without(name: str) -> None:
    if name == "click":
        msg = "click: expected known labels in the column 'clicked' or 'clicked_at', got none; a model needs this head"
        raise LearningError(msg)


def _beside(name: str, sample: Sample, user: Ints, machine: Machine) -> dict[str, Baseline]:
    if name == "click":
        return baselines.fit_click(sample, user, machine)
    return baselines.fit_opt_out(sample, machine)


def _raw(forest: Forest, rows: Rows, places: Ints) -> Floats:
    return raw_logits(lightgbm.Booster(model_str=forest.text), rows.matrix[places])
