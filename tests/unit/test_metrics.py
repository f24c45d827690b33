"""Metrics by hand: small cases whose figures can be worked out on paper."""

from __future__ import annotations

import math
from math import log, log2

import numpy as np
import pytest

from pushrank.domain.instants import DAY, instant
from pushrank.evaluation.discrimination import auc, auc_within_user, average_precision, expected_auc
from pushrank.evaluation.ordering import group_figures, group_rows
from pushrank.evaluation.probability import (
    equal_mass_bins,
    expected_calibration_error,
    log_loss,
    normalized_entropy,
    reliability,
    wilson,
)

Y = np.array([1, 0, 1, 0, 0], dtype=np.int8)
SCORE = np.array([0.9, 0.8, 0.4, 0.4, 0.1])


def test_auc_counts_pairs_and_half_of_the_ties() -> None:
    # 0.9 beats three negatives; 0.4 loses to 0.8, ties with 0.4, beats 0.1.
    assert auc(Y, SCORE) == pytest.approx((3 + 1.5) / 6, abs=1e-15)


def test_a_constant_score_has_an_auc_of_one_half() -> None:
    assert auc(Y, np.full(5, 0.3)) == 0.5


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_has_no_auc(label: int) -> None:
    y = np.full(4, label, dtype=np.int8)
    assert math.isnan(auc(y, np.arange(4.0)))
    assert math.isnan(auc_within_user(y, np.arange(4.0), np.zeros(4, dtype=np.int64)))
    assert math.isnan(normalized_entropy(y, np.full(4, 0.5)))


def test_no_rows_have_no_figures() -> None:
    y, score = np.zeros(0, dtype=np.int8), np.zeros(0)
    figures = [auc(y, score), average_precision(y, score), log_loss(y, score), normalized_entropy(y, score)]
    assert all(math.isnan(one) for one in [*figures, expected_calibration_error(y, score, 10)])


def test_auc_within_user_pools_the_pairs_of_users() -> None:
    # First user: one positive, two negatives, both beaten. Second: one pair, lost. Third: one class, no pair.
    user = np.array([4, 4, 4, 9, 9, 2, 2])
    y = np.array([1, 0, 0, 1, 0, 1, 1], dtype=np.int8)
    score = np.array([0.3, 0.2, 0.1, 0.4, 0.6, 0.9, 0.1])
    assert auc_within_user(y, score, user) == pytest.approx(2 / 3, abs=1e-15)


def test_average_precision_takes_ties_as_one_threshold() -> None:
    # Thresholds 0.9: recall 1/2 at precision 1; 0.4: recall 1 at precision 2/4.
    assert average_precision(Y, SCORE) == pytest.approx(0.5 * 1 + 0.5 * 0.5, abs=1e-15)


def test_expected_auc_of_certain_rows_is_the_auc() -> None:
    assert expected_auc(Y.astype(np.float64), SCORE) == pytest.approx(auc(Y, SCORE), abs=1e-15)


def test_expected_auc_weighs_rows_by_their_chances() -> None:
    p, score = np.array([0.8, 0.3]), np.array([2.0, 1.0])
    won = 0.8 * (0.7 + 0.5 * 0.2) + 0.3 * 0.5 * 0.7
    assert expected_auc(p, score) == pytest.approx(won / (1.1 * 0.9), abs=1e-15)


def test_log_loss_and_normalised_entropy_by_hand() -> None:
    y, p = np.array([1, 0], dtype=np.int8), np.array([0.8, 0.4])
    loss = -(log(0.8) + log(0.6)) / 2
    assert log_loss(y, p) == pytest.approx(loss, abs=1e-15)
    assert normalized_entropy(y, p) == pytest.approx(loss / log(2), abs=1e-15)


def test_a_probability_of_zero_is_expensive_and_finite() -> None:
    assert 30 < log_loss(np.array([1], dtype=np.int8), np.array([0.0])) < 40


def test_bins_hold_equal_masses_and_keep_equal_values_together() -> None:
    assert equal_mass_bins(np.array([0.4, 0.1, 0.2, 0.3]), 2).tolist() == [1, 0, 0, 1]
    assert len(set(equal_mass_bins(np.full(100, 0.2), 10).tolist())) == 1


def test_calibration_error_by_hand() -> None:
    # Low bin: predicted 0.15, observed 0; high bin: predicted 0.35, observed 0.5.
    y, p = np.array([0, 0, 1, 0], dtype=np.int8), np.array([0.1, 0.2, 0.3, 0.4])
    assert expected_calibration_error(y, p, 2) == pytest.approx((0.15 + 0.15) / 2, abs=1e-15)
    low, high = reliability(y, p, 2)
    assert (low.n, low.observed, high.n, high.observed) == (2, 0.0, 2, 0.5)
    assert high.predicted == pytest.approx(0.35)


def test_wilson_reaches_above_zero_without_positives() -> None:
    low, high = wilson(0, 100)
    assert low == pytest.approx(0, abs=1e-12)
    assert high == pytest.approx(0.0369935, abs=1e-6)


def test_ndcg_is_its_expected_value_over_ties() -> None:
    # Three rows, two tied at the top, one of those positive: it stands first or second with chance 1/2 each.
    y, score = np.array([0, 1, 0], dtype=np.int8), np.array([0.5, 0.5, 0.1])
    found = group_figures(y, score, np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64), (1, 2))
    assert found.ndcg[1].tolist() == [0.5]
    assert found.ndcg[2].tolist() == pytest.approx([0.5 * (1 + 1 / log2(3))])
    assert found.mrr.tolist() == pytest.approx([0.5 * (1 + 1 / 2)])


def test_groups_without_a_positive_or_a_choice_are_left_out_and_counted() -> None:
    group = np.array([0, 0, 1, 1, 2])
    y = np.array([1, 0, 0, 0, 1], dtype=np.int8)
    found = group_figures(y, np.arange(5.0), np.array([7, 7, 8, 8, 9]), group, (1,))
    assert (found.user.tolist(), found.without_positive, found.single_row) == ([7], 1, 1)
    assert found.mrr.tolist() == [0.5]


def test_rows_are_grouped_by_decision_else_by_user_and_iso_week() -> None:
    sunday, monday = instant("2026-11-22T23:59:59+00:00"), instant("2026-11-23T00:00:00+00:00")
    sent_at = np.array([sunday, monday, monday + 6 * DAY, monday, monday, monday])
    user = np.array([1, 1, 1, 1, 1, 2])
    decision = np.array([-1, -1, -1, 5, 5, -1])
    group = group_rows(user, sent_at, decision)
    assert group[0] != group[1] == group[2]
    assert group[3] == group[4] != group[1]
    assert len(set(group.tolist())) == 4


def test_a_decision_with_one_row_is_judged_within_its_user_and_week() -> None:
    monday = instant("2026-11-23T00:00:00+00:00")
    group = group_rows(np.array([1, 1, 1]), np.full(3, monday), np.array([8, 9, -1]))
    assert group.tolist() == [0, 0, 0]
