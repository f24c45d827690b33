from __future__ import annotations

from dataclasses import replace

import pytest

from pushrank.domain.codes import ExclusionCode, HoldState
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import DAY, MINUTE
from tests.small_policies import NOON, divided, held, message, only_exclusion, policy, sent, user


def test_what_was_sent_once_is_never_sent_again() -> None:
    record = user([sent("m-1", NOON - 1000 * DAY)])
    assert only_exclusion(policy(), record, message()) == Exclusion("m-1", ExclusionCode.ALREADY_SENT)


def test_another_event_makes_another_content() -> None:
    record = user([sent("m-1", event="sku-1")])
    assert only_exclusion(policy(), record, message(event_key="sku-2")) is None
    again = only_exclusion(policy(), record, message(event_key="sku-1"))
    assert again == Exclusion("m-1", ExclusionCode.ALREADY_SENT)


@pytest.mark.parametrize("state", [HoldState.FAILED, HoldState.RELEASED])
def test_what_failed_or_was_given_back_was_not_sent(state: HoldState) -> None:
    record = user([replace(sent("m-1"), state=state)])
    assert only_exclusion(policy(), record, message()) is None


def test_a_policy_may_let_content_come_back_after_some_days() -> None:
    asked = policy(repeat_after_days=7.0)
    blocked = only_exclusion(asked, user([sent("m-1", NOON - 7 * DAY + 1)]), message())
    assert blocked == Exclusion("m-1", ExclusionCode.ALREADY_SENT, NOON + 1)
    assert only_exclusion(asked, user([sent("m-1", NOON - 7 * DAY)]), message()) is None


def test_the_latest_of_several_sends_decides_when_content_comes_back() -> None:
    pushes = [sent("m-1", NOON - 2 * DAY), sent("m-1", NOON - DAY), sent("m-1", NOON - 3 * DAY)]
    blocked = only_exclusion(policy(repeat_after_days=7.0), user(pushes), message())
    assert blocked == Exclusion("m-1", ExclusionCode.ALREADY_SENT, NOON + 6 * DAY)


def test_a_clock_that_jumped_back_does_not_allow_a_repetition() -> None:
    record = user([sent("m-1", NOON + DAY)])
    assert only_exclusion(policy(repeat_after_days=0.5), record, message()) is not None


def test_a_hold_keeps_its_content_until_it_expires() -> None:
    record = user([held("m-1", NOON - 4 * MINUTE, NOON + MINUTE)])
    assert only_exclusion(policy(), record, message()) == Exclusion("m-1", ExclusionCode.HELD, NOON + MINUTE)
    assert only_exclusion(policy(), record, message(), NOON + MINUTE) is None


def test_the_same_content_twice_among_the_candidates_is_no_failure() -> None:
    kept, excluded = divided(policy(), user(), [message(), message(), message("m-2")])
    assert len(kept) + len(excluded) == 3
    kept, excluded = divided(policy(), user([sent("m-1")]), [message(), message(), message("m-2")])
    assert [row.message.message_id for row in kept] == ["m-2"]
    assert len(excluded) == 2
