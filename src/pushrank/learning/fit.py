"""Fitting one head by LightGBM, with leaves large enough for rare outcomes and for the privacy of who had them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from pushrank.config.types import HeadConfig
from pushrank.learning.split import recent

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int8]
Progress = Callable[[int, int], None]

STOPPING_SHARE = 0.15  # of the training part, its end, decides how many trees
MANY_ROWS = 1_000_000
FEWEST_STOPPING_POSITIVES = 30  # with fewer the number of trees would be chance


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of one head in time order: matrix float64[n, F], labels 0 and 1, microseconds of the send, feature names."""

    matrix: Floats
    labels: Labels
    sent_at: Ints
    names: Sequence[str]

    @property
    def base_rate(self) -> float:
        """Share of positives."""
        return float(self.labels.mean())

    def take(self, rows: Ints) -> Sample:
        """Return some rows; rows that lie together are not copied."""
        chosen: Any = slice(int(rows[0]), int(rows[-1]) + 1) if _together(rows) else rows
        return Sample(self.matrix[chosen], self.labels[chosen], self.sent_at[chosen], self.names)


@dataclass(frozen=True, slots=True)
class Machine:
    """How a fit runs, apart from what it is: threads and seed. Same seed and threads give the same bits."""

    seed: int
    threads: int

    @classmethod
    def of(cls, seed: int, rows: int, cores: int) -> Machine:
        """One thread for logs of usual size: more gain little there, and lose much on a machine that is busy."""
        return cls(seed, cores if rows >= MANY_ROWS else 1)


@dataclass(frozen=True, slots=True)
class Forest:
    """A fitted forest as LightGBM's text, with the number of its trees and the least rows in a leaf."""

    text: str
    trees: int
    leaf_rows: int


def leaf_rows(config: HeadConfig, base_rate: float) -> int:
    """About the least rows in a leaf: enough for `leaf_positives` expected positives, and at least `min_leaf_rows`."""
    return max(config.min_leaf_rows, ceil(config.leaf_positives / base_rate))


def fit_head(
    sample: Sample, config: HeadConfig, machine: Machine, progress: Progress = lambda *_: None, trees: int | None = None
) -> Forest:
    """Fit a forest to P(label = 1).

    Unless `trees` says how many, their number is found on the last part of the sample; then all of it is fitted with
    that number, so that the newest rows count too. `progress` is told trees done and trees at most.
    """
    parameters = _parameters(sample, config, machine)
    trees = trees or _found_trees(sample, parameters, config, progress)
    booster = lightgbm.train(parameters, _dataset(sample), trees, callbacks=[_told(progress, trees)])
    return Forest(str(booster.model_to_string()), int(booster.num_trees()), int(parameters["min_data_in_leaf"]))


def _parameters(sample: Sample, config: HeadConfig, machine: Machine) -> dict[str, Any]:
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "num_leaves": config.leaves,
        "learning_rate": config.learning_rate,
        "min_data_in_leaf": leaf_rows(config, sample.base_rate),
        "lambda_l2": config.l2,
        "feature_fraction": config.feature_share,
        "bagging_fraction": config.row_share,
        "bagging_freq": int(config.row_share < 1.0),
        "feature_pre_filter": False,
        "deterministic": True,
        "force_row_wise": True,
        "seed": machine.seed,
        "num_threads": machine.threads,
        "verbosity": -1,
    }


def _found_trees(sample: Sample, parameters: dict[str, Any], config: HeadConfig, progress: Progress) -> int:
    older, newer = (sample.take(rows) for rows in recent(sample.sent_at, STOPPING_SHARE))
    if not 0 < older.labels.sum() < len(older.labels) or newer.labels.sum() < FEWEST_STOPPING_POSITIVES:
        return config.rounds
    train = _dataset(older)
    booster = lightgbm.train(
        parameters,
        train,
        config.rounds,
        valid_sets=[_dataset(newer, reference=train)],
        callbacks=[lightgbm.early_stopping(config.early_stopping, verbose=False), _told(progress, config.rounds)],
    )
    return max(int(booster.best_iteration), 1)


def _dataset(sample: Sample, reference: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        sample.matrix, sample.labels.astype(np.float32), feature_name=list(sample.names), reference=reference
    )


def _told(progress: Progress, trees: int) -> Callable[[Any], None]:
    def tell(state: Any) -> None:
        progress(int(state.iteration) + 1, trees)

    return tell


def _together(rows: Ints) -> bool:
    return len(rows) > 0 and int(rows[-1]) - int(rows[0]) + 1 == len(rows)
