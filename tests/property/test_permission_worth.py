"""What holds of V(permission) in any log."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.features.columns import from_impressions
from pushrank.features.fold import fold
from pushrank.features.state import empty_state
from pushrank.features.usage import usage_of
from pushrank.learning.cohorts import Counts
from pushrank.learning.spells import READ, spells_of
from pushrank.learning.worth import cohort_values, pooled_value
from pushrank.scoring.permission import permission_value
from tests.histories import made_log
from tests.small_chains import rows_of

DISCOUNT = 90.0


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    cohorts = draw(st.integers(1, 6))
    each = st.lists(st.integers(0, 500), min_size=cohorts, max_size=cohorts)
    days = draw(st.lists(st.floats(0.5, 1e5), min_size=cohorts, max_size=cohorts))
    clicks, positives = (np.array(draw(each), dtype=np.float64) for _ in range(2))
    moves = np.array([draw(each) for _ in range(cohorts)], dtype=np.float64)
    np.fill_diagonal(moves, 0.0)
    return Counts(np.array(days), clicks, positives, moves, positives.astype(np.int64))


@given(st.integers(0, 500), st.integers(0, 500), st.floats(1.0, 1e6))
def test_one_cohort_is_worth_what_the_formula_says(clicks: int, opt_outs: int, days: float) -> None:
    of = np.array([[days], [float(clicks)], [float(opt_outs)]])
    one = Counts(of[0], of[1], of[2], np.zeros((1, 1)), np.array([opt_outs]))
    expected = permission_value(clicks, opt_outs, days, DISCOUNT)
    assert cohort_values(one, DISCOUNT)[0] == pytest.approx(expected, rel=1e-12)
    assert pooled_value(one, DISCOUNT) == expected


@given(counts())
def test_worth_is_above_nothing_and_below_the_best_clicks_for_as_long_as_they_count(made: Counts) -> None:
    found = cohort_values(made, DISCOUNT)
    total = max(float(made.days.sum()), 1.0)
    best = max(float((made.clicks / made.days).max()), float(made.clicks.sum()) / total)
    if made.clicks.sum():
        assert (found > 0.0).all()
    else:
        assert (found == 0.0).all()
    assert (found <= best * DISCOUNT * (1.0 + 1e-9)).all()


@given(counts(), st.integers(0, 5), st.integers(1, 300))
def test_more_clicks_in_a_cohort_make_it_worth_more(made: Counts, place: int, more: int) -> None:
    cohort = place % made.days.size
    clicks = made.clicks.copy()
    clicks[cohort] += more
    richer = Counts(made.days, clicks, made.opt_outs, made.moves, made.positives)
    assert cohort_values(richer, DISCOUNT)[cohort] > cohort_values(made, DISCOUNT)[cohort]


@given(st.integers(0, 10_000), st.integers(1, 120))
@settings(max_examples=20, deadline=None)
def test_usage_in_a_row_of_training_is_usage_at_that_moment(seed: int, events: int) -> None:
    log = made_log(2, events, seed)
    if not log.impressions.at.size:
        return
    columns = from_impressions(log.view, log.impressions, log.events, log.users, log.facts, log.counts)
    user, at = log.impressions.user, log.impressions.at
    rows = rows_of(user, at, np.zeros(user.size), np.zeros(user.size))
    order = np.argsort(at, kind="stable")
    rows.matrix[:] = np.column_stack([columns[name] for name in READ])[order]

    spells = spells_of(rows, READ)

    for row in range(user.size):
        state, own = empty_state(), log.by_user[int(user[row])]
        fold(state, own.take(np.flatnonzero(own.at < at[row])))
        usage = usage_of(state, int(at[row]))
        assert (spells.activity[row], spells.click_rate[row]) == pytest.approx(
            (usage.activity, usage.click_rate), rel=1e-12
        )
