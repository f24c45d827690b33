"""Where chance has its part, what is logged is the probability, nothing forbidden is chosen, and little is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import lcm

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.config.types import Exploration
from pushrank.domain.instants import DAY, MINUTE
from pushrank.policy import Selection
from pushrank.ranking.identifiers import chance_of
from tests.small_slates import FLOOR, Choice, choices

shares = st.sampled_from([0.05, 0.3, 1.0])
losses = st.sampled_from([0.01, 0.1, 0.4])
explorations = st.builds(Exploration, share=shares, loss=losses, among=st.integers(1, 4))
decision_ids = st.integers(0, 10**6).map("decision-{}".format)


class OneMoreDraw(Exception):  # noqa: N818 - it is no error
    """Dice were thrown more often than they have numbers."""


class Thrown:
    """Dice that show what they are told."""

    def __init__(self, numbers: tuple[float, ...]) -> None:
        self._numbers = iter(numbers)

    def random(self) -> float:
        for number in self._numbers:
            return number
        raise OneMoreDraw


def outcomes(choice: Choice, setting: Exploration) -> Iterator[tuple[float, Selection]]:
    """Every way in which the dice may fall, with its probability."""
    parts = lcm(*range(1, setting.among + 1))
    faces = [(setting.share / parts, setting.share * (part + 0.5) / parts) for part in range(parts)]
    faces += [(1.0 - setting.share, setting.share)] if setting.share < 1 else []
    open_ones: list[tuple[float, tuple[float, ...]]] = [(1.0, ())]
    while open_ones:
        probability, numbers = open_ones.pop()
        try:
            yield probability, choice.select(Thrown(numbers))
        except OneMoreDraw:
            open_ones += [(probability * chance, (*numbers, number)) for chance, number in faces]


@given(choice=choices(most_slots=2), setting=explorations)
@settings(max_examples=60, deadline=None)
def test_the_propensity_is_the_probability_of_every_outcome_and_together_they_are_one(
    choice: Choice, setting: Exploration
) -> None:
    exploring = choice.exploring(setting)
    happens: Counter[tuple[int, ...]] = Counter()
    logged: dict[tuple[int, ...], float] = {}
    for probability, found in outcomes(exploring, setting):
        happens[found.rows] += probability  # type: ignore[assignment]
        assert logged.setdefault(found.rows, found.propensity) == found.propensity
    assert logged == pytest.approx(dict(happens), rel=1e-9)
    assert sum(logged.values()) == pytest.approx(1.0, rel=1e-9)


@given(choice=choices(), setting=explorations, decision_id=decision_ids)
@settings(max_examples=200, deadline=None)
def test_every_message_stands_in_exactly_one_list_and_the_propensity_is_the_product(
    choice: Choice, setting: Exploration, decision_id: str
) -> None:
    found = choice.exploring(setting).select(chance_of(decision_id))
    slate = [one.scored.message_id for one in found.slate]
    lists = [*slate, *(one.message_id for one in found.passed_over), *(one.message_id for one in found.excluded)]
    assert sorted(lists) == sorted(choice.names())
    product = 1.0
    for one in found.slate:
        product *= one.propensity
    assert found.propensity == pytest.approx(product) if len(slate) == choice.slots else found.propensity <= product
    assert found.explored.isdisjoint(slate)


@given(choice=choices(), setting=explorations, decision_id=decision_ids)
@settings(max_examples=200, deadline=None)
def test_chance_exceeds_no_cap_and_comes_after_no_other_push_too_soon(
    choice: Choice, setting: Exploration, decision_id: str
) -> None:
    found = choice.exploring(setting).select(chance_of(decision_id))
    config, known = choice.policy.config, choice.ask.record.pushes
    assert config.max_per_day is not None
    moments = sorted([*(push.at for push in known), *(one.send_at for one in found.slate)])
    new = {one.send_at for one in found.slate}
    for day, number in Counter(at // DAY for at in moments).items():
        assert number <= config.max_per_day or day not in {at // DAY for at in new}
    for earlier, later in pairwise(moments):
        assert later - earlier >= (config.min_gap_minutes or 0) * MINUTE or not {earlier, later} & new
    assert [choice.rows[place].send_at for place in found.rows] == [one.send_at for one in found.slate]


@given(choice=choices(), setting=explorations, decision_id=decision_ids)
@settings(max_examples=200, deadline=None)
def test_no_place_costs_more_than_the_loss(choice: Choice, setting: Exploration, decision_id: str) -> None:
    found = choice.exploring(setting).select(chance_of(decision_id))
    left = choice.one()
    for place, one in zip(found.rows, found.slate, strict=True):
        assert one.scored.net_value >= best(left) - setting.loss
        assert choice.rows[place] in left.rows
        left = left.without(choice.rows[place])
    if len(found.slate) < choice.slots:
        assert best(left) - setting.loss <= FLOOR


def best(choice: Choice) -> float:
    return max([one.scored.net_value for one in choice.select().slate], default=FLOOR)


@given(choice=choices(), setting=explorations, decision_id=decision_ids)
@settings(max_examples=100, deadline=None)
def test_the_same_id_gives_the_same_slate(choice: Choice, setting: Exploration, decision_id: str) -> None:
    exploring = choice.exploring(setting)
    assert exploring.select(chance_of(decision_id)) == exploring.select(chance_of(decision_id))


@given(choice=choices(), loss=losses, decision_id=decision_ids)
@settings(max_examples=100, deadline=None)
def test_a_share_of_nothing_leaves_everything_as_it_is(choice: Choice, loss: float, decision_id: str) -> None:
    assert choice.exploring(Exploration(0.0, loss, 5)).select(chance_of(decision_id)) == choice.select()
