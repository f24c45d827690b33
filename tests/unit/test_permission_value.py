from __future__ import annotations

import math

import numpy as np
import pytest

from pushrank.domain.instants import DAY
from pushrank.learning.dataset import Rows
from pushrank.learning.worth import pooled_permission_value
from pushrank.scoring.permission import permission_value


def test_it_is_the_discounted_sum_of_clicks_to_come() -> None:
    clicks_a_day, hazard, discount = 0.06, 0.002, 90.0
    days = np.arange(0.0, 20_000.0, 0.01)
    summed = float((clicks_a_day * np.exp(-(hazard + 1 / discount) * days)).sum() * 0.01)
    assert permission_value(60.0, 2.0, 1000.0, discount) == pytest.approx(summed, rel=1e-3)


def test_more_opt_outs_make_permission_worth_less() -> None:
    assert permission_value(60.0, 20.0, 1000.0, 90.0) < permission_value(60.0, 2.0, 1000.0, 90.0)


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


def test_a_channel_counts_until_its_opt_out() -> None:
    """User 0 stays 10 days; user 1 leaves after 4; user 2 comes on the last day and counts for one day."""
    user = np.array([0, 1, 1, 0, 2])
    sent_at = np.array([0, 0, 4, 10, 10]) * DAY
    click = np.array([1, 0, 1, -1, 0], dtype=np.int8)
    opt_out = np.array([0, 0, 1, -1, 0], dtype=np.int8)
    rows = rows_of(user, sent_at, click, opt_out)
    assert pooled_permission_value(rows, 90.0) == permission_value(2.0, 1.0, 10.0 + 4.0 + 1.0, 90.0)


def rows_of(user: np.ndarray, sent_at: np.ndarray, click: np.ndarray, opt_out: np.ndarray) -> Rows:
    none = np.full(len(user), -1, dtype=np.int64)
    ids = np.array([f"u{code}" for code in range(user.max() + 1)], dtype=object)
    return Rows(
        matrix=np.zeros((len(user), 1)),
        user=user,
        message=np.zeros(len(user), dtype=np.int64),
        decision=none,
        sent_at=sent_at,
        click=click,
        opt_out=opt_out,
        propensity=np.full(len(user), np.nan),
        local_hour=np.zeros(len(user), dtype=np.int8),
        user_ids=ids,
        message_ids=np.array(["m"], dtype=object),
        categories=np.array(["news"], dtype=object),
    )
