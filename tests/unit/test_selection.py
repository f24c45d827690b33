from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pushrank.domain.codes import ExclusionCode, SilenceCode
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import HOUR, instant
from pushrank.domain.message import Message
from pushrank.domain.record import UserRecord
from pushrank.policy import Eligible, Policy, Scores, Selection, net_value, select
from tests.small_policies import NOON, UTC, message, policy, sent, user

ABOVE_ZERO = policy(value_floor=0.0)
TOMORROW = instant("2026-11-24T00:00:00+00:00")


def chosen_from(
    asked: Policy,
    messages: Sequence[Message],
    p_click: Sequence[float],
    slots: int = 1,
    record: UserRecord | None = None,
    p_opt_out: Sequence[float] | None = None,
) -> Selection:
    scores = Scores(np.array(p_click), np.zeros(len(messages)) if p_opt_out is None else np.array(p_opt_out), 40.0)
    rows = [Eligible(one, NOON) for one in messages]
    return select(asked, asked.ask(record or user(), NOON, UTC), rows, scores, slots)


def named(*names: str) -> list[Message]:
    return [message(name) for name in names]


def names_of(selection: Selection) -> list[str]:
    return [chosen.scored.message_id for chosen in selection.slate]


def test_net_value_is_clicks_won_less_permission_lost() -> None:
    scores = Scores(np.array([0.1, 0.1]), np.array([0.0, 0.002]), 40.0)
    np.testing.assert_allclose(net_value(np.array([1.0, 3.0]), scores), [0.1, 0.22], rtol=1e-15)


def test_the_best_messages_fill_the_slots_in_order() -> None:
    selection = chosen_from(ABOVE_ZERO, named("a", "b", "c", "d"), [0.1, 0.4, 0.2, 0.3], slots=2)
    assert names_of(selection) == ["b", "d"]
    assert selection.rows == (1, 3)
    assert [(one.rank, one.send_at, one.propensity) for one in selection.slate] == [(1, NOON, 1.0), (2, NOON, 1.0)]
    assert [one.message_id for one in selection.passed_over] == ["c", "a"]
    assert (selection.excluded, selection.silence, selection.propensity) == ((), None, 1.0)


def test_equal_values_go_in_order_of_ids_whatever_the_order_of_candidates() -> None:
    for names in (("b", "a", "c"), ("c", "b", "a"), ("a", "c", "b")):
        assert names_of(chosen_from(ABOVE_ZERO, named(*names), [0.2, 0.2, 0.2], slots=2)) == ["a", "b"]


def test_equal_values_of_one_message_go_in_order_of_events() -> None:
    for events in (("x", "y"), ("y", "x")):
        selection = chosen_from(ABOVE_ZERO, [message("a", event_key=event) for event in events], [0.2, 0.2])
        assert [chosen.event_key for chosen in selection.slate] == ["x"]


def test_worth_multiplies_the_clicks() -> None:
    messages = [message("a"), message("b", worth=3.0)]
    assert names_of(chosen_from(ABOVE_ZERO, messages, [0.2, 0.1])) == ["b"]


def test_a_message_that_costs_more_permission_than_it_brings_loses_to_silence() -> None:
    selection = chosen_from(ABOVE_ZERO, named("a"), [0.1], p_opt_out=[0.0025])
    assert selection.slate == ()
    assert selection.silence is SilenceCode.BELOW_VALUE
    assert [one.net_value for one in selection.passed_over] == [0.0]


def test_the_floor_itself_is_not_above_the_floor() -> None:
    asked = policy(value_floor=0.25)
    assert names_of(chosen_from(asked, named("a", "b"), [0.25, 0.2500001], slots=2)) == ["b"]


def test_the_permission_value_of_the_policy_goes_before_that_of_the_model() -> None:
    dear = policy(value_floor=0.0, permission_value=1000.0)
    assert names_of(chosen_from(ABOVE_ZERO, named("a"), [0.1], p_opt_out=[0.001])) == ["a"]
    assert names_of(chosen_from(dear, named("a"), [0.1], p_opt_out=[0.001])) == []


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_a_number_comes_last_and_is_never_chosen(odd: float) -> None:
    selection = chosen_from(policy(), named("a", "b", "c"), [odd, 0.1, 0.2], slots=3)
    assert names_of(selection) == ["c", "b"]
    assert [one.message_id for one in selection.passed_over] == ["a"]
    assert selection.silence is SilenceCode.BELOW_VALUE


