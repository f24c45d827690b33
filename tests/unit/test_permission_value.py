from __future__ import annotations

import math

import numpy as np
import pytest

from pushrank.learning.cohorts import counted
from pushrank.learning.spells import READ, spells_of
from pushrank.learning.worth import cohort_values
from pushrank.scoring.permission import permission_value
from tests.small_chains import Chain

DISCOUNT = 90.0
THREE = Chain(
    clicks=np.array([0.05, 0.2, 0.5]),
    opt_outs=np.array([0.004, 0.006, 0.01]),
    moves=np.array([[0.0, 0.02, 0.005], [0.03, 0.0, 0.02], [0.005, 0.03, 0.0]]),
)


def test_it_is_the_discounted_sum_of_clicks_to_come() -> None:
    clicks_a_day, hazard = 0.06, 0.002
    days = np.arange(0.0, 20_000.0, 0.01)
    summed = float((clicks_a_day * np.exp(-(hazard + 1 / DISCOUNT) * days)).sum() * 0.01)
    assert permission_value(60.0, 2.0, 1000.0, DISCOUNT) == pytest.approx(summed, rel=1e-3)


def test_more_opt_outs_make_permission_worth_less() -> None:
    assert permission_value(60.0, 20.0, 1000.0, DISCOUNT) < permission_value(60.0, 2.0, 1000.0, DISCOUNT)


@pytest.mark.parametrize(
    ("figures", "named"),
    [
        ((-1.0, 0.0, 1.0, 1.0), "clicks"),
        ((1.0, math.nan, 1.0, 1.0), "opt_outs"),
        ((1.0, 0.0, 0.0, 1.0), "user_days"),
        ((1.0, 0.0, 1.0, math.inf), "discount_days"),
    ],
)
def test_a_figure_out_of_range_is_named(figures: tuple[float, float, float, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        permission_value(*figures)


def test_the_worth_of_each_cohort_is_found_from_a_log_within_a_twentieth() -> None:
    spells = spells_of(THREE.log(users=3000, days=60.0, seed=1), READ)
    found = cohort_values(counted(spells, spells.activity.round().astype(np.int64), 3), DISCOUNT)
    np.testing.assert_allclose(found, THREE.values(DISCOUNT), rtol=0.05)
    assert found[0] < found[1] < found[2]


def test_who_moves_among_cohorts_is_worth_less_apart_than_who_stays() -> None:
    """Moving draws the worth of cohorts together: whoever clicks much today will do so for a while only."""
    staying = Chain(THREE.clicks, THREE.opt_outs, 0.0 * THREE.moves)
    log = staying.log(users=3000, days=30.0, seed=2)
    spells = spells_of(log, READ)
    apart = cohort_values(counted(spells, spells.activity.round().astype(np.int64), 3), DISCOUNT)
    together = THREE.values(DISCOUNT)
    np.testing.assert_allclose(apart, staying.values(DISCOUNT), rtol=0.08)
    assert apart[2] / apart[0] > 2.0 * together[2] / together[0]


def test_a_cohort_that_never_clicked_is_worth_something() -> None:
    silent = Chain(np.array([0.0, 0.3]), np.array([0.004, 0.004]), np.zeros((2, 2)))
    spells = spells_of(silent.log(users=400, days=20.0, seed=3), READ)
    low, high = cohort_values(counted(spells, spells.activity.round().astype(np.int64), 2), DISCOUNT)
    assert 0.0 < low < 0.2 * high
