"""A small model on made rows, for tests that need a bundle and not a good one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from pushrank.features.text import fit_basis
from pushrank.features.view import FeatureView, feature_names
from pushrank.scoring.bundle import Trained, TrainedHead
from pushrank.scoring.calibration import Platt, Shift
from pushrank.scoring.permission import Permission

Floats = npt.NDArray[np.float64]

PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "verbosity": -1,
    "num_leaves": 7,
    "min_data_in_leaf": 20,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 1,
    "num_threads": 1,
}


@lru_cache
def small_view() -> FeatureView:
    """A view over all features and two figures of text."""
    basis = fit_basis(("Rain at noon", "Sun after lunch", "Goal in the last minute"), 64, 2, seed=1)
    return FeatureView(feature_names(2, ()), {"base_click": 0.1, "base_opt_out": 0.002}, basis)


@lru_cache
def made_rows(rows: int = 2000) -> tuple[Floats, npt.NDArray[np.int8]]:
    """A matrix of small counts for `small_view` and labels that depend on three of its columns."""
    rng = np.random.default_rng(5)
    matrix = rng.lognormal(0.0, 1.0, (rows, len(small_view().names)))
    logit = np.log(matrix[:, 0]) - np.log(matrix[:, 20]) * np.log(matrix[:, 40]) - 1.5
    return matrix, (rng.random(rows) < 1.0 / (1.0 + np.exp(-logit))).astype(np.int8)


@lru_cache
def model_text(trees: int = 12, seed: int = 1) -> str:
    """LightGBM's text of a small forest over `small_view`."""
    matrix, labels = made_rows()
    data = lightgbm.Dataset(matrix, labels.astype(np.float64), feature_name=list(small_view().names))
    return str(lightgbm.train({**PARAMETERS, "seed": seed}, data, trees).model_to_string())


def small_trained(*, with_opt_out: bool = True) -> Trained:
    """A model as training hands it over."""
    return Trained(
        view=small_view(),
        click=TrainedHead(model_text(), Platt(1.1, -0.2)),
        opt_out=TrainedHead(model_text(5), Shift(-4.0)) if with_opt_out else None,
        prior_opt_out=0.001,
        permission=Permission.flat(4.5),
        facts={"rows": 2000},
    )