def test_a_slate_stops_where_the_day_is_full() -> None:
    asked = policy(value_floor=0.0, max_per_day=3)
    record = user([sent("x", NOON), sent("y", NOON)])
    selection = chosen_from(asked, named("a", "b", "c"), [0.3, 0.2, 0.0], slots=2, record=record)
    assert names_of(selection) == ["a"]
    assert selection.excluded == (Exclusion("b", ExclusionCode.CAP_DAY, TOMORROW),)
    assert [one.message_id for one in selection.passed_over] == ["c"]


def test_messages_for_tomorrow_do_not_use_up_today() -> None:
    asked = policy(value_floor=0.0, max_per_day=1)
    rows = [Eligible(message("a"), NOON), Eligible(message("b"), NOON), Eligible(message("c"), TOMORROW)]
    scores = Scores(np.array([0.3, 0.2, 0.1]), np.zeros(3), 40.0)
    selection = select(asked, asked.ask(user(), NOON, UTC), rows, scores, 3)
    assert names_of(selection) == ["a", "c"]
    assert [chosen.send_at for chosen in selection.slate] == [NOON, TOMORROW]
    assert [exclusion.message_id for exclusion in selection.excluded] == ["b"]


def test_a_slate_that_only_its_own_messages_cut_short_says_that_the_rest_was_excluded() -> None:
    selection = chosen_from(policy(value_floor=0.0, max_per_day=1), named("a", "b"), [0.3, 0.2], slots=2)
    assert selection.silence is SilenceCode.ALL_EXCLUDED


def test_a_week_binds_a_slate_too() -> None:
    asked = policy(value_floor=0.0, max_per_week=1)
    assert len(chosen_from(asked, named("a", "b"), [0.3, 0.2], slots=2).slate) == 1


def test_the_same_content_is_one_message_and_another_event_is_another() -> None:
    twice = [message("a"), message("a")]
    selection = chosen_from(ABOVE_ZERO, twice, [0.1, 0.2], slots=2)
    assert (selection.rows, selection.passed_over, selection.excluded) == ((1,), (), ())
    events = [message("a", event_key="x"), message("a", event_key="y")]
    selection = chosen_from(ABOVE_ZERO, events, [0.1, 0.2], slots=2)
    assert [chosen.event_key for chosen in selection.slate] == ["y", "x"]


MUTED = Exclusion("z", ExclusionCode.MUTED)
EXPIRED = Exclusion("z", ExclusionCode.EXPIRED)


@pytest.mark.parametrize(
    ("p_click", "excluded", "silence"),
    [
        ([], [], SilenceCode.NO_CANDIDATES),
        ([], [MUTED, MUTED], SilenceCode.MUTED),
        ([], [MUTED, EXPIRED], SilenceCode.ALL_EXCLUDED),
        ([], [EXPIRED], SilenceCode.ALL_EXCLUDED),
        ([0.0], [EXPIRED], SilenceCode.BELOW_VALUE),
        ([0.5], [], SilenceCode.NO_CANDIDATES),
        ([0.5], [EXPIRED], SilenceCode.ALL_EXCLUDED),
        ([0.5, 0.0], [], SilenceCode.BELOW_VALUE),
        ([0.5, 0.4], [EXPIRED], None),
    ],
)
def test_silence_says_why_slots_stay_empty(
    p_click: list[float], excluded: list[Exclusion], silence: SilenceCode | None
) -> None:
    rows = [Eligible(message(f"m-{place}"), NOON) for place in range(len(p_click))]
    scores = Scores(np.array(p_click), np.zeros(len(p_click)), 40.0)
    selection = select(ABOVE_ZERO, ABOVE_ZERO.ask(user(), NOON, UTC), rows, scores, 2, excluded)
    assert selection.silence is silence


def test_scores_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="expected one of each head for each of 2 rows, got 1 and 2"):
        chosen_from(ABOVE_ZERO, named("a", "b"), [0.1])


AT_TWO = NOON + 2 * HOUR
AT_SIX = NOON + 6 * HOUR


