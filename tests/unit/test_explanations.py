from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushrank.config.types import CapRule, Variety
from pushrank.domain.codes import PassedCode, ReasonCode, SilenceCode, Urgency
from pushrank.domain.decision import Reason
from pushrank.domain.instants import DAY, HOUR
from pushrank.domain.message import Message
from pushrank.domain.record import UserRecord
from pushrank.features.keys import key
from pushrank.features.state import SLOT_ACTIVITY, SLOT_CLICKS, UserState, empty_state
from pushrank.policy import Eligible, Policy, Scores, Selection, select
from pushrank.ranking.explanations import MOST_REASONS, Grounds, passed_over, reasons
from tests.small_policies import NOON, UTC, message, only_exclusion, policy, sent, user

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


@given(
    weights=st.dictionaries(st.sampled_from("abcde"), st.integers(0, 6), min_size=1),
    tags=st.lists(st.sampled_from("abcde"), unique=True, max_size=5),
    slot=st.sampled_from((SLOT_CLICKS, SLOT_ACTIVITY)),
)
def test_a_named_tag_is_the_messages_and_a_habit_and_without_that_habit_the_reason_changes(
    weights: dict[str, int], tags: list[str], slot: int
) -> None:
    state = empty_state()
    for place, (tag, weight) in enumerate(weights.items()):
        state.tag_key[place], state.tag[place, slot] = key(tag), weight
    one = message(tags=tuple(tags))
    for said in found(state, one=one):
        if said[0] == ReasonCode.INTEREST:
            assert said[1] in tags
            assert weights[said[1]] == max(weights.get(tag, 0) for tag in tags)
            state.tag[list(weights).index(said[1])] = 0.0
            assert said not in found(state, one=one)


def passed(
    asked: Policy, clicks: dict[str, float], slots: int = 1, record: UserRecord | None = None, opt_out: float = 0.0
) -> dict[str, str]:
    """Codes of what is passed over, where `clicks` are the probabilities of clicks on messages of these categories."""
    rows = [Eligible(message(name, name.split("-")[0]), NOON) for name in clicks]
    scores = Scores(np.array(list(clicks.values())), np.full(len(rows), opt_out), 1.0)
    selection = select(asked, asked.ask(record or user(), NOON, UTC), rows, scores, slots)
    return {one.message_id: one.code.value for one in passed_over(asked, selection, rows, scores)}


def test_what_another_beat_was_outranked_and_what_is_worth_too_little_is_below_value() -> None:
    asked = policy(value_floor=0.05)
    assert passed(asked, {"news-a": 0.3, "news-b": 0.2, "news-c": 0.05}) == {
        "news-b": "outranked",
        "news-c": "below_value",
    }
    assert passed(asked, {"news-a": 0.3, "news-b": 0.2, "news-c": 0.01}, 3) == {"news-c": "below_value"}
    assert passed(asked, {"news-a": 0.3}, opt_out=0.5) == {"news-a": "below_value"}
    assert passed(asked, {"news-a": float("nan")}) == {"news-a": "below_value"}


def test_what_only_the_penalty_for_more_of_the_same_kept_back_is_repetitive() -> None:
    asked = policy(value_floor=0.05, variety=Variety(0.5, 0.0, 24.0))
    had = user([sent("news-old", NOON)])
    assert passed(asked, {"news-a": 0.3, "sport-b": 0.2}, record=had) == {"news-a": "repetitive"}
    assert passed(asked, {"news-a": 0.3, "sport-b": 0.31}, record=had) == {"news-a": "outranked"}
    assert passed(asked, {"news-a": 0.08}, record=had) == {"news-a": "repetitive"}
    assert passed(asked, {"news-a": 0.04}, record=had) == {"news-a": "below_value"}
    assert passed(asked, {"news-a": 0.3, "sport-b": 0.2}) == {"sport-b": "outranked"}


def test_within_a_slate_more_of_the_same_is_repetitive_too() -> None:
    asked = policy(variety=Variety(0.5, 0.0, 24.0))
    assert passed(asked, {"news-a": 0.3, "news-b": 0.25, "sport-c": 0.2}, 2) == {"news-b": "repetitive"}


def test_without_the_certificate_that_a_policy_requires_everything_is_passed_over_for_it() -> None:
    asked = policy()
    rows = [Eligible(message(), NOON)]
    scores = Scores(np.array([0.5]), np.array([0.0]), 1.0)
    silent = select(asked, asked.ask(user(), NOON, UTC), rows, scores, 0)
    silent = replace(silent, silence=SilenceCode.NOT_CERTIFIED)
    assert [one.code for one in passed_over(asked, silent, rows, scores)] == [PassedCode.NOT_CERTIFIED]


def test_a_passed_over_candidate_keeps_its_figures() -> None:
    asked, rows = policy(), [Eligible(message(name), NOON) for name in ("a", "b")]
    scores = Scores(np.array([0.5, 0.4]), np.array([0.01, 0.02]), 2.0)
    selection: Selection = select(asked, asked.ask(user(), NOON, UTC), rows, scores, 1)
    (one,) = passed_over(asked, selection, rows, scores)
    (was,) = selection.passed_over
    assert (one.message_id, one.p_click, one.p_opt_out, one.net_value) == ("b", 0.4, 0.02, was.net_value)


def facts_of(asked: Policy, record: UserRecord, one: Message) -> tuple[str, str | None, int | None]:
    exclusion = only_exclusion(asked, record, one)
    assert exclusion is not None
    return exclusion.code.value, exclusion.about, exclusion.limit


def test_a_full_category_is_named_even_where_it_is_a_parent_of_the_messages_own() -> None:
    had = user([replace(sent("x", NOON), category="sport.golf")])
    tennis = message(category="sport.tennis")
    for category in ("sport", "*"):
        asked = policy(caps=(CapRule(1, "day", category=category),))
        assert facts_of(asked, had, tennis) == ("cap_category", "sport", None)


def test_of_several_full_categories_the_one_that_ends_last_is_named() -> None:
    asked = policy(caps=(CapRule(1, "2h", category="sport"), CapRule(1, "3h", category="sport.tennis")))
    had = user([replace(sent("x", NOON), category="sport.tennis")])
    exclusion = only_exclusion(asked, had, message(category="sport.tennis"))
    assert exclusion is not None
    assert (exclusion.about, exclusion.until) == ("sport.tennis", NOON + 3 * HOUR)


def test_a_cap_over_everything_names_its_limit_and_a_rolling_rule_does_not() -> None:
    had = user([sent("x", NOON)])
    assert facts_of(policy(max_per_day=1), had, message()) == ("cap_day", None, 1)
    assert facts_of(policy(max_per_week=1), had, message()) == ("cap_week", None, 1)
    assert facts_of(policy(), user([sent("x", NOON)], max_per_day=1), message()) == ("cap_day", None, 1)
    assert facts_of(policy(caps=(CapRule(1, "90m"),)), had, message()) == ("cap_day", None, None)


def test_a_category_that_is_off_is_named_by_the_users_own_word() -> None:
    tennis = message(category="sport.tennis")
    assert facts_of(policy(), user(categories={"sport": False}), tennis) == ("category_off", "sport", None)
    both = user(categories={"sport": True, "sport.tennis": False})
    assert facts_of(policy(), both, tennis) == ("category_off", "sport.tennis", None)
    assert facts_of(policy(), user(categories={"*": False}), tennis) == ("category_off", "sport.tennis", None)
