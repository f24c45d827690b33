"""Who has heard nothing for long: to the hour, whatever is known, and never past a wall."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pushrank.config import ConfigError
from pushrank.config.types import KeepInTouch
from pushrank.domain.codes import HoldState, Purpose
from pushrank.domain.instants import DAY, HOUR, Instant
from pushrank.domain.record import UserRecord
from pushrank.domain.user import Consent, UserFacts
from pushrank.features.state import FIRST_EVENT, LAST_SENT, UserState, empty_state
from pushrank.policy.touch import may_hear, starved
from tests.small_policies import NOON, held, policy, sent, shipped_config, user

TOUCH = KeepInTouch(after_days=30, bonus=0.02)
MONTH = 30 * DAY
NEARLY = 29 * DAY + 23 * HOUR


def state(*, last_sent: Instant = 0, first: Instant = 0) -> UserState:
    made = empty_state()
    made.clock[LAST_SENT], made.clock[FIRST_EVENT] = last_sent, first
    return made


def registered(at: Instant | None) -> UserRecord:
    return replace(user(), facts=UserFacts(registered_at=at))


@pytest.mark.parametrize(("ago", "is_starved"), [(NEARLY, False), (MONTH - 1, False), (MONTH, True), (9 * MONTH, True)])
def test_thirty_days_after_the_last_push_and_not_an_hour_before(ago: Instant, *, is_starved: bool) -> None:
    long_ago = registered(NOON - 400 * DAY)
    assert starved(TOUCH, long_ago, state(last_sent=NOON - ago), NOON) is is_starved
    assert starved(TOUCH, replace(long_ago, pushes=(sent("m-1", NOON - ago),)), state(), NOON) is is_starved


@pytest.mark.parametrize(("ago", "is_starved"), [(NEARLY, False), (MONTH, True)])
def test_who_never_had_a_push_counts_from_the_registration(ago: Instant, *, is_starved: bool) -> None:
    assert starved(TOUCH, registered(NOON - ago), state(), NOON) is is_starved
    assert starved(TOUCH, registered(NOON - ago), state(first=NOON - 2 * MONTH), NOON) is is_starved


@pytest.mark.parametrize(("ago", "is_starved"), [(NEARLY, False), (MONTH, True)])
def test_where_nobody_knows_the_registration_the_first_event_counts(ago: Instant, *, is_starved: bool) -> None:
    assert starved(TOUCH, registered(None), state(first=NOON - ago), NOON) is is_starved


def test_of_whom_nothing_is_known_nobody_can_say_how_long_they_waited() -> None:
    assert not starved(TOUCH, UserRecord("u-1"), state(), NOON)


def test_a_push_that_is_held_counts_as_had_until_it_is_given_back() -> None:
    waiting = replace(registered(NOON - 2 * MONTH), pushes=(held("m-1", NOON + HOUR, NOON + 2 * HOUR),))
    assert not starved(TOUCH, waiting, state(last_sent=NOON - MONTH), NOON)
    lapsed = replace(waiting, pushes=(held("m-1", NOON - HOUR, NOON),))
    assert starved(TOUCH, lapsed, state(last_sent=NOON - MONTH), NOON)
    failed = replace(waiting, pushes=(replace(sent("m-1", NOON - HOUR), state=HoldState.FAILED),))
    assert starved(TOUCH, failed, state(last_sent=NOON - MONTH), NOON)


def test_an_old_push_that_stands_in_the_record_for_its_content_does_not_count_as_new() -> None:
    assert starved(TOUCH, replace(registered(NOON), pushes=(sent("m-1", NOON - 60 * DAY),)), state(), NOON)


@pytest.mark.parametrize("days", [91, 366])
def test_longer_spans_than_features_look_back_are_told_apart(days: int) -> None:
    setting = replace(TOUCH, after_days=float(days))
    assert starved(setting, user(), state(last_sent=NOON - days * DAY), NOON)
    assert not starved(setting, user(), state(last_sent=NOON - days * DAY + HOUR), NOON)


ASKED = {purpose: Consent(granted=False, policy_version="1", at=0) for purpose in Purpose}


@pytest.mark.parametrize(
    ("record", "may"),
    [
        (user(), True),
        (user(reachable=False), False),
        (user(push=False), False),
        (user(muted_until=NOON + 1), False),
        (user(muted_until=NOON), True),
        (user(consents=ASKED), False),
        (user(consents=ASKED | {Purpose.SERVICE: Consent(granted=True, policy_version="1", at=0)}), False),
        (user(consents=ASKED | {Purpose.MARKETING: Consent(granted=True, policy_version="1", at=0)}), True),
        (
            user(consents=ASKED | {Purpose.MARKETING: Consent(granted=True, policy_version="1", at=0)}, objected=True),
            False,
        ),
    ],
)
def test_only_who_can_be_reached_and_agreed_may_hear(record: UserRecord, *, may: bool) -> None:
    assert may_hear(record, shipped_config("default"), NOON) is may


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"after_days": 367.0}, r"keep_in_touch.after_days: expected from 1 to 366 days, got 367"),
        ({"after_days": 0.5}, r"keep_in_touch.after_days: expected from 1 to 366 days, got 0.5"),
        ({"after_days": float("nan")}, r"keep_in_touch.after_days: expected from 1 to 366 days, got nan"),
        ({"bonus": float("inf")}, r"keep_in_touch.bonus: expected a finite number of ordinary clicks, got inf"),
        ({"bonus": float("nan")}, r"keep_in_touch.bonus: expected a finite number of ordinary clicks, got nan"),
    ],
)
def test_nonsense_is_refused_with_the_key_and_what_was_expected(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        policy(keep_in_touch=replace(TOUCH, **changes))


def test_a_year_is_the_most() -> None:
    assert policy(keep_in_touch=replace(TOUCH, after_days=366.0)).config.keep_in_touch is not None