def at_moments(asked: Policy, rows: Sequence[tuple[str, int, float]], slots: int = 1, bonus: float = 0.0) -> Selection:
    """Choose among (name, moment, probability of a click)."""
    eligible = [Eligible(message(name), at) for name, at, _ in rows]
    scores = Scores(np.array([p_click for *_, p_click in rows]), np.zeros(len(rows)), 40.0)
    return select(asked, asked.ask(user(), NOON, UTC, bonus=bonus), eligible, scores, slots)


def test_of_several_moments_the_best_one_is_chosen_and_the_message_is_gone() -> None:
    selection = at_moments(ABOVE_ZERO, [("a", NOON, 0.1), ("a", AT_TWO, 0.3), ("b", NOON, 0.2), ("a", AT_SIX, 0.2)], 2)
    assert [(one.scored.message_id, one.send_at) for one in selection.slate] == [("a", AT_TWO), ("b", NOON)]
    assert (selection.rows, selection.passed_over, selection.excluded) == ((1, 2), (), ())


def test_of_equal_moments_the_earlier_one_is_chosen() -> None:
    selection = at_moments(ABOVE_ZERO, [("a", AT_TWO, 0.2), ("a", NOON, 0.2)])
    assert [one.send_at for one in selection.slate] == [NOON]


def test_a_message_is_passed_over_once_by_its_best_moment() -> None:
    selection = at_moments(ABOVE_ZERO, [("a", NOON, 0.3), ("b", NOON, 0.1), ("b", AT_TWO, 0.2), ("c", NOON, 0.15)])
    assert [(one.message_id, one.p_click) for one in selection.passed_over] == [("b", 0.2), ("c", 0.15)]


def test_what_is_chosen_for_later_is_in_the_way_at_that_moment_and_not_now() -> None:
    asked = policy(value_floor=0.0, min_gap_minutes=90.0)
    rows = [("a", AT_SIX, 0.3), ("b", AT_SIX, 0.25), ("b", NOON, 0.1), ("c", AT_SIX, 0.2)]
    selection = at_moments(asked, rows, 3)
    assert [(one.scored.message_id, one.send_at) for one in selection.slate] == [("a", AT_SIX), ("b", NOON)]
    assert [(one.message_id, one.code) for one in selection.excluded] == [("c", ExclusionCode.MIN_GAP)]
    assert (selection.passed_over, selection.silence) == ((), SilenceCode.ALL_EXCLUDED)


def test_a_message_with_one_moment_left_is_not_excluded() -> None:
    asked = policy(value_floor=0.0, min_gap_minutes=90.0)
    rows = [("a", NOON, 0.3), ("b", NOON, 0.25), ("b", AT_SIX, 0.0)]
    selection = at_moments(asked, rows, 2)
    assert [(one.message_id, one.p_click) for one in selection.passed_over] == [("b", 0.0)]
    assert (selection.excluded, selection.silence) == ((), SilenceCode.BELOW_VALUE)


def test_an_excluded_message_gives_the_reason_that_met_its_best_moment() -> None:
    asked = policy(value_floor=0.0, min_gap_minutes=90.0, max_per_day=1)
    rows = [("a", NOON, 0.3), ("b", AT_SIX, 0.25), ("b", NOON, 0.2)]
    selection = at_moments(asked, rows, 2)
    assert selection.excluded == (Exclusion("b", ExclusionCode.CAP_DAY, TOMORROW),)


def test_keeping_in_touch_is_worth_its_bonus_for_the_first_place_only() -> None:
    asked = policy(value_floor=0.25)
    selection = at_moments(asked, [("a", NOON, 0.2), ("b", NOON, 0.15)], 2, bonus=0.1)
    assert names_of(selection) == ["a"]
    assert [one.scored.net_value for one in selection.slate] == pytest.approx([0.3])
    assert [one.net_value for one in selection.passed_over] == [0.15]
    assert selection.silence is SilenceCode.BELOW_VALUE
    alone = at_moments(asked, [("a", NOON, 0.2), ("b", NOON, 0.15)], bonus=0.1)
    assert [one.net_value for one in alone.passed_over] == [0.25]


def test_a_bonus_does_not_make_worth_sending_what_is_not_a_number() -> None:
    assert at_moments(policy(), [("a", NOON, float("nan"))], bonus=1.0).slate == ()
