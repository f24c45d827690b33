from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pushrank.config.types import Variety
from pushrank.domain.codes import HoldState
from pushrank.domain.instants import DAY, HOUR, Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Push, UserRecord
from pushrank.policy import Eligible, Scores, Selection, select
from pushrank.policy.variety import factors
from tests.small_policies import NOON, UTC, held, message, policy, sent, user

ASKED = policy(value_floor=0.0, variety=Variety(category=0.5, tag=0.2, half_life_hours=24.0))


def push(name: str, at: Instant = NOON, category: str = "news", tags: tuple[str, ...] = (), **changes: Any) -> Push:
    return replace(sent(name, at), category=category, tags=tags, **changes)


def left(record: UserRecord, *messages: Message) -> list[float]:
    found = factors(ASKED.ask(record, NOON, UTC), [Eligible(one, NOON) for one in messages])
    return [1.0] * len(messages) if found is None else found.tolist()


def test_right_after_its_like_a_message_loses_the_share_of_its_category() -> None:
    assert left(user([push("a")]), message("b"), message("c", "sport")) == [0.5, 1.0]


@pytest.mark.parametrize(("age", "expected"), [(0, 0.5), (DAY, 0.75), (2 * DAY, 0.875), (5 * DAY, 1.0)])
def test_the_penalty_halves_with_each_half_life_and_ends_after_five(age: Instant, expected: float) -> None:
    assert left(user([push("a", NOON - age)]), message("b")) == [expected]


def test_a_longer_run_costs_more_and_never_everything() -> None:
    pushes = [push(f"a{place}") for place in range(4)]
    assert [left(user(pushes[:long]), message("b"))[0] for long in range(5)] == [1.0, 0.5, 0.25, 0.125, 0.0625]


def test_a_run_ends_at_the_first_push_of_another_kind() -> None:
    record = user([push("a", NOON - 2 * HOUR), push("b", NOON - HOUR, "sport")])
    assert left(record, message("c")) == [1.0]
    assert left(record, message("c", "sport"))[0] < 1.0


def test_one_tag_in_common_is_enough_and_each_run_counts_by_itself() -> None:
    record = user([push("a", category="sport", tags=("run", "city"))])
    shared, other, both = message("b", tags=("run", "sea")), message("c", tags=("sea",)), message("d", "sport")
    assert left(record, shared, other, both, replace(both, tags=("city",))) == pytest.approx([0.8, 1.0, 0.5, 0.4])


@pytest.mark.parametrize("state", [HoldState.FAILED, HoldState.RELEASED])
def test_what_did_not_go_costs_nothing(state: HoldState) -> None:
    assert left(user([push("a", state=state)]), message("b")) == [1.0]


def test_a_hold_costs_as_if_it_were_sent_now_and_nothing_once_it_ended() -> None:
    assert left(user([held("a", NOON + HOUR, NOON + 2 * HOUR)]), message("b")) == [0.5]
    assert left(user([held("a", NOON - HOUR, NOON)]), message("b")) == [1.0]


def test_who_does_not_want_to_be_known_has_no_penalty() -> None:
    assert left(user([push("a")], personalisation=False), message("b")) == [1.0]


def test_where_the_item_only_scorer_answers_nothing_about_the_user_weighs() -> None:
    asked = ASKED.ask(user([push("a")]), NOON, UTC, personal=False)
    assert factors(asked, [Eligible(message("b"), NOON)]) is None


def test_a_policy_without_variety_has_no_penalty() -> None:
    asked = policy()
    assert factors(asked.ask(user([push("a")]), NOON, UTC), [Eligible(message("b"), NOON)]) is None


def chosen(messages: Sequence[Message], p_click: Sequence[float], slots: int, record: UserRecord) -> Selection:
    scores = Scores(np.array(p_click), np.full(len(messages), 0.001), 40.0)
    return select(ASKED, ASKED.ask(record, NOON, UTC), [Eligible(one, NOON) for one in messages], scores, slots)


def values(selection: Selection) -> dict[str, float]:
    slate = {one.scored.message_id: one.scored.net_value for one in selection.slate}
    return slate | {one.message_id: one.net_value for one in selection.passed_over}


def test_the_penalty_takes_of_the_clicks_and_not_of_the_cost_and_is_in_the_net_value() -> None:
    found = chosen([message("b"), message("c", "sport")], [0.4, 0.3], 1, user([push("a")]))
    assert [one.scored.message_id for one in found.slate] == ["c"]
    assert values(found) == pytest.approx({"b": 0.4 * 0.5 - 0.04, "c": 0.3 - 0.04})
    assert [one.p_click for one in found.passed_over] == [0.4]


def test_a_slate_alternates_where_that_is_worth_more() -> None:
    messages = [message("a"), message("b"), message("c", "sport"), message("d", "sport")]
    found = chosen(messages, [0.5, 0.4, 0.3, 0.25], 4, user())
    assert [one.scored.message_id for one in found.slate] == ["a", "c", "b", "d"]
    assert values(found) == pytest.approx({"a": 0.46, "c": 0.26, "b": 0.36, "d": 0.21})


def test_what_was_passed_over_is_worth_what_it_was_when_the_last_place_was_given() -> None:
    messages = [message("a"), message("b"), message("c", "sport")]
    found = chosen(messages, [0.5, 0.4, 0.3], 2, user())
    assert [one.scored.message_id for one in found.slate] == ["a", "c"]
    assert values(found)["b"] == pytest.approx(0.4 * 0.5 - 0.04)
    alone = chosen(messages, [0.5, 0.4, 0.3], 1, user())
    assert values(alone)["b"] == pytest.approx(0.4 - 0.04)


def test_one_more_of_the_same_may_lose_to_silence() -> None:
    found = chosen([message("a"), message("b")], [0.5, 0.07], 2, user())
    assert [one.scored.message_id for one in found.slate] == ["a"]
    assert values(found)["b"] == pytest.approx(0.07 * 0.5 - 0.04)


def test_what_a_slate_chose_last_stands_before_a_hold_for_later() -> None:
    record = user([replace(held("x", NOON + DAY, NOON + 2 * DAY), category="sport")])
    found = chosen([message("a"), message("b"), message("c", "sport")], [0.5, 0.4, 0.35], 2, record)
    assert [one.scored.message_id for one in found.slate] == ["a", "c"]
