"""Parts of a log by time: what is learned from lies before what calibrates, and that before what judges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pushrank.config import TrainingConfig
from pushrank.domain.instants import Instant, iso
from pushrank.learning.errors import LearningError
from pushrank.logs.parts import Windows

Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Cuts:
    """Two moments: before `calibration` is the training part, from `evaluation` on the part that judges."""

    calibration: Instant
    evaluation: Instant


@dataclass(frozen=True, slots=True)
class HeadParts:
    """Places of the rows from which one head is fitted and on which it is calibrated, each in time order."""

    train: Ints
    calibration: Ints


def cuts(sent_at: Ints, config: TrainingConfig) -> Cuts:
    """Cut the sends by the shares of the configuration, at moments. `sent_at` is in time order.

    Raises LearningError where too much was sent at one moment or the shares leave nothing to train on.
    """
    judging = config.evaluation_share
    moments = [moment_after(sent_at, 1.0 - share) for share in (1.0, config.calibration_share + judging, judging)]
    if not moments[0] < moments[1] < moments[2]:
        msg = (
            "expected sends at several moments, and shares of them for training, calibration and evaluation; "
            f"got parts that would begin at {', '.join(map(iso, moments))}"
        )
        raise LearningError(msg)
    return Cuts(moments[1], moments[2])


def moment_after(sent_at: Ints, share: float) -> Instant:
    """The moment of the send that follows the first `share` of all sends; 0 without sends."""
    return int(sent_at[min(int(share * len(sent_at)), len(sent_at) - 1)]) if len(sent_at) else 0


def head_parts(head: str, sent_at: Ints, labels: Labels, cut: Cuts, windows: Windows) -> HeadParts:
    """Rows of one head. A label counts only if its window closed before the next part begins.

    Raises LearningError naming the head where the training part has not both outcomes or nothing calibrates.
    """
    window = windows.click if head == "click" else windows.opt_out
    known = labels >= 0
    train = np.flatnonzero(known & (sent_at + window <= cut.calibration))
    calibration = np.flatnonzero(known & (sent_at >= cut.calibration) & (sent_at + window <= cut.evaluation))
    _refuse_one_class(head, labels[train])
    if not len(calibration):
        msg = (
            f"{head}: expected sends with known labels between {iso(cut.calibration)} and {iso(cut.evaluation)} to "
            "calibrate on, got none; take a longer log or a larger calibration_share"
        )
        raise LearningError(msg)
    return HeadParts(train, calibration)


def recent(sent_at: Ints, share: float) -> tuple[Ints, Ints]:
    """Places of the older rows and of about the last `share` of them, cut at a moment; `sent_at` is in time order."""
    border = int(np.searchsorted(sent_at, moment_after(sent_at, 1.0 - share)))
    return np.arange(border), np.arange(border, len(sent_at))


def _refuse_one_class(head: str, labels: Labels) -> None:
    positives = int(labels.sum())
    if 0 < positives < len(labels):
        return
    msg = (
        f"{head}: expected both outcomes among the sends of the training part, got {positives} positives of "
        f"{len(labels)} known labels; take a log that has both, or one without this outcome at all"
    )
    raise LearningError(msg)
