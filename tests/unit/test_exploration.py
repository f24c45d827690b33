from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pushrank.config import ConfigError
from pushrank.config.types import Exploration, Variety
from pushrank.domain.codes import PassedCode, SilenceCode
from pushrank.domain.instants import HOUR
from pushrank.domain.record import UserRecord
from pushrank.policy import Eligible, Policy, Scores, Selection, select
from pushrank.policy.exploration import Chance, Dice, Drawn
from pushrank.ranking.explanations import passed_over
from pushrank.ranking.identifiers import chance_of
from tests.small_policies import NOON, UTC, message, policy, user

SETTING = Exploration(share=0.5, loss=0.1, among=3)


class Shows:
    """Dice that show these numbers."""

    def __init__(self, *numbers: float) -> None:
        self._numbers = iter(numbers)

    def random(self) -> float:
        return next(self._numbers)


def drawn(worths: Sequence[float], number: float, floor: float = 0.0, setting: Exploration = SETTING) -> Drawn:
    return Chance(floor, setting, Shows(number)).draw(worths)


def admitted(worths: Sequence[float], floor: float = 0.0, setting: Exploration = SETTING) -> list[float]:
    chance, found = Chance(floor, setting, Shows()), list[float]()
    for worth in worths:
        if not chance.admits(worth, found):
            break
        found.append(worth)
    return found


def test_outside_the_share_the_best_is_chosen_and_it_is_likelier_than_the_others() -> None:
    assert drawn([0.5, 0.45], 0.5) == Drawn(0, 0.75)
    assert drawn([0.5, 0.45], 0.2) == Drawn(0, 0.75)
    assert drawn([0.5, 0.45], 0.3) == Drawn(1, 0.25)


def test_silence_takes_part_where_it_is_nearly_worth_as_much() -> None:
    assert drawn([0.1, 0.05], 0.499) == Drawn(None, 0.5 / 3)
    assert drawn([0.2, 0.15], 0.499) == Drawn(1, 0.25)


def test_silence_that_is_the_best_may_lose_to_a_message_that_is_nearly_worth_as_much() -> None:
    assert drawn([-0.05], 0.6) == Drawn(None, 0.75)
    assert drawn([-0.05], 0.1) == Drawn(0, 0.25)
    assert drawn([0.0], 0.6) == Drawn(None, 0.75)


def test_where_one_option_stands_alone_the_dice_stay_where_they_are() -> None:
    for worths, option in (([0.5], 0), ([], None)):
        assert Chance(0.0, SETTING, Shows()).draw(worths) == Drawn(option, 1.0)


def test_the_few_are_near_the_best_and_silence_takes_one_of_their_places() -> None:
    assert admitted([0.5, 0.45, 0.4, 0.39]) == [0.5, 0.45, 0.4]
    assert admitted([0.5, 0.48, 0.45, 0.42]) == [0.5, 0.48, 0.45]
    assert admitted([0.09, 0.08, 0.07]) == [0.09, 0.08]
    assert admitted([-0.05, -0.1, -0.1]) == [-0.05, -0.1]
    assert admitted([-0.2]) == []
    assert admitted([float("nan")]) == admitted([float("inf")]) == []


def test_without_chance_only_the_best_is_an_option_and_only_above_the_floor() -> None:
    chance = Chance(0.1)
    assert [chance.admits(worth, []) for worth in (0.11, 0.1, float("nan"))] == [True, False, False]
    assert not chance.admits(0.11, [0.2])
    assert (chance.draw([0.11]), chance.draw([])) == (Drawn(0, 1.0), Drawn(None, 1.0))


EXPLORING = policy(value_floor=0.0, exploration=SETTING)


def chosen(
    dice: Dice | None,
    p_click: Sequence[float],
    slots: int = 1,
    asked: Policy = EXPLORING,
    record: UserRecord | None = None,
    *,
    personal: bool = True,
) -> Selection:
    rows = [Eligible(message(f"m-{place}"), NOON) for place in range(len(p_click))]
    scores = Scores(np.array(p_click), np.zeros(len(p_click)), 40.0)
    return select(asked, asked.ask(record or user(), NOON, UTC, personal=personal), rows, scores, slots, (), dice)


def names_of(selection: Selection) -> list[str]:
    return [one.scored.message_id for one in selection.slate]


def codes_of(selection: Selection, p_click: Sequence[float], asked: Policy = EXPLORING) -> dict[str, PassedCode]:
    rows = [Eligible(message(f"m-{place}"), NOON) for place in range(len(p_click))]
    scores = Scores(np.array(p_click), np.zeros(len(p_click)), 40.0)
    return {one.message_id: one.code for one in passed_over(asked, selection, rows, scores)}


def test_each_place_has_its_conditional_propensity_and_the_slate_their_product() -> None:
    found = chosen(Shows(0.49, 0.9), [0.5, 0.45, 0.42], slots=2)
    assert names_of(found) == ["m-2", "m-0"]
    assert [one.propensity for one in found.slate] == [0.5 / 3, 0.75]
    assert found.propensity == 0.5 / 3 * 0.75


