"""Our walk through a forest gives the bits of LightGBM's."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.scoring import heads
from pushrank.scoring.calibration import Shift
from pushrank.scoring.forest import read_forest, sums
from pushrank.scoring.heads import Head
from pushrank.scoring.structure import check_model_text

Floats = npt.NDArray[np.float64]
NAMES = tuple("abcdefgh")
SIZES: tuple[dict[str, Any], ...] = (
    {"num_leaves": 31, "num_iterations": 40},
    {"num_leaves": 300, "num_iterations": 3, "min_data_in_leaf": 2},
    {"num_leaves": 2, "num_iterations": 60},
    # Nothing to learn gives trees of a single leaf.
    {"num_leaves": 4, "num_iterations": 3, "min_gain_to_split": 1e9},
)


def rows(rng: np.random.Generator, number: int) -> Floats:
    """Figures as features have them: few different ones, many, zeros, negative ones."""
    few, many = rng.integers(-2, 5, (number, 4)).astype(np.float64), rng.normal(0.0, 3.0, (number, 4))
    return np.concatenate((few, many), axis=1)


@lru_cache
def model(place: int) -> tuple[str, lightgbm.Booster]:
    rng = np.random.default_rng(place)
    matrix = rows(rng, 3000)
    labels = (matrix[:, 0] * matrix[:, 5] + matrix[:, 6] + rng.normal(0.0, 1.0, 3000) > 1.0).astype(np.float64)
    fixed = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 1}
    booster = lightgbm.train({**fixed, **SIZES[place]}, lightgbm.Dataset(matrix, labels, feature_name=list(NAMES)))
    text = booster.model_to_string()
    check_model_text(text, NAMES)
    return text, lightgbm.Booster(model_str=text)


@settings(max_examples=60, deadline=None)
@given(
    place=st.integers(0, len(SIZES) - 1),
    number=st.sampled_from((0, 1, 2, 20, 63, 64, 65, 100, 128, 129, 500)),
    shared=st.sets(st.integers(0, len(NAMES) - 1)),
    on_cuts=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_sums_equal_those_of_lightgbm_bit_for_bit(
    *, place: int, number: int, shared: set[int], on_cuts: bool, seed: int
) -> None:
    text, booster = model(place)
    forest, rng = read_forest(text), np.random.default_rng(seed)
    matrix = rows(rng, number)
    if on_cuts and forest.cuts.size:
        # A value that equals a threshold goes left, its neighbour right, infinities all the way.
        edges = np.concatenate((forest.cuts, np.nextafter(forest.cuts, np.inf), [np.inf, -np.inf, -0.0, 1e-36, -1e-40]))
        matrix = rng.choice(edges, matrix.shape)
    if number:
        matrix[:, list(shared)] = matrix[0, list(shared)]
    expected = heads.raw_logits(booster, matrix)
    assert sums(forest, matrix).tobytes() == expected.tobytes()


@pytest.mark.parametrize("place", range(len(SIZES)))
def test_a_row_has_the_same_sum_among_any_others(place: int) -> None:
    forest, rng = read_forest(model(place)[0]), np.random.default_rng(9)
    matrix = rows(rng, 200)
    together = sums(forest, matrix)
    alone = np.concatenate([sums(forest, matrix[row : row + 1]) for row in range(len(matrix))])
    assert together.tobytes() == alone.tobytes()
    assert np.unique(together).size > 1 or place == len(SIZES) - 1


def test_what_has_no_number_is_left_to_lightgbm() -> None:
    text, booster = model(0)
    matrix = rows(np.random.default_rng(3), 50)
    matrix[::7, 5] = np.nan
    assert Head.of(text, Shift(0.0)).raw(matrix).tobytes() == heads.raw_logits(booster, matrix).tobytes()
