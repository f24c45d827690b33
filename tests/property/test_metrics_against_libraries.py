"""Metrics against scikit-learn and ir-measures on whatever hypothesis makes up."""

from __future__ import annotations

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from pushrank.evaluation.discrimination import auc, auc_within_user, average_precision, expected_auc, sweep
from pushrank.evaluation.ordering import group_figures
from pushrank.evaluation.probability import drawn_probabilities, expected_calibration_error, log_loss
from pushrank.evaluation.resampling import by_user
from pushrank.evaluation.rows import Bytes, Floats, Ints

SETTINGS = settings(max_examples=60, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)


def _sample(seed: int, n: int, levels: int) -> tuple[Bytes, Floats, Ints]:
    """Both classes, scores on few levels so that they tie."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < rng.uniform(0.1, 0.9)).astype(np.int8)
    y[:2] = [0, 1]
    return y, rng.integers(1, levels + 1, n) / (levels + 1), np.arange(n) % max(n // 4, 1)


@SETTINGS
@given(SEEDS, st.integers(2, 200), st.sampled_from([1, 3, 20, 10_000]))
def test_auc_precision_and_loss_equal_scikit_learn_with_ties(seed: int, n: int, levels: int) -> None:
    y, score, _ = _sample(seed, n, levels)
    assert auc(y, score) == pytest.approx(roc_auc_score(y, score), abs=1e-12)
    assert average_precision(y, score) == pytest.approx(average_precision_score(y, score), abs=1e-12)
    assert log_loss(y, score) == pytest.approx(sklearn_log_loss(y, score), abs=1e-12)


@SETTINGS
@given(SEEDS, st.integers(2, 100), st.sampled_from([2, 1000]))
def test_expected_auc_equals_a_weighted_auc_of_doubled_rows(seed: int, n: int, levels: int) -> None:
    _, score, _ = _sample(seed, n, levels)
    p = np.random.default_rng(seed + 1).uniform(0.01, 0.99, n)
    y = np.repeat([1, 0], n)
    weighted = roc_auc_score(y, np.tile(score, 2), sample_weight=np.concatenate([p, 1 - p]))
    assert expected_auc(p, score) == pytest.approx(weighted, abs=1e-9)


@SETTINGS
@given(SEEDS, st.integers(2, 120), st.sampled_from([2, 1000]))
def test_auc_within_user_is_the_mean_of_users_weighted_by_pairs(seed: int, n: int, levels: int) -> None:
    y, score, user = _sample(seed, n, levels)
    won = total = 0.0
    for one in np.unique(user):
        own = user == one
        pairs = float((y[own] == 1).sum() * (y[own] == 0).sum())
        if pairs:
            won += pairs * roc_auc_score(y[own], score[own])
            total += pairs
    expected = won / total if total else np.nan
    assert auc_within_user(y, score, user) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@SETTINGS
@given(SEEDS, st.integers(60, 120))
def test_a_drawing_of_users_is_the_metric_with_rows_repeated(seed: int, n: int) -> None:
    y, score, user = _sample(seed, n, 7)
    draws = by_user(user, 3, seed)
    drawn_auc, drawn_precision = sweep(y, score, draws)
    drawn = drawn_probabilities(y, score, 4, draws)
    for one in range(3):
        times = draws.weights[one][draws.unit]
        again, p = np.repeat(y, times), np.repeat(score, times)
        assert drawn_auc[one] == pytest.approx(auc(again, p), abs=1e-12, nan_ok=True)
        assert drawn_precision[one] == pytest.approx(average_precision(again, p), abs=1e-12, nan_ok=True)
        assert drawn.log_loss[one] == pytest.approx(log_loss(again, p), abs=1e-12, nan_ok=True)


@SETTINGS
@given(SEEDS, st.integers(1, 300), st.integers(1, 20))
def test_calibration_error_lies_between_the_total_gap_and_the_mean_gap(seed: int, n: int, bins: int) -> None:
    y, p, _ = _sample(seed, max(n, 2), 50)
    error = expected_calibration_error(y, p, bins)
    assert abs(float(np.mean(p - y))) - 1e-12 <= error <= float(np.abs(p - y).mean()) + 1e-12


@SETTINGS
@given(SEEDS, st.integers(2, 30), st.sampled_from([1, 2, 4]))
def test_ndcg_equals_scikit_learn_where_scores_tie(seed: int, n: int, levels: int) -> None:
    y, score, _ = _sample(seed, n, levels)
    zeros = np.zeros(n, dtype=np.int64)
    found = group_figures(y, score, zeros, zeros, (1, 5))
    for cut in (1, 5):
        assert found.ndcg[cut][0] == pytest.approx(ndcg_score(y[None], score[None], k=cut), abs=1e-12)


@SETTINGS
@given(SEEDS, st.integers(2, 12), st.sampled_from([1, 2, 3]))
def test_the_reciprocal_rank_is_its_mean_over_random_orders_of_ties(seed: int, n: int, levels: int) -> None:
    y, score, _ = _sample(seed, n, levels)
    zeros = np.zeros(n, dtype=np.int64)
    rng = np.random.default_rng(seed)
    ranks = []
    for _ in range(400):
        order = np.lexsort((rng.random(n), -score))
        ranks.append(1.0 / (1 + int(np.argmax(y[order]))))
    spread = float(np.std(ranks)) / np.sqrt(len(ranks))
    found = group_figures(y, score, zeros, zeros, (1,)).mrr[0]
    assert abs(found - np.mean(ranks)) <= 6 * spread + 1e-9


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 15))
def test_ranking_equals_ir_measures_where_nothing_ties(seed: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    n = 8 * groups
    group = np.sort(rng.integers(0, groups, n))
    group = np.unique(group, return_inverse=True)[1]
    y = (rng.random(n) < 0.3).astype(np.int8)
    score = rng.permutation(n).astype(np.float64)
    found = group_figures(y, score, group, group, (1, 5))
    kept = {str(one) for one in found.user}
    rows = [row for row in range(n) if str(group[row]) in kept]
    qrels = [ir_measures.Qrel(str(group[row]), f"d{row}", int(y[row])) for row in rows]
    run = [ir_measures.ScoredDoc(str(group[row]), f"d{row}", float(score[row])) for row in rows]
    measures = {ir_measures.nDCG @ 1: found.ndcg[1], ir_measures.nDCG @ 5: found.ndcg[5], ir_measures.RR: found.mrr}
    if rows:
        theirs = ir_measures.calc_aggregate(list(measures), qrels, run)
        for measure, ours in measures.items():
            assert ours.mean() == pytest.approx(theirs[measure], abs=1e-9)
