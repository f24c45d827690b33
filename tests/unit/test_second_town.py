"""The second town: other rules, the same people otherwise, and the first town as it always was."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest

from pushrank.domain.instants import DAY, HOUR
from pushrank.town import PLAIN, WEEKLY, WEIGHTS, Plan, Town, Weeks, live_through, make_town, rules
from pushrank.town.memory import Memory
from pushrank.town.plan import Floats

PLANS = {name: Plan(users=600, days=21, seed=2, rules=name) for name in (PLAIN, WEEKLY)}


@pytest.fixture(scope="module")
def towns() -> dict[str, Town]:
    return {name: make_town(plan) for name, plan in PLANS.items()}


@pytest.fixture(scope="module")
def lived(towns: dict[str, Town]) -> dict[str, Weeks]:
    return {name: live_through(town) for name, town in towns.items()}


def after_pushes(town: Town, days_ago: list[float]) -> Memory:
    """What everybody remembers at noon of the tenth day who had one push of the first topic so many days before."""
    everybody = np.arange(town.plan.users)
    memory = Memory.blank(town.plan.users, town.plan.start, town.plan.weights)
    for ago in sorted(days_ago, reverse=True):
        at = np.full(len(everybody), noon(town) - int(ago * DAY))
        memory.add(everybody, np.zeros_like(everybody), at, np.ones(len(everybody)))
    return memory


def noon(town: Town) -> int:
    return town.plan.start + 10 * DAY + 12 * HOUR


def noticed(town: Town, days_ago: list[float]) -> Floats:
    everybody, at = np.arange(town.plan.users), noon(town)
    standing = after_pushes(town, days_ago).standing(everybody[:, None], np.zeros((1, 1), int), np.full((1, 1), at))
    return rules.notice(town, everybody[:, None], np.full((1, 1), at), standing.load)[:, 0]


def test_the_first_town_is_what_it_was_before_there_was_a_second() -> None:
    weeks = live_through(make_town(Plan(users=60, days=7, seed=11)))
    drawn = (weeks.decisions.user, weeks.decisions.moment, weeks.decisions.chosen, weeks.reactions.clicked_at)
    digest = sha256(b"".join(column.tobytes() for column in drawn)).hexdigest()
    assert digest == "ceb36a03ef4ae8ee88f0221a60af7cd034ec2e90997d9f55a019422b670c6aad"


def test_a_plan_without_a_word_about_rules_is_the_first_town() -> None:
    assert Plan().weights is WEIGHTS[PLAIN]
    assert Plan(rules=WEEKLY).weights is WEIGHTS[WEEKLY]


def test_rules_that_there_are_not_are_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="rules: expected one of plain, weekly, got 'monthly'"):
        Plan(rules="monthly")


def test_a_full_day_tires_for_a_day_in_one_town_and_hardly_at_all_in_the_other(towns: dict[str, Town]) -> None:
    rested = {name: noticed(town, []) for name, town in towns.items()}
    full_day = [0.1, 0.2, 0.3, 0.4, 0.5]
    lost = {name: 1 - (noticed(town, full_day) / rested[name]).mean() for name, town in towns.items()}
    assert lost[PLAIN] > 0.4
    assert lost[WEEKLY] < 0.1


def test_a_full_week_tires_for_days_in_the_second_town_only(towns: dict[str, Town]) -> None:
    rested = {name: noticed(town, []) for name, town in towns.items()}
    full_week = [3 + place / 5 for place in range(35)]
    lost = {name: 1 - (noticed(town, full_week) / rested[name]).mean() for name, town in towns.items()}
    assert lost[PLAIN] < 0.02
    assert lost[WEEKLY] > 0.2


def test_what_irritated_a_week_ago_is_remembered_in_the_second_town(towns: dict[str, Town]) -> None:
    left = {name: after_pushes(town, [7.0]).standing(np.array([[0]]), np.array([[0]]), np.array([[noon(town)]]))
            for name, town in towns.items()}  # fmt: skip
    assert left[PLAIN].irritated[0, 0] == pytest.approx(np.exp(-7 / 5))
    assert left[WEEKLY].irritated[0, 0] == pytest.approx(np.exp(-7 / 12))


def test_everybodys_interests_move_in_the_second_town_and_further(towns: dict[str, Town]) -> None:
    drift = {name: town.people.drift for name, town in towns.items()}
    assert (drift[PLAIN] != 0).mean() == pytest.approx(0.1, abs=0.02)
    assert (drift[WEEKLY] != 0).all()
    assert drift[WEEKLY].std() > 1.1 * drift[PLAIN][drift[PLAIN] != 0].std()


def test_the_people_and_their_messages_are_the_same_otherwise(towns: dict[str, Town]) -> None:
    one, other = towns[PLAIN], towns[WEEKLY]
    for name in ("zone", "registered", "liking", "taste", "habit", "visits", "mood"):
        assert np.array_equal(getattr(one.people, name), getattr(other.people, name)), name
    assert one.catalogue.messages == other.catalogue.messages
    assert np.array_equal(one.people.sent.temper, other.people.sent.temper)


def test_the_same_sender_gets_about_as_many_clicks_and_loses_about_as_many_people(lived: dict[str, Weeks]) -> None:
    clicks = {name: weeks.reactions.p_click.mean() for name, weeks in lived.items()}
    leaving = {name: weeks.reactions.p_opt_out.mean() for name, weeks in lived.items()}
    assert clicks[WEEKLY] == pytest.approx(clicks[PLAIN], rel=0.15)
    assert leaving[WEEKLY] == pytest.approx(leaving[PLAIN], rel=0.4)
