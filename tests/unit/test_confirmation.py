from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pushrank.config.types import UserCeiling
from pushrank.domain.codes import ExclusionCode, HoldState, Purpose, QuietAction, StopCode
from pushrank.domain.instants import HOUR, MINUTE, Instant, instant
from pushrank.domain.message import Message
from pushrank.domain.record import Push, UserRecord
from pushrank.domain.user import Consent, QuietWindow
from pushrank.policy import Policy, Verdict, recheck
from tests.small_policies import NOON, held, message, policy, sent, user

HOLD = held("m-1", NOON, NOON + 5 * MINUTE)
TOMORROW = instant("2026-11-24T00:00:00+00:00")


def verdict(
    asked: Policy,
    record: UserRecord,
    push: Push = HOLD,
    as_of: Instant = NOON,
    one: Message | None = message(),  # noqa: B008 - a frozen value
) -> Verdict:
    return recheck(asked, record, [(push, one)], as_of)[0]


def test_a_hold_that_everything_allows_becomes_a_send() -> None:
    confirmed = replace(HOLD, state=HoldState.CONFIRMED, at=NOON + MINUTE, expires_at=None)
    assert verdict(policy(), user([HOLD]), as_of=NOON + MINUTE) == Verdict(confirmed)


def test_before_its_moment_a_message_waits() -> None:
    assert verdict(policy(), user([HOLD]), as_of=NOON - 1) == Verdict(HOLD, StopCode.TOO_EARLY, NOON)
    assert verdict(policy(), user([HOLD]), as_of=NOON).code is None


@pytest.mark.parametrize(("state", "stopped"), [(HoldState.RELEASED, StopCode.RELEASED), (HoldState.FAILED, None)])
def test_what_was_given_back_stays_so(state: HoldState, stopped: StopCode | None) -> None:
    push = replace(HOLD, state=state, stopped=stopped)
    assert verdict(policy(), user([push]), push) == Verdict(push, StopCode.RELEASED)


def stopped(push: Push, code: StopCode | ExclusionCode, until: Instant | None = None) -> Verdict:
    state = HoldState.RELEASED if push.state is HoldState.HELD else push.state
    return Verdict(replace(push, state=state, stopped=code, stopped_until=until), code, until)


@pytest.mark.parametrize("push", [HOLD, replace(HOLD, state=HoldState.RELEASED), sent("m-1", NOON)])
def test_a_stop_is_given_again_whatever_became_of_its_reason(push: Push) -> None:
    first = verdict(policy(), user([push], push=False), push, NOON + MINUTE)
    assert first == stopped(push, ExclusionCode.OPTED_OUT)
    for later in (NOON - HOUR, NOON + MINUTE, NOON + HOUR):
        assert verdict(policy(), user([first.push]), first.push, later) == first


def test_a_hold_whose_content_another_took_is_taken_again_once_that_is_gone() -> None:
    push = replace(HOLD, state=HoldState.RELEASED)
    rival = replace(sent("m-1", NOON), push_id="p-rival")
    assert verdict(policy(), user(), push) == Verdict(
        replace(push, state=HoldState.CONFIRMED, at=NOON, expires_at=None)
    )
    assert verdict(policy(), user([rival]), push) == stopped(push, ExclusionCode.ALREADY_SENT)
    late = NOON + 5 * MINUTE
    assert verdict(policy(), user([rival]), push, late) == stopped(push, StopCode.HOLD_EXPIRED)
    assert verdict(policy(), user([rival]), push, late - 1) == stopped(push, ExclusionCode.ALREADY_SENT)


FORBIDDEN: list[tuple[dict[str, Any], dict[str, Any], ExclusionCode]] = [
    ({"reachable": False}, {}, ExclusionCode.NOT_REACHABLE),
    ({"push": False}, {}, ExclusionCode.OPTED_OUT),
    ({"muted_until": NOON + HOUR}, {}, ExclusionCode.MUTED),
    ({"categories": {"news": False}}, {}, ExclusionCode.CATEGORY_OFF),
    ({"objected": True}, {"purpose": Purpose.MARKETING}, ExclusionCode.OBJECTED),
    ({"consents": {Purpose.RECOMMENDATION: Consent(granted=False)}}, {}, ExclusionCode.NO_CONSENT),
]
ONLY_BEFORE: list[tuple[dict[str, Any], dict[str, Any], ExclusionCode]] = [
    ({"quiet_hours": (QuietWindow(11 * 60, 14 * 60),)}, {}, ExclusionCode.QUIET_HOURS),
    ({"max_per_day": 0}, {}, ExclusionCode.CAP_DAY),
    ({"timezone": "Mars/Phobos"}, {}, ExclusionCode.NO_TIMEZONE),
    ({}, {"expires_at": NOON}, ExclusionCode.EXPIRED),
]


@pytest.mark.parametrize(("said", "fields", "code"), FORBIDDEN + ONLY_BEFORE)
def test_what_forbids_a_send_now_stops_it(said: dict[str, Any], fields: dict[str, Any], code: ExclusionCode) -> None:
    assert verdict(policy(), user([HOLD], **said), one=message(**fields)).code is code


@pytest.mark.parametrize(("said", "fields", "code"), FORBIDDEN)
def test_a_repeated_confirm_stops_once_permission_has_gone(
    said: dict[str, Any], fields: dict[str, Any], code: ExclusionCode
) -> None:
    push = sent("m-1", NOON)
    assert verdict(policy(), user([push], **said), push, NOON, message(**fields)).code is code


