from __future__ import annotations

import numpy as np
import pytest

from pushrank.scoring.calibration import FLOOR, Calibration, Isotonic, Platt, Shift, from_dict, to_dict

FORMS: list[Calibration] = [
    Shift(-1.5),
    Platt(0.7, -2.0),
    Isotonic((-3.0, -1.0, 0.5), (-6.0, -5.5, 0.0)),
    Isotonic((0.0,), (-7.0,)),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.method)
def test_a_calibrated_probability_is_never_zero_or_one(form: Calibration) -> None:
    p = form.apply(np.array([-1e300, -800.0, -50.0, 0.0, 50.0, 800.0, 1e300]))
    assert np.all(p > FLOOR)
    assert np.all(p < 1.0 - FLOOR)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.method)
def test_a_higher_logit_gives_a_higher_probability(form: Calibration) -> None:
    assert np.all(np.diff(form.apply(np.linspace(-12.0, 12.0, 5001))) > 0.0)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.method)
def test_one_row_gets_the_same_bits_as_many(form: Calibration) -> None:
    raw = np.random.default_rng(3).normal(-3.0, 2.0, 1001)
    whole = form.apply(raw)
    alone = np.array([form.apply(raw[place : place + 1])[0] for place in range(len(raw))])
    np.testing.assert_array_equal(whole.view(np.int64), alone.view(np.int64))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.method)
def test_a_calibration_survives_being_written(form: Calibration) -> None:
    assert from_dict(to_dict(form)) == form


def test_an_isotonic_calibration_passes_through_its_knots() -> None:
    form = Isotonic((-3.0, -1.0, 0.5), (-6.0, -5.5, 0.0))
    np.testing.assert_allclose(form.apply(np.array([-3.0, -1.0, 0.5])), 1 / (1 + np.exp([6.0, 5.5, 0.0])), rtol=1e-4)


@pytest.mark.parametrize(
    ("tree", "named"),
    [
        ({"method": "pickle"}, "method"),
        ({"method": "shift", "offset": float("nan")}, "offset"),
        ({"method": "shift", "offset": 0.0, "more": 1.0}, "more"),
        ({"method": "platt", "slope": -1.0, "intercept": 0.0}, "slope"),
        ({"method": "isotonic", "knots": [1.0, 1.0], "values": [0.0, 1.0]}, "knots"),
        ({"method": "isotonic", "knots": [1.0, 2.0], "values": [0.0]}, "values"),
        ({"method": "isotonic", "knots": [], "values": []}, "knots"),
    ],
)
def test_a_broken_calibration_is_refused_by_name(tree: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        from_dict(tree)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.method)
def test_a_moved_form_has_its_logits_moved(form: Calibration) -> None:
    raw = np.linspace(-4.0, 4.0, 9)
    before, after = (p_logit(one.apply(raw)) for one in (form, form.moved(0.7)))
    np.testing.assert_allclose(after - before, 0.7, rtol=0.05)


def p_logit(p: np.ndarray) -> np.ndarray:
    odds: np.ndarray = np.log(p / (1.0 - p))
    return odds
