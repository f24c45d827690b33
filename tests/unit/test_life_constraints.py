from __future__ import annotations

from pushrank.domain.codes import ExclusionCode
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import HOUR
from pushrank.policy import exclude
from tests.small_policies import NOON, UTC, divided, message, only_exclusion, policy, user


def test_an_id_that_the_catalogue_does_not_hold_is_unknown() -> None:
    kept, excluded = exclude(policy(), user(), [("ghost", None), ("m-1", message())], NOON, UTC)
    assert [row.message.message_id for row in kept] == ["m-1"]
    assert excluded == [Exclusion("ghost", ExclusionCode.UNKNOWN_MESSAGE)]


def test_unknown_ids_of_a_user_who_opted_out_are_told_the_reason_that_comes_first() -> None:
    _, excluded = exclude(policy(), user(push=False), [("ghost", None)], NOON, UTC)
    assert excluded == [Exclusion("ghost", ExclusionCode.OPTED_OUT)]


def test_a_message_goes_from_the_moment_of_its_publication() -> None:
    assert only_exclusion(policy(), user(), message(published_at=NOON)) is None
    early = only_exclusion(policy(), user(), message(published_at=NOON + 1))
    assert early == Exclusion("m-1", ExclusionCode.NOT_LIVE, NOON + 1)


def test_a_message_goes_until_just_before_it_expires() -> None:
    assert only_exclusion(policy(), user(), message(expires_at=NOON + 1)) is None
    assert only_exclusion(policy(), user(), message(expires_at=NOON)) == Exclusion("m-1", ExclusionCode.EXPIRED)


def test_nothing_vanishes_and_both_lists_keep_the_order_of_the_candidates() -> None:
    messages = [
        message("e", category="promo"),
        message("d", expires_at=NOON - HOUR),
        message("c"),
        message("b", published_at=NOON + HOUR),
        message("a"),
    ]
    kept, excluded = divided(policy(), user(categories={"promo": False}), messages)
    assert [row.message.message_id for row in kept] == ["c", "a"]
    assert [exclusion.message_id for exclusion in excluded] == ["e", "d", "b"]


def test_no_candidates_are_no_failure() -> None:
    assert divided(policy(), user(push=False), []) == ([], [])
    assert divided(policy(), user(), []) == ([], [])
