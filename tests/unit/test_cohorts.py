from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pushrank.domain.instants import DAY
from pushrank.domain.permission import Cohort
from pushrank.learning.cohorts import Grid, edges_of, thick
from pushrank.learning.dataset import Rows
from pushrank.learning.permission import Study, study
from pushrank.learning.response import chances
from pushrank.learning.spells import READ
from pushrank.scoring.fallback import PRIOR_OPT_OUT
from pushrank.scoring.permission import Permission, check, permission_value
from tests.small_chains import rows_of

LEVELS = (0.0, 3.0, 7.0, 14.0, 28.0)


def made(users: int = 300, pushes: int = 40, seed: int = 5) -> Rows:
    """Users of different activity; more pushes in the last week bring fewer clicks and more opt-outs on each."""
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(users), pushes)
    sent_at = (np.tile(np.arange(pushes), users) * DAY) + rng.integers(0, DAY // 2, users * pushes)
    week = rng.integers(0, 20, user.size).astype(np.float64)
    activity = (user % 7).astype(np.float64)
    click = rng.random(user.size) < 0.05 + 0.01 * activity - 0.002 * week
    gone = rng.random(user.size) < 0.0004 * (1.0 + week)
    left = np.cumsum(np.where(gone, user.size, 1).reshape(users, pushes), axis=1).ravel() > user.size + pushes
    keep = ~left
    clicks = (user % 5) * 0.1
    return rows_of(
        user[keep],
        sent_at[keep],
        click[keep],
        gone[keep],
        activity=activity[keep],
        clicks=clicks[keep],
        week=week[keep],
    )


def learned(rows: Rows, names: Sequence[str] = READ) -> Study:
    found = study(rows, names, 90.0)
    check(found.permission)
    return found


def test_levels_hold_about_equal_user_days() -> None:
    figure = np.arange(900.0)
    edges, sizes = edges_of(figure, np.ones(900), 3)
    assert edges == (300.0, 600.0)
    assert sizes.tolist() == [300.0, 300.0, 300.0]


def test_a_figure_that_many_share_is_not_divided() -> None:
    figure = np.concatenate((np.zeros(500), np.arange(1.0, 501.0)))
    edges, sizes = edges_of(figure, np.ones(1000), 3)
    assert edges == (1.0, 168.0)
    assert sizes.tolist() == [500.0, 167.0, 333.0]


def test_one_figure_for_all_makes_one_level() -> None:
    assert edges_of(np.full(9, 4.0), np.ones(9), 3)[0] == ()


@pytest.mark.parametrize(
    ("sizes", "left"),
    [([9, 9, 9], (1.0, 2.0)), ([2, 9, 9], (2.0,)), ([9, 2, 9], (2.0,)), ([9, 9, 2], (1.0,)), ([2, 2, 2], ())],
)
def test_a_thin_level_joins_its_neighbour(sizes: list[int], left: tuple[float, ...]) -> None:
    assert thick((1.0, 2.0), np.array(sizes, dtype=np.float64), 4.0) == left


def test_rows_are_placed_where_a_request_is() -> None:
    rng = np.random.default_rng(2)
    activity, clicks = rng.choice(np.arange(0, 5, 0.5), (2, 200))
    grid = Grid((1.0, 3.0), (0.5, 2.0))
    cohorts = tuple(Cohort(place, (), (), 0.0, 0) for place in range(grid.cohorts))
    table = Permission((), grid.activity, grid.clicks, cohorts, cohorts[0])
    found = [table.cohort(*one).value for one in zip(activity.tolist(), clicks.tolist(), strict=True)]
    assert grid.place(activity, clicks).tolist() == found


def test_a_log_gives_a_table_of_nine_cohorts() -> None:
    found = learned(made())
    table = found.permission
    assert len(table.cohorts) == 9
    assert table.levels[0] == 0.0
    assert table.levels[-1] == 21.0
    assert sum(cohort.positives for cohort in table.cohorts) == table.pooled.positives
    assert sum(cohort.user_days for cohort in table.cohorts) == pytest.approx(table.pooled.user_days)
    assert sum(found.clicks[:-1]) == found.clicks[-1]
    assert found.facts["not_told"] == "nothing"


def test_more_activity_that_brings_more_clicks_is_worth_more() -> None:
    table = learned(made()).permission
    by_activity = np.array([cohort.value for cohort in table.cohorts]).reshape(3, 3).mean(axis=1)
    assert by_activity[0] < by_activity[1] < by_activity[2]


def test_each_push_more_brings_fewer_clicks_and_more_risk() -> None:
    table = learned(made()).permission
    levels = np.array(table.levels[1:])
    for cohort in table.cohorts:
        assert (np.diff(np.array(cohort.clicks[1:]) / levels) <= 1e-12).all()
        assert (np.diff(-np.log1p(-np.array(cohort.opt_outs[1:])) / levels) >= -1e-12).all()
        assert cohort.clicks[0] == cohort.opt_outs[0] == 0.0


def test_a_course_is_found_as_it_was_drawn() -> None:
    """P = 0.001 (1 + w)^1.5, within a sixth; half the people are twice as touchy as the others."""
    rng = np.random.default_rng(9)
    week, cohort = rng.integers(0, 29, 400_000), rng.integers(0, 2, 400_000)
    p = 0.0005 * (1.0 + cohort) * (1.0 + week) ** 1.2
    found = chances(cohort, week, rng.random(week.size) < p, (2, LEVELS), rising=True)
    truth = 0.0005 * np.array([[1.0], [2.0]]) * (1.0 + np.array(LEVELS)) ** 1.2
    np.testing.assert_allclose(found[:, 1:], truth[:, 1:], rtol=1 / 6)


def test_equal_clicks_a_day_do_not_make_pushes_look_worse() -> None:
    """Every push is clicked by one in twenty, whatever came before; cohorts are cut by clicks a day, as they are."""
    rng = np.random.default_rng(4)
    week = rng.integers(1, 15, 200_000)
    cohort = (rng.binomial(4 * week, 0.05) > 1).astype(np.int64)
    found = chances(cohort, week, rng.random(week.size) < 0.05, (2, LEVELS), rising=False)
    np.testing.assert_allclose(found, 0.05, rtol=0.06)


def test_a_log_without_opt_outs_takes_the_prior_rate_and_recommends_nothing() -> None:
    rows = made()
    silent = replace(rows, opt_out=np.full(len(rows), -1, dtype=np.int8))
    found = learned(silent)
    pushes, days = len(rows), found.permission.pooled.user_days
    assert found.permission.levels == ()
    assert found.permission.pooled.value == permission_value(found.clicks[-1], PRIOR_OPT_OUT * pushes, days, 90.0)
    assert "no opt-outs" in found.facts["not_told"]


def test_few_opt_outs_recommend_nothing() -> None:
    rows = made()
    few = np.where(np.cumsum(rows.opt_out == 1) <= 29, rows.opt_out, 0).astype(np.int8)
    found = learned(replace(rows, opt_out=few))
    assert found.permission.levels == ()
    assert "fewer than 30 clicks or opt-outs" in found.facts["not_told"]


def test_clicks_of_a_first_week_alone_recommend_nothing() -> None:
    rows = made()
    rows.matrix[rows.click == 1, READ.index("user_hours_since_first")] = 100.0
    assert learned(rows).permission.levels == ()


def test_a_log_of_rare_pushes_speaks_of_one_a_week_at_most() -> None:
    rows = made()
    rows.matrix[:, READ.index("user_sends_168h")] = 0.0
    rows.matrix[:, READ.index("user_hours_since_first")] = 1000.0
    assert learned(rows).permission.levels == (0.0, 1.0)


def test_a_log_without_activity_has_one_level_of_it() -> None:
    rows = made()
    rows.matrix[:, READ.index("user_month_activity")] = 0.0
    found = learned(rows)
    assert found.permission.activity_edges == ()
    assert len(found.permission.cohorts) == 3
    assert "one level of activity" in found.facts["not_told"]


def test_a_log_of_one_cohort_is_worth_what_everybody_is() -> None:
    rows = made()
    rows.matrix[:, :3] = 0.0
    found = learned(rows)
    (only,) = found.permission.cohorts
    assert only.value == pytest.approx(found.permission.pooled.value, rel=1e-12)
    assert only.clicks == found.permission.pooled.clicks


def test_users_who_never_clicked_keep_a_worth() -> None:
    rows = made()
    clicks = rows.matrix[:, READ.index("user_month_clicks")]
    never = clicks <= np.quantile(clicks, 0.35)
    found = learned(replace(rows, click=np.where(never, 0, rows.click).astype(np.int8)))
    assert found.clicks[0] == 0.0
    assert 0.0 < found.permission.cohorts[0].value < found.permission.pooled.value


@pytest.mark.parametrize("name", READ)
def test_features_that_were_left_out_are_named(name: str) -> None:
    found = learned(made(), [other if other != name else "other" for other in READ])
    assert f"without {name}" in found.facts["not_told"]


def test_a_log_of_a_moment_still_gives_a_finite_worth() -> None:
    rows = rows_of(np.arange(4), np.zeros(4, dtype=np.int64), np.array([1, 0, 0, 1]), np.array([0, 0, 1, 0]))
    found = learned(rows).permission
    assert 0.0 < found.pooled.value < 2.0 * 90.0
    assert len(found.cohorts) == 1


def test_what_is_observed_has_intervals_around_it() -> None:
    found = learned(made()).observed
    assert len(found) == 7
    for one in found:
        assert one.pushes_between[0] < one.pushes < one.pushes_between[1]
        assert one.opt_outs_between[0] < one.opt_outs < one.opt_outs_between[1]
    assert [one.activity for one in found] == sorted(one.activity for one in found)