def test_silence_by_chance_counts_into_the_propensity_and_ends_the_slate() -> None:
    p_click = [0.5, 0.09, 0.02]
    found = chosen(Shows(0.49), p_click, slots=3)
    assert names_of(found) == ["m-0"]
    assert (found.silence, found.slate[0].propensity) == (SilenceCode.BELOW_VALUE, 1.0)
    assert found.propensity == 0.5 / 3
    assert codes_of(found, p_click) == {"m-1": "explored", "m-2": "explored"}


def test_silence_that_is_simply_best_has_its_propensity_too() -> None:
    found = chosen(Shows(0.9), [-0.0])
    assert (found.slate, found.silence, found.propensity) == ((), SilenceCode.BELOW_VALUE, 0.75)
    assert codes_of(found, [-0.0]) == {"m-0": "below_value"}


def test_what_was_worth_more_than_what_chance_chose_is_explored_and_the_rest_outranked() -> None:
    p_click = [0.5, 0.47, 0.45, 0.3]
    found = chosen(Shows(0.3), p_click)
    assert names_of(found) == ["m-1"]
    assert codes_of(found, p_click) == {"m-0": "explored", "m-2": "outranked", "m-3": "outranked"}
    assert found.silence is None


def test_what_lost_a_draw_and_got_the_next_place_is_not_told_to_have_lost() -> None:
    found = chosen(Shows(0.3, 0.9), [0.5, 0.47, 0.3], slots=2)
    assert names_of(found) == ["m-1", "m-0"]
    assert found.explored == frozenset()


def test_a_message_that_lost_a_draw_did_not_lose_to_variety() -> None:
    asked = policy(value_floor=0.0, exploration=SETTING, variety=Variety(0.5, 0.5, 24.0))
    found = chosen(Shows(0.3), [0.5, 0.47], asked=asked)
    assert codes_of(found, [0.5, 0.47], asked) == {"m-0": "explored"}


def test_a_message_takes_part_once_by_its_best_moment() -> None:
    rows = [Eligible(message("a"), NOON), Eligible(message("a"), NOON + HOUR), Eligible(message("b"), NOON)]
    scores = Scores(np.array([0.5, 0.48, 0.45]), np.zeros(3), 40.0)
    found = select(EXPLORING, EXPLORING.ask(user(), NOON, UTC), rows, scores, 1, (), Shows(0.3))
    assert (found.rows, found.propensity) == ((2,), 0.25)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_nothing_is_left_to_chance_without_dice_or_for_who_is_not_to_be_known(share: float) -> None:
    asked = policy(value_floor=0.0, exploration=replace(SETTING, share=share))
    p_click = [0.5, 0.47]
    sure = [
        chosen(None, p_click, asked=asked),
        chosen(Shows(), p_click, asked=asked, personal=False),
        chosen(Shows(), p_click, asked=asked, record=user(personalisation=False)),
        chosen(Shows(), p_click, asked=policy(value_floor=0.0)),
        chosen(Shows(), p_click, asked=policy(value_floor=0.0, exploration=replace(SETTING, among=1))),
    ]
    assert all((names_of(one), one.propensity) == (["m-0"], 1.0) for one in sure)


def test_a_decision_has_its_own_chance_and_the_same_again() -> None:
    first = [chance_of("01JD0000000000000000000000").random() for _ in range(2)]
    assert first[0] == first[1]
    assert chance_of("01JD0000000000000000000001").random() != first[0]


def test_the_chances_of_decisions_are_even() -> None:
    tenths = Counter(int(chance_of(f"decision-{number}").random() * 10) for number in range(20_000))
    assert sum((tenths[tenth] - 2000) ** 2 / 2000 for tenth in range(10)) < 27.9  # chi-square, 9 degrees, p = 0.001


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"share": 1.1}, "exploration.share: expected from 0 to 1, got 1.1"),
        ({"share": -0.1}, "exploration.share: expected from 0 to 1, got -0.1"),
        ({"share": float("nan")}, "exploration.share: expected from 0 to 1, got nan"),
        ({"loss": float("inf")}, "exploration.loss: expected a finite number of ordinary clicks above 0, got inf"),
        ({"loss": float("nan")}, "exploration.loss: expected a finite number of ordinary clicks above 0, got nan"),
        ({"loss": 0.0}, "exploration.loss: expected a finite number of ordinary clicks above 0, got 0.0"),
        ({"among": 0}, "exploration.among: expected at least 1, got 0"),
    ],
)
def test_exploration_that_makes_no_sense_stops_the_start(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError, match=f"^{fault}$"):
        policy(exploration=replace(SETTING, **changes))


def test_a_share_of_nothing_and_one_choice_are_allowed() -> None:
    assert policy(exploration=Exploration(0.0, 0.1, 1)).config.exploration is not None
