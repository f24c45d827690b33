"""How many pushes suit whom: from the figures of a cohort, a user's usage and a user's word to personal caps."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.config import PolicyConfig
from pushrank.config.types import Adaptive
from pushrank.domain.decision import Frequency
from pushrank.domain.instants import DAY, Instant
from pushrank.domain.permission import Cohort
from pushrank.domain.record import Presence, UserRecord
from pushrank.domain.user import Preferences, UserFacts
from pushrank.features.usage import NO_USAGE, Usage, shrunk
from pushrank.policy import Cap, as_it_holds, effective_caps, frequency_of, utmost
from tests.small_policies import NOON, shipped_config, user

LEVELS = (0.0, 1.0, 2.0, 4.0, 7.0, 14.0, 28.0)
# At 50 clicks each step up to 7 brings more than it costs, and those to 14 and 28 bring less.
COHORT = Cohort(
    value=50.0,
    clicks=(0.0, 0.1, 0.2, 0.38, 0.62, 1.02, 1.2),
    opt_outs=(0.0, 0.001, 0.002, 0.004, 0.008, 0.018, 0.05),
    user_days=1000.0,
    positives=20,
)
BOUNDS = Adaptive(2, 28, 5, 30.0)
CONFIG = replace(shipped_config("default"), adaptive=BOUNDS)
KEEN = Usage(activity=0.8, click_rate=0.3, opened=0.25, pushes=30)


def suits(
    cohort: Cohort = COHORT,
    config: PolicyConfig = CONFIG,
    usage: Usage = KEEN,
    complaints: tuple[Instant, ...] = (),
    levels: tuple[float, ...] = LEVELS,
) -> Frequency:
    record = replace(user(), presence=Presence(too_often=complaints))
    found = frequency_of(config, levels, cohort, record, usage, NOON)
    assert found is not None
    return found


def ignoring(opened: int, pushes: int = 30) -> Usage:
    return KEEN._replace(opened=shrunk(opened, pushes), pushes=pushes)


def test_the_highest_level_up_to_which_every_step_pays_suits() -> None:
    found = suits()
    assert (found.per_week, found.per_day) == (7, 1)
    assert found.risk == pytest.approx(0.010 / 7)
    assert (found.activity, found.opened, found.too_often) == (0.8, 0.25, 0.0)


@pytest.mark.parametrize(
    ("value", "week", "day"), [(0.0, 28, 4), (5.0, 28, 4), (39.0, 14, 2), (41.0, 7, 1), (95.0, 2, 1), (1e9, 2, 1)]
)
def test_a_dearer_permission_is_spent_less(value: float, week: int, day: int) -> None:
    found = suits(replace_value(value))
    assert (found.per_week, found.per_day) == (week, day)


def replace_value(value: float) -> Cohort:
    return Cohort(value, COHORT.clicks, COHORT.opt_outs, COHORT.user_days, COHORT.positives)


def test_people_who_never_click_get_the_least() -> None:
    nobody = Cohort(0.0, (0.0,) * 7, (0.0,) * 7, 1000.0, 0)
    assert (suits(nobody).per_week, suits(nobody).per_day, suits(nobody).risk) == (2, 1, 0.0)


def test_the_bounds_hold_below_and_above() -> None:
    tight = replace(CONFIG, adaptive=Adaptive(3, 9, 2, 30.0))
    assert (suits(replace_value(0.0), tight).per_week, suits(replace_value(0.0), tight).per_day) == (9, 2)
    assert (suits(replace_value(1e9), tight).per_week, suits(replace_value(1e9), tight).per_day) == (3, 1)


@pytest.mark.parametrize(
    ("ages", "week", "weight"),
    [
        ((0,), 3, 1.0),
        ((15,), 4, 0.5),
        ((30,), 7, 0.0),
        ((400,), 7, 0.0),
        ((-1,), 3, 1.0),
        ((0, 0), 2, 2.0),
        ((0, 15, 40), 2, 1.5),
    ],
)
def test_a_complaint_lowers_the_cap_and_wears_off(ages: tuple[int, ...], week: int, weight: float) -> None:
    found = suits(complaints=tuple(NOON - age * DAY for age in ages))
    assert found.per_week == week
    assert found.too_often == pytest.approx(weight)


def test_who_opens_less_than_half_of_what_is_usual_gets_less_down_to_half() -> None:
    # At the busiest level such people click 1.2 of 28 pushes, of 30 pushes about 1.3; with the prior 2.3 of 40.
    assert suits(replace_value(5.0), usage=ignoring(1)).per_week == 28
    assert suits(replace_value(5.0), usage=ignoring(0)).per_week == ceil(28 * 2 * 1 / (30 * 1.2 / 28 + 1)) - 1 == 24
    often = Cohort(5.0, tuple(12 * clicks for clicks in COHORT.clicks), COHORT.opt_outs, 1000.0, 20)
    assert suits(often, usage=ignoring(0)).per_week == 14
    assert suits(often, usage=ignoring(29)).per_week == suits(often, usage=ignoring(15)).per_week == 28


def test_of_who_had_no_pushes_nothing_is_believed() -> None:
    often = Cohort(5.0, tuple(12 * clicks for clicks in COHORT.clicks), COHORT.opt_outs, 1000.0, 20)
    assert suits(often, usage=NO_USAGE).per_week == 28


def test_where_the_log_can_not_tell_the_policy_decides_and_not_the_bound() -> None:
    unknown = Cohort(40.0, (), (), 0.0, 0)
    found = suits(unknown, levels=())
    assert (found.per_day, found.per_week, found.risk) == (None, None, 0.0)
    caps = effective_caps(Preferences(), CONFIG, found)
    assert (caps.day, caps.week) == (Cap(3, "policy"), Cap(12, "policy"))


@pytest.mark.parametrize(
    ("changes", "day", "week"),
    [
        ({}, 1, 6),
        ({"max_per_day": 1}, 1, 3),
        ({"max_per_week": 1, "max_per_day": 1}, 1, 1),
        ({"max_per_week": None, "max_per_day": None}, 2, 14),
        ({"max_per_day": 0}, 0, 0),
    ],
)
def test_a_complaint_counts_also_where_the_log_can_not_tell(changes: dict[str, Any], day: int, week: int) -> None:
    found = suits(Cohort(40.0, (), (), 0.0, 0), replace(CONFIG, **changes), complaints=(NOON,), levels=())
    assert (found.per_day, found.per_week) == (day, week)


def test_a_level_of_nothing_alone_says_that_nothing_suits() -> None:
    assert suits(Cohort(1.0, (0.0,), (0.0,), 9.0, 0), levels=(0.0,)).per_week == 2


def test_a_policy_without_bounds_has_no_personal_caps() -> None:
    plain = replace(CONFIG, adaptive=None)
    assert frequency_of(plain, LEVELS, COHORT, user(), KEEN, NOON) is None
    assert utmost(plain, UserRecord("")) is None


@pytest.mark.parametrize(
    ("wanted", "day", "week"),
    [
        (Preferences(), Cap(1, "adaptive"), Cap(7, "adaptive")),
        (Preferences(max_per_day=0), Cap(0, "user"), Cap(7, "adaptive")),
        (Preferences(max_per_day=1), Cap(1, "user"), Cap(7, "adaptive")),
        # Who asks for more is not held back by the other window.
        (Preferences(max_per_day=2), Cap(2, "user"), Cap(12, "policy")),
        (Preferences(max_per_day=11), Cap(10, "ceiling"), Cap(12, "policy")),
        (Preferences(max_per_week=3), Cap(1, "adaptive"), Cap(3, "user")),
        (Preferences(max_per_week=20), Cap(3, "policy"), Cap(20, "user")),
        (Preferences(max_per_day=2, max_per_week=4), Cap(2, "user"), Cap(4, "user")),
        (Preferences(max_per_day=2, max_per_week=99), Cap(2, "user"), Cap(40, "ceiling")),
    ],
)
def test_the_users_own_word_goes_first(wanted: Preferences, day: Cap, week: Cap) -> None:
    caps = effective_caps(wanted, CONFIG, suits())
    assert (caps.day, caps.week) == (day, week)


def test_asking_for_more_of_one_window_does_not_lower_the_other() -> None:
    caps = effective_caps(Preferences(max_per_day=9), CONFIG, suits(replace_value(0.0)))
    assert caps.week == Cap(28, "adaptive")
    same = replace(CONFIG, max_per_week=7)
    assert effective_caps(Preferences(max_per_day=9), same, suits()).week == Cap(7, "policy")
    boundless = replace(CONFIG, max_per_week=None)
    assert effective_caps(Preferences(max_per_day=9), boundless, suits()).week == Cap(None, "policy")


def test_a_decision_tells_what_holds_whose_word_it_is_and_keeps_the_figures() -> None:
    told = as_it_holds(Preferences(max_per_day=0), CONFIG, suits(complaints=(NOON,)))
    assert told == replace(suits(complaints=(NOON,)), per_day=0, decided_by="user")
    assert told.week_decided_by == "adaptive"
    assert as_it_holds(Preferences(), CONFIG, None) is None


def test_the_utmost_is_the_higher_of_bound_and_policy_and_nobodys_where_nobody_may_be_known() -> None:
    most, low = utmost(CONFIG, UserRecord("")), utmost(replace(CONFIG, max_per_day=9, max_per_week=40), UserRecord(""))
    assert most is not None
    assert low is not None
    assert [(most.per_day, most.per_week), (low.per_day, low.per_week)] == [(5, 28), (9, 40)]
    open_ = utmost(replace(CONFIG, max_per_day=None, max_per_week=None), UserRecord(""))
    assert open_ is not None
    assert (open_.per_day, open_.per_week) == (None, None)
    assert utmost(CONFIG, UserRecord("", preferences=Preferences(personalisation=False))) is None
    assert utmost(CONFIG, UserRecord("", facts=UserFacts(minor=True))) is None


@st.composite
def bounds(draw: st.DrawFn) -> PolicyConfig:
    day = draw(st.integers(1, 10))
    week = draw(st.integers(1, min(7 * day, 40)))
    adaptive = Adaptive(draw(st.integers(1, week)), week, day, draw(st.floats(0.5, 366.0)))
    most_day = draw(st.none() | st.integers(0, 10))
    most_week = draw(st.none() | st.integers(most_day or 0, 40))
    return replace(CONFIG, adaptive=adaptive, max_per_day=most_day, max_per_week=most_week)


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[tuple[float, ...], Cohort]:
    levels = tuple(sorted(draw(st.sets(st.integers(0, 40).map(float), max_size=6))))
    clicks = draw(st.tuples(*[st.floats(0.0, 20.0) for _ in levels]))
    opt_outs = draw(st.tuples(*[st.floats(0.0, 1.0) for _ in levels]))
    return levels, Cohort(draw(st.floats(0.0, 1e4)), clicks, opt_outs, 10.0, 1)


usages = st.builds(
    lambda opened, pushes: KEEN._replace(opened=shrunk(min(opened, pushes), pushes), pushes=pushes),
    st.integers(0, 30),
    st.integers(0, 30),
)
moments = st.lists(st.integers(-1, 500).map(lambda days: NOON - days * DAY), max_size=8).map(tuple)
preferences = st.builds(
    Preferences, max_per_day=st.none() | st.integers(0, 50), max_per_week=st.none() | st.integers(0, 50)
)


@given(config=bounds(), known=cohorts(), usage=usages, complaints=moments)
@settings(max_examples=300, deadline=None)
def test_personal_caps_lie_within_the_bounds_and_a_week_fits_into_its_days(
    config: PolicyConfig, known: tuple[tuple[float, ...], Cohort], usage: Usage, complaints: tuple[Instant, ...]
) -> None:
    levels, cohort = known
    found, setting = suits(cohort, config, usage, complaints, levels), config.adaptive
    assert setting is not None
    if found.per_day is None or found.per_week is None:
        assert found.per_day is found.per_week is None
        assert not levels
        return
    assert found.per_day <= setting.most_per_day
    assert found.per_week <= setting.most_per_week
    assert 7 * found.per_day >= found.per_week
    assert found.per_week >= setting.least_per_week or not levels
    most = utmost(config, UserRecord(""))
    assert most is not None
    assert most.per_day is None or found.per_day <= most.per_day
    assert most.per_week is None or found.per_week <= most.per_week


def weekly(found: Frequency, config: PolicyConfig) -> tuple[float, float]:
    """Caps of day and week as they hold for a user who says nothing."""
    caps = effective_caps(Preferences(), config, found)
    return tuple(float("inf") if cap.limit is None else cap.limit for cap in (caps.day, caps.week))  # type: ignore[return-value]


@given(config=bounds(), known=cohorts(), usage=usages, complaints=moments, more=moments)
@settings(max_examples=300, deadline=None)
def test_one_more_complaint_never_raises_a_cap(
    config: PolicyConfig,
    known: tuple[tuple[float, ...], Cohort],
    usage: Usage,
    complaints: tuple[Instant, ...],
    more: tuple[Instant, ...],
) -> None:
    levels, cohort = known
    before = weekly(suits(cohort, config, usage, complaints, levels), config)
    after = weekly(suits(cohort, config, usage, (*complaints, *more), levels), config)
    assert all(new <= old for new, old in zip(after, before, strict=True))


@given(config=bounds(), known=cohorts(), usage=usages, complaints=moments, dearer=st.floats(0.0, 1e4))
@settings(max_examples=300, deadline=None)
def test_a_dearer_permission_never_raises_a_cap(
    config: PolicyConfig,
    known: tuple[tuple[float, ...], Cohort],
    usage: Usage,
    complaints: tuple[Instant, ...],
    dearer: float,
) -> None:
    levels, cohort = known
    rising = Cohort(cohort.value, cohort.clicks, tuple(sorted(cohort.opt_outs)), 10.0, 1)
    dear = Cohort(cohort.value + dearer, rising.clicks, rising.opt_outs, 10.0, 1)
    before = weekly(suits(rising, config, usage, complaints, levels), config)
    after = weekly(suits(dear, config, usage, complaints, levels), config)
    assert all(new <= old for new, old in zip(after, before, strict=True))


@given(config=bounds(), wanted=preferences, day=st.integers(1, 10), week=st.integers(1, 40))
@settings(max_examples=300, deadline=None)
def test_a_users_word_always_wins_within_the_ceiling(
    config: PolicyConfig, wanted: Preferences, day: int, week: int
) -> None:
    found = Frequency(day, week, 0.0, 0.0, 0.0, 0.0)
    caps, ceiling = effective_caps(wanted, config, found), config.user_ceiling
    if wanted.max_per_day is not None:
        assert caps.day.limit == min(wanted.max_per_day, ceiling.max_per_day)
        assert caps.day.decided_by == ("user" if wanted.max_per_day <= ceiling.max_per_day else "ceiling")
    if wanted.max_per_week is not None:
        assert caps.week.limit == min(wanted.max_per_week, ceiling.max_per_week)
        assert caps.week.decided_by == ("user" if wanted.max_per_week <= ceiling.max_per_week else "ceiling")
    if wanted == Preferences():
        assert (caps.day, caps.week) == (Cap(day, "adaptive"), Cap(week, "adaptive"))
