"""The truth of the town: rules, memory, and what is true of every message at one instant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pushrank.domain.instants import DAY, HOUR, instant
from pushrank.town import Plan, Town, Weeks, live_through, make_town, reachable, rules, truth_at
from pushrank.town.plan import Floats
from pushrank.town.rules import Standing
from pushrank.town.tables import truth as truth_table
from pushrank.town.words import FALLING, TOPICS

PLAN = Plan(users=300, days=14, seed=9)


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(PLAN)


@pytest.fixture(scope="module")
def weeks(town: Town) -> Weeks:
    return live_through(town)


@pytest.fixture(scope="module")
def log(town: Town, weeks: Weeks) -> pd.DataFrame:
    return truth_table(town, weeks).assign(opted_out_at=weeks.reactions.opted_out_at)


def standing(load: float = 0.0, bored: float = 0.0, irritated: float = 0.0) -> Standing:
    return Standing(np.array([[load]]), np.array([[bored]]), np.array([[irritated]]))


def everyone(town: Town, at: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    users = np.arange(town.plan.users)[:, None]
    return users, town.catalogue.live(at)[None, :], np.full_like(users, at)


def test_reactions_come_as_often_as_the_truth_says(weeks: Weeks) -> None:
    became = weeks.reactions
    for happened, chance in ((became.clicked_at >= 0, became.p_click), (became.opted_out_at >= 0, became.p_opt_out)):
        spread = np.sqrt((chance * (1 - chance)).sum())
        assert abs(happened.sum() - chance.sum()) < 4 * spread


def test_the_truth_at_the_moment_of_a_push_is_the_truth_of_that_push(town: Town, log: pd.DataFrame) -> None:
    for place in (0, 700, 2_000, len(log) - 1):
        push = {name: log[name].iloc[place] for name in log}
        whole = truth_at(town, log, push["sent_at"], [push["user_id"]])
        same = whole[whole["message_id"] == push["message_id"]]
        assert same["p_click"].item() == pytest.approx(push["p_click"], rel=1e-9)
        assert same["p_opt_out"].item() == pytest.approx(push["p_opt_out"], rel=1e-9)
        assert not same["had"].item()
        assert same["allowed"].item()


def test_the_truth_at_an_instant_covers_every_live_message_for_every_user(town: Town, log: pd.DataFrame) -> None:
    users = reachable(town, log, PLAN.held_out, 50)
    whole = truth_at(town, log, PLAN.held_out, users)
    live = [town.catalogue.messages[place].message_id for place in town.catalogue.live(PLAN.held_out)]
    assert len(users) == 50
    assert len(live) > 30
    assert whole["user_id"].drop_duplicates().tolist() == users
    assert (whole.groupby("user_id")["message_id"].agg(list).map(lambda ids: ids == live)).all()


def test_what_a_user_had_before_is_marked_and_wanted_less(town: Town, log: pd.DataFrame) -> None:
    users = reachable(town, log, PLAN.held_out, 100)
    whole = truth_at(town, log, PLAN.held_out, users).set_index(["user_id", "message_id"])
    had = log[log["sent_at"] < PLAN.held_out].set_index(["user_id", "message_id"]).index
    assert whole["had"].any()
    assert (whole.index.isin(had) == whole["had"]).all()
    assert whole["p_click"][whole["had"]].mean() < 0.5 * whole["p_click"][~whole["had"]].mean()


def test_who_left_before_the_instant_is_not_among_the_reachable(town: Town, log: pd.DataFrame) -> None:
    left = log.loc[log["opted_out_at"].between(0, PLAN.end), "user_id"]
    assert len(left) > 3
    assert not set(left) & set(reachable(town, log, PLAN.end, PLAN.users))
    assert set(left) & set(reachable(town, log, PLAN.start + DAY, PLAN.users))


def test_an_unknown_user_is_named(town: Town, log: pd.DataFrame) -> None:
    with pytest.raises(KeyError, match="got 'u-99999'"):
        truth_at(town, log, PLAN.held_out, ["u-00001", "u-99999"])


def test_the_falling_category_falls_to_a_quarter_and_the_others_stay(town: Town) -> None:
    moments = np.array([PLAN.start, (PLAN.start + PLAN.end) // 2, PLAN.end])
    for place, topic in enumerate(TOPICS):
        appeal = rules.trend(town, np.full(3, place), moments)
        assert appeal == pytest.approx([1.0, 0.625, 0.25] if topic.name == FALLING else [1.0, 1.0, 1.0])


def test_the_fall_shows_in_the_clicks_of_the_log() -> None:
    town = make_town(Plan(users=1_500, days=28, seed=2))
    weeks = live_through(town)
    falling = town.catalogue.topic[weeks.decisions.chosen[weeks.sent]] == [topic.name for topic in TOPICS].index(
        FALLING
    )
    moment = weeks.decisions.moment[weeks.sent]
    clicked = weeks.reactions.clicked_at >= 0

    def against_others(rows: np.ndarray) -> float:
        return float(clicked[rows & falling].mean() / clicked[rows & ~falling].mean())

    early, late = moment < town.plan.start + 9 * DAY, moment >= town.plan.end - 9 * DAY
    assert against_others(late) < 0.75 * against_others(early)


def mean_click(town: Town, at: int, **left: float) -> float:
    return float(rules.p_click(town, *everyone(town, at), standing(**left)).mean())


def mean_leave(town: Town, at: int, **left: float) -> float:
    return float(rules.p_opt_out(town, *everyone(town, at), standing(**left)).mean())


def test_recent_pushes_tire_and_repetition_bores(town: Town) -> None:
    rested = mean_click(town, PLAN.held_out)
    assert mean_click(town, PLAN.held_out, load=4.0) < 0.7 * rested
    assert mean_click(town, PLAN.held_out, bored=3.0) < 0.9 * rested


def test_irritation_and_crowding_drive_people_away(town: Town) -> None:
    calm = mean_leave(town, PLAN.held_out)
    assert mean_leave(town, PLAN.held_out, irritated=5.0) > 3 * calm
    assert mean_leave(town, PLAN.held_out, load=4.0) > 1.5 * calm


def by_local_hour(town: Town, hour: int) -> tuple[Floats, Floats]:
    """Chances of the people of Shanghai at an hour of theirs."""
    at = instant("2026-11-10T00:00:00+08:00") + hour * HOUR
    users = np.flatnonzero(town.people.zone == 0)[:, None]
    message, moment = town.catalogue.live(at)[None, :], np.full_like(users, at)
    still = standing(irritated=1.0)
    return rules.p_click(town, users, message, moment, still), rules.p_opt_out(town, users, message, moment, still)


def test_a_push_at_night_is_missed_and_resented(town: Town) -> None:
    (night_click, night_leave), (day_click, day_leave) = by_local_hour(town, 3), by_local_hour(town, 18)
    assert night_click.mean() < 0.5 * day_click.mean()
    assert night_leave.mean() > 1.5 * day_leave.mean()


def test_neither_a_constant_nor_a_habit_explains_the_clicks(weeks: Weeks) -> None:
    chance, user = weeks.reactions.p_click, weeks.decisions.user[weeks.sent]
    own = np.bincount(user, chance) / np.maximum(np.bincount(user), 1)
    within = np.var(np.log(chance) - np.log(own[user]))
    between = np.var(np.log(own[user]))
    assert within > 0.5 * between > 0.1


def test_another_seed_moves_every_part_of_a_town(town: Town) -> None:
    other = make_town(replace(PLAN, seed=10))
    assert not np.array_equal(town.people.liking, other.people.liking)
    assert not np.array_equal(town.catalogue.quality[:100], other.catalogue.quality[:100])


def test_a_plan_without_people_or_days_is_refused() -> None:
    with pytest.raises(ValueError, match="users: expected at least 1, got 0"):
        Plan(users=0)
    with pytest.raises(ValueError, match="days: expected at least 1, got 0"):
        Plan(days=0)


@pytest.mark.parametrize("days", [1, 2, 5, 14, 42])
def test_the_held_out_instant_lies_in_the_log(days: int) -> None:
    plan = Plan(users=1, days=days)
    assert plan.start <= plan.held_out < plan.end
