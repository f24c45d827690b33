from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pushrank.domain.codes import ReasonCode, Urgency
from pushrank.domain.decision import Reason
from pushrank.domain.instants import DAY, HOUR
from pushrank.features.keys import key
from pushrank.features.state import SLOT_ACTIVITY, SLOT_CLICKS, UserState, empty_state
from pushrank.ranking.explanations import MOST_REASONS, Grounds, reasons
from tests.small_policies import NOON, message

PLAIN: dict[str, Any] = {
    "as_of": float(NOON),
    "message_published_at": np.array([float(NOON - 9 * DAY), float(NOON - HOUR)]),
    "user_total_clicks": 2.0,
    "user_total_sends": 20.0,
    "pair_category_total_clicks": np.zeros(2),
    "pair_category_total_sends": np.ones(2),
    "hour_clicks": 0.0,
    "hour_sends": 0.0,
    "message_clicks": np.zeros(2),
    "message_sends": np.zeros(2),
    "everyone_clicks": 50.0,
    "everyone_sends": 1000.0,
}
NEWS = message(tags=("rain", "snow"))


def found(state: UserState | None, row: int = 0, one: Any = NEWS, **columns: Any) -> list[tuple[str, str | None]]:
    said = reasons(Grounds({**PLAIN, **columns}, state), row, one)
    return [(reason.code, reason.tag) for reason in said]


def liking(tag: str, slot: int, weight: float) -> UserState:
    state = empty_state()
    state.tag_key[0] = key(tag)
    state.tag[0, slot] = weight
    return state


def test_nothing_is_said_where_nothing_simple_can_be_said() -> None:
    assert found(empty_state()) == []


@pytest.mark.parametrize(("slot", "least"), [(SLOT_CLICKS, 2.0), (SLOT_ACTIVITY, 3.0)])
def test_an_interest_is_a_tag_that_the_user_came_back_to(slot: int, least: float) -> None:
    assert found(liking("snow", slot, least)) == [("interest", "snow")]
    assert found(liking("snow", slot, least - 0.1)) == []
    assert found(liking("sun", slot, least)) == []


def test_a_category_is_liked_where_it_beats_the_users_own_rate() -> None:
    liked = {"pair_category_total_clicks": np.array([2.0, 2.0]), "pair_category_total_sends": np.array([16.0, 20.0])}
    assert found(empty_state(), 0, **liked) == [("category_interest", "news")]
    assert found(empty_state(), 1, one=message(), **liked) == [("fresh", None)]


def test_a_good_hour_is_one_of_many_clicks() -> None:
    assert found(empty_state(), hour_clicks=3.0, hour_sends=10.0) == [("good_hour", None)]


def test_a_topic_is_new_to_who_is_known_and_never_got_it() -> None:
    never = np.zeros(2)
    assert found(empty_state(), pair_category_total_sends=never) == [("new_topic", "news")]
    assert found(empty_state(), pair_category_total_sends=never, user_total_sends=4.0) == []


def test_a_popular_message_beats_everyones_rate_on_enough_sends() -> None:
    assert found(None, message_clicks=np.full(2, 2.0), message_sends=np.full(2, 20.0)) == [("popular", None)]
    assert found(None, message_clicks=np.full(2, 2.0), message_sends=np.full(2, 19.0)) == []


def test_what_cannot_wait_says_so() -> None:
    assert found(None, one=message(urgency=Urgency.BREAKING)) == [("breaking", None)]


def test_without_a_state_nothing_personal_is_said() -> None:
    personal: dict[str, Any] = {"hour_clicks": 9.0, "hour_sends": 10.0, "pair_category_total_clicks": np.ones(2) * 9}
    assert found(None, **personal) == []


def test_at_most_two_reasons_and_the_personal_ones_first() -> None:
    state = liking("rain", SLOT_CLICKS, 5.0)
    said = found(state, 1, one=message(tags=("rain",), urgency=Urgency.BREAKING), hour_clicks=9.0, hour_sends=10.0)
    assert said == [("interest", "rain"), ("good_hour", None)]
    assert len(said) == MOST_REASONS
    assert reasons(Grounds(PLAIN, None), 1, NEWS) == (Reason(ReasonCode.FRESH),)
