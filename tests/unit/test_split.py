from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pushrank.config import TrainingConfig, load
from pushrank.config.home import shipped
from pushrank.domain.instants import DAY, HOUR
from pushrank.learning.errors import LearningError
from pushrank.learning.split import Cuts, cuts, head_parts, recent
from pushrank.logs.parts import Windows

CONFIG = replace(load(shipped("training", "default"), TrainingConfig), calibration_share=0.2, evaluation_share=0.2)
WINDOWS = Windows(click=DAY, opt_out=3 * DAY)
HOURS = np.arange(1000, dtype=np.int64) * HOUR


def test_the_parts_hold_their_shares_of_the_sends() -> None:
    cut = cuts(HOURS, CONFIG)
    assert cut == Cuts(600 * HOUR, 800 * HOUR)


def test_a_log_that_is_dense_at_its_end_is_cut_there() -> None:
    sent_at = np.sort(np.concatenate((np.arange(100) * 30 * DAY, 99 * 30 * DAY + np.arange(900) * HOUR)))
    cut = cuts(sent_at, CONFIG)
    assert cut.calibration > 99 * 30 * DAY


@pytest.mark.parametrize("sent_at", [np.array([], dtype=np.int64), np.zeros(50, dtype=np.int64), HOURS[:1]])
def test_sends_at_one_moment_cannot_be_cut(sent_at: np.ndarray) -> None:
    with pytest.raises(LearningError, match="several moments"):
        cuts(sent_at, CONFIG)


def test_no_part_holds_a_label_that_closes_in_the_next() -> None:
    labels = np.resize(np.array([0, 1], dtype=np.int8), 1000)
    cut = cuts(HOURS, CONFIG)
    for head, window in (("click", WINDOWS.click), ("opt_out", WINDOWS.opt_out)):
        parts = head_parts(head, HOURS, labels, cut, WINDOWS)
        assert HOURS[parts.train].max() + window == cut.calibration
        assert HOURS[parts.calibration].min() == cut.calibration
        assert HOURS[parts.calibration].max() + window == cut.evaluation


def test_unknown_labels_are_in_no_part() -> None:
    labels = np.resize(np.array([0, 1, -1], dtype=np.int8), 1000)
    parts = head_parts("click", HOURS, labels, cuts(HOURS, CONFIG), WINDOWS)
    assert np.all(labels[parts.train] >= 0)
    assert np.all(labels[parts.calibration] >= 0)


@pytest.mark.parametrize("only", [0, 1])
def test_one_class_alone_is_refused_by_the_name_of_the_head(only: int) -> None:
    labels = np.full(1000, only, dtype=np.int8)
    with pytest.raises(LearningError, match="opt_out: expected both outcomes"):
        head_parts("opt_out", HOURS, labels, cuts(HOURS, CONFIG), WINDOWS)


def test_nothing_to_calibrate_on_is_refused_by_the_name_of_the_head() -> None:
    labels = np.resize(np.array([0, 1], dtype=np.int8), 1000)
    labels[600:800] = -1
    with pytest.raises(LearningError, match="click: expected sends with known labels between"):
        head_parts("click", HOURS, labels, cuts(HOURS, CONFIG), WINDOWS)


def test_recent_rows_are_never_torn_from_their_moment() -> None:
    sent_at = np.repeat(np.arange(10, dtype=np.int64), 100)
    older, newer = recent(sent_at, 0.15)
    assert (len(older), len(newer)) == (800, 200)
    assert sent_at[older].max() < sent_at[newer].min()