@pytest.mark.parametrize(("said", "fields"), [case[:2] for case in ONLY_BEFORE])
def test_a_repeated_confirm_gives_the_first_answer_while_permission_stands(
    said: dict[str, Any], fields: dict[str, Any]
) -> None:
    push = sent("m-1", NOON)
    assert verdict(policy(), user([push], **said), push, NOON + HOUR, message(**fields)) == Verdict(push)


def test_a_message_that_left_the_catalogue_stops_a_hold_and_its_category_still_counts_for_a_send() -> None:
    assert verdict(policy(), user([HOLD]), one=None).code is ExclusionCode.UNKNOWN_MESSAGE
    push = sent("m-1", NOON)
    assert verdict(policy(), user([push]), push, one=None).code is None
    assert (
        verdict(policy(), user([push], categories={"news": False}), push, one=None).code is ExclusionCode.CATEGORY_OFF
    )


def test_quiet_hours_stop_even_where_they_only_put_off_at_the_ranking() -> None:
    record = user([HOLD], quiet_hours=(QuietWindow(11 * 60, 14 * 60),), in_quiet_hours=QuietAction.DEFER)
    assert verdict(policy(), record) == stopped(HOLD, ExclusionCode.QUIET_HOURS, NOON + 2 * HOUR)


def test_a_hold_is_not_in_its_own_way_but_others_are() -> None:
    asked = policy(max_per_day=1)
    assert verdict(asked, user([HOLD])).code is None
    full = verdict(asked, user([HOLD, sent("x", NOON)]))
    assert full == stopped(HOLD, ExclusionCode.CAP_DAY, TOMORROW)


def test_a_confirm_counts_on_the_day_on_which_it_comes() -> None:
    push = held("m-1", TOMORROW - MINUTE, TOMORROW + 4 * MINUTE)
    asked = policy(max_per_day=1)
    yesterday, today = sent("x", TOMORROW - HOUR), held("y", TOMORROW + HOUR, TOMORROW + 2 * HOUR)
    assert verdict(asked, user([push, yesterday]), push, TOMORROW + MINUTE).code is None
    assert verdict(asked, user([push, today]), push, TOMORROW + MINUTE).code is ExclusionCode.CAP_DAY


def test_an_expired_hold_is_taken_again_where_everything_still_allows_it() -> None:
    late = NOON + 5 * MINUTE
    retaken = verdict(policy(max_per_day=1), user([HOLD]), as_of=late)
    assert retaken.code is None
    assert (retaken.push.state, retaken.push.at) == (HoldState.CONFIRMED, late)
    others = user([HOLD, sent("x", NOON)])
    assert verdict(policy(max_per_day=1), others, as_of=late) == stopped(HOLD, StopCode.HOLD_EXPIRED)
    assert verdict(policy(), user([HOLD], push=False), as_of=late) == stopped(HOLD, StopCode.HOLD_EXPIRED)


def test_an_expired_hold_is_gone_where_another_decision_took_its_content() -> None:
    late = NOON + 6 * MINUTE
    other = replace(held("m-1", late, late + 5 * MINUTE, "sku"), push_id="p-other")
    push = held("m-1", NOON, NOON + 5 * MINUTE, "sku")
    assert verdict(policy(), user([push, other]), push, late).code is StopCode.HOLD_EXPIRED
    unlike = replace(other, content_key="m-1#another")
    assert verdict(policy(), user([push, unlike]), push, late).code is None


def test_several_expired_holds_share_what_is_left_of_the_day() -> None:
    holds = [held(name, NOON, NOON + 5 * MINUTE) for name in "abc"]
    asked = policy(max_per_day=2, user_ceiling=UserCeiling(2, 2))
    verdicts = recheck(asked, user(holds), [(push, message(push.message_id)) for push in holds], NOON + HOUR)
    assert [verdict.code for verdict in verdicts] == [None, None, StopCode.HOLD_EXPIRED]


def test_several_holds_of_one_slate_are_all_sent() -> None:
    holds = [held(name, NOON, NOON + 5 * MINUTE) for name in "abc"]
    verdicts = recheck(policy(max_per_day=3), user(holds), [(push, message(push.message_id)) for push in holds], NOON)
    assert [verdict.code for verdict in verdicts] == [None, None, None]


def test_of_holds_that_have_become_too_many_the_first_are_sent() -> None:
    holds = [held(name, NOON, NOON + 5 * MINUTE) for name in "abc"]
    verdicts = recheck(policy(max_per_day=2), user(holds), [(push, message(push.message_id)) for push in holds], NOON)
    assert [verdict.code for verdict in verdicts] == [None, None, ExclusionCode.CAP_DAY]
    assert [verdict.push.state for verdict in verdicts] == [*[HoldState.CONFIRMED] * 2, HoldState.RELEASED]


def test_holds_that_are_not_asked_about_or_wait_for_later_keep_their_place() -> None:
    now, later = held("a", NOON, NOON + 5 * MINUTE), held("b", NOON + 1, NOON + 5 * MINUTE)
    asked = policy(max_per_day=1)
    assert verdict(asked, user([now, later]), now).code is ExclusionCode.CAP_DAY
    both = recheck(asked, user([now, later]), [(now, message("a")), (later, message("b"))], NOON)
    assert [one.code for one in both] == [ExclusionCode.CAP_DAY, StopCode.TOO_EARLY]
    assert both[1].push == later
