"""Intervals by drawing users."""

from __future__ import annotations

import numpy as np
import pytest

from pushrank.evaluation import resampling
from pushrank.evaluation.discrimination import (
    auc,
    paired_auc_difference,
    paired_auc_within_user_difference,
    sweep,
)
from pushrank.evaluation.resampling import by_user, interval, unbiased_interval
from pushrank.evaluation.rows import Bytes, Floats, Ints


def _world(seed: int, users: int = 150) -> tuple[Bytes, Floats, Ints]:
    """Users of unlike rates and numbers of rows; the score is the user's rate, so rows of a user stand together."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(1, 30, users)
    rate = rng.beta(1, 6, users)
    user = np.repeat(np.arange(users), rows)
    shared = np.repeat(rng.normal(0, 0.5, users), rows)
    return (rng.random(len(user)) < rate[user]).astype(np.int8), rate[user] + shared * 0.1, user


def test_the_same_seed_draws_the_same_users() -> None:
    user = np.repeat(np.arange(20), 2)
    assert np.array_equal(by_user(user, 8, 1).weights, by_user(user, 8, 1).weights)
    assert not np.array_equal(by_user(user, 8, 1).weights, by_user(user, 8, 2).weights)


def test_each_round_draws_as_many_users_as_there_are() -> None:
    assert by_user(np.repeat(np.arange(50), 3), 20, 1).weights.sum(axis=1).tolist() == [50] * 20


def test_more_users_than_units_are_bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "MOST_UNITS", 64)
    y, score, user = _world(1, users=1000)
    draws = by_user(user, 100, 1)
    assert draws.weights.shape == (100, 64)
    bounds = interval(sweep(y, score, draws)[0])
    monkeypatch.undo()
    exact = interval(sweep(y, score, by_user(user, 100, 1))[0])
    assert bounds is not None
    assert exact is not None
    assert bounds[1] - bounds[0] == pytest.approx(exact[1] - exact[0], rel=0.4)


def test_fewer_than_ten_users_have_no_interval() -> None:
    y, score = np.tile(np.array([0, 1], dtype=np.int8), 9), np.arange(18.0)
    assert interval(sweep(y, score, by_user(np.repeat(np.arange(9), 2), 50, 1))[0]) is None
    assert interval(sweep(y, score, by_user(np.arange(18), 50, 1))[0]) is not None


def test_too_few_usable_rounds_give_no_interval() -> None:
    assert interval(np.array([0.5, np.nan, np.nan, 0.6])) is None
    assert interval(np.linspace(0, 1, 101)) == pytest.approx((0.025, 0.975))


def test_the_interval_of_an_error_is_moved_back_by_its_bias_and_not_below_zero() -> None:
    drawn = np.linspace(0.02, 0.04, 101)
    bounds = unbiased_interval(drawn, 0.02)
    assert bounds == pytest.approx((0.0105, 0.0295))
    assert unbiased_interval(drawn, 0.001) == pytest.approx((0.0, 0.0105))


@pytest.mark.slow
def test_intervals_of_auc_cover_the_truth() -> None:
    truth = float(np.mean([auc(y, score) for y, score, _ in (_world(10_000 + one, users=3000) for one in range(8))]))
    covered = 0
    for seed in range(200):
        y, score, user = _world(seed)
        bounds = interval(sweep(y, score, by_user(user, 200, seed))[0])
        assert bounds is not None
        covered += bounds[0] <= truth <= bounds[1]
    # 95 % nominal; 200 trials scatter by 1.5 points, and percentile intervals of 150 users are a little short.
    assert 0.90 <= covered / 200 <= 0.99


def test_a_paired_difference_is_narrower_than_the_figures_it_compares() -> None:
    y, score, user = _world(5)
    noise = np.random.default_rng(6).normal(0, 0.01, len(y))
    found = paired_auc_difference(score, score + noise, y, user, 200, 1)
    alone = interval(sweep(y, score, by_user(user, 200, 1))[0])
    assert found.value == pytest.approx(auc(y, score) - auc(y, score + noise), abs=1e-15)
    assert found.interval is not None
    assert alone is not None
    assert found.interval[1] - found.interval[0] < 0.5 * (alone[1] - alone[0])


def test_a_score_does_not_differ_from_itself() -> None:
    y, score, user = _world(5)
    assert paired_auc_difference(score, score, y, user, 50, 1).interval == (0.0, 0.0)
    assert paired_auc_within_user_difference(score, score, y, user, 50, 1).interval == (0.0, 0.0)
