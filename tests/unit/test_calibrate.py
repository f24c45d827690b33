from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from pushrank.learning.calibrate import calibrate, fit_isotonic, fit_platt, fit_shift, relevelled
from pushrank.scoring.calibration import Isotonic, Platt, Shift

Floats = npt.NDArray[np.float64]


def drawn(rows: int, level: float, slope: float = 1.0, seed: int = 1) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Logits around `level`, and labels drawn with logit `slope` times theirs."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(level, 1.0, rows)
    return raw, (rng.random(rows) < 1.0 / (1.0 + np.exp(-slope * raw))).astype(np.int8)


@pytest.mark.parametrize(("rows", "form"), [(2_000, Shift), (60_000, Platt), (600_000, Isotonic)])
def test_the_form_follows_from_the_number_of_positives(rows: int, form: type) -> None:
    raw, labels = drawn(rows, -6.0)
    assert isinstance(calibrate(raw, labels), form)


def test_few_negatives_carry_no_more_than_few_positives() -> None:
    raw, labels = drawn(2_000, 6.0)
    assert isinstance(calibrate(raw, labels), Shift)


def test_a_wrong_level_is_put_right() -> None:
    raw, labels = drawn(20_000, -5.0)
    fitted = fit_shift(raw + 1.0, labels)
    assert fitted.offset == pytest.approx(-1.0, abs=0.15)


def test_no_positives_move_the_level_down_but_not_to_nothing() -> None:
    fitted = fit_shift(np.full(1000, -5.0), np.zeros(1000, dtype=np.int8))
    assert -3.0 < fitted.offset < -0.5


def test_a_wrong_slope_is_put_right() -> None:
    raw, labels = drawn(40_000, -3.0)
    fitted = fit_platt(2.0 * raw, labels)
    assert isinstance(fitted, Platt)
    assert fitted.slope == pytest.approx(0.5, abs=0.05)


def test_a_wrong_order_is_left_alone() -> None:
    raw, labels = drawn(40_000, -3.0)
    assert isinstance(fit_platt(-2.0 * raw, labels), Shift)


def test_isotonic_calibration_finds_a_bent_curve() -> None:
    rng = np.random.default_rng(2)
    raw = rng.normal(-3.0, 1.5, 300_000)
    truth = 1.0 / (1.0 + np.exp(-np.where(raw < -3.0, -4.0 + 0.2 * (raw + 3.0), -4.0 + 1.5 * (raw + 3.0))))
    labels = (rng.random(len(raw)) < truth).astype(np.int8)
    fitted = fit_isotonic(raw, labels)
    for low in (-6.0, -4.0, -2.0):
        some = (raw > low) & (raw < low + 1.0)
        assert fitted.apply(raw[some]).mean() == pytest.approx(truth[some].mean(), rel=0.1)


def test_equal_scores_stay_together() -> None:
    raw, labels = drawn(200_000, -4.0)
    fitted = fit_isotonic(np.round(raw), labels)
    assert np.all(np.diff(fitted.knots) > 0.0)
    assert fitted.apply(np.round(raw)).mean() == pytest.approx(labels.mean(), rel=0.05)


def test_a_new_level_keeps_the_shape() -> None:
    raw, labels = drawn(40_000, -3.0)
    shape = Platt(0.5, 1.0)
    fitted = relevelled(shape, 2.0 * raw, labels)
    assert isinstance(fitted, Platt)
    assert fitted.slope == shape.slope
    assert fitted.apply(2.0 * raw).mean() == pytest.approx(labels.mean(), rel=0.01)
