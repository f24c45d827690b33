"""Rows with known chances, for tests of evaluation."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from pushrank.config.types import EvaluationConfig
from pushrank.domain.instants import DAY, instant
from pushrank.evaluation.rows import ScoredRows

CONFIG = EvaluationConfig(bootstrap_rounds=60, calibration_bins=10, seed=7, gate=())
START = instant("2026-10-05T00:00:00+00:00")


def scored_rows(n: int = 4000, users: int = 300, seed: int = 3, **changes: Any) -> ScoredRows:
    """Rows whose model knows the true chances; `changes` replaces fields."""
    rng = np.random.default_rng(seed)
    user = rng.integers(0, users, n)
    own = rng.normal(-2.5, 1.0, users)[user]
    p_click = 1 / (1 + np.exp(-own - rng.normal(0, 0.6, n)))
    p_opt_out = 0.01 * np.exp(rng.normal(0, 0.5, n))
    rows = ScoredRows(
        user=user,
        message=rng.integers(0, 40, n),
        sent_at=START + rng.integers(0, 10 * DAY, n),
        category=rng.integers(0, 3, n),
        categories=("news", "sport.tennis", "<b>promo</b>"),
        click=(rng.random(n) < p_click).astype(np.int8),
        opt_out=(rng.random(n) < p_opt_out).astype(np.int8),
        decision=np.full(n, -1),
        propensity=np.full(n, np.nan),
        scores={
            "click": {
                "model": p_click,
                "constant": np.full(n, 0.1),
                "user_rate": 1 / (1 + np.exp(-own)),
                "lambdarank": 5 * rng.normal(size=n),
            },
            "opt_out": {"model": p_opt_out, "constant": np.full(n, 0.01)},
        },
        known=rng.random(n) < 0.9,
        local_hour=rng.integers(7, 22, n).astype(np.int8),
    )
    return dataclasses.replace(rows, **changes)
