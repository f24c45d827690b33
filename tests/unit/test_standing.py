"""For whom the model says how many pushes suit, and for whom it doesn't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pushrank.config.types import Adaptive
from pushrank.domain.codes import EventType, HoldState, Mode
from pushrank.domain.decision import Frequency
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, HOUR, Instant
from pushrank.domain.permission import Cohort
from pushrank.domain.record import Presence
from pushrank.features.events import encode_events
from pushrank.features.fold import fold
from pushrank.features.state import empty_state
from pushrank.features.usage import NO_USAGE, shrunk, usage_of
from pushrank.policy import recheck
from pushrank.ranking.served import Served
from pushrank.ranking.standing import standing_of
from pushrank.scoring.permission import Permission
from pushrank.store.codec import PRESENCE, written
from tests.small_house import House, slate_of
from tests.small_policies import NOON, message, policy, sent, user

CAPPED: dict[str, Any] = {"max_per_day": 3, "max_per_week": 12, "adaptive": Adaptive(2, 28, 5, 30.0)}
# For people with a sign of life in most days all steps pay, for others the first.
QUIET = Cohort(10.0, (0.0, 0.5, 0.6), (0.0, 0.01, 0.03), 90.0, 3)
LIVELY = Cohort(10.0, (0.0, 3.0, 9.0), (0.0, 0.01, 0.03), 90.0, 3)
KNOWN = Permission((0.0, 7.0, 28.0), (0.5,), (), (QUIET, LIVELY), QUIET)


def told(served: Served, **preferences: Any) -> Frequency | None:
    return standing_of(served, policy(**CAPPED), user(**preferences), NOON).frequency


@pytest.fixture
def served(tmp_path: Path) -> Served:
    """A model that scores nothing but knows what suits."""
    return replace(House(tmp_path).served, degraded=False, permission=KNOWN)


def test_nobody_is_told_what_suits_who_wants_no_personalisation_or_where_no_model_is(served: Served) -> None:
    assert told(served) == Frequency(1, 7, activity=0.0, opened=0.1, risk=(0.03 - 0.01) / 21, too_often=0.0)
    assert told(served, personalisation=False) is None
    assert told(replace(served, degraded=True)) is None


def test_a_flat_permission_leaves_the_policys_caps_and_a_decision_says_so(tmp_path: Path) -> None:
    house = House(tmp_path, **CAPPED)
    house.ranker.served = replace(house.served, degraded=False, permission=Permission.flat(4.5))
    house.put(message("m-1"))
    frequency = house.rank("m-1").frequency
    assert frequency == Frequency(3, 12, 0.0, 0.1, 0.0, 0.0, "policy", "policy")


def test_who_uses_the_app_more_gets_more(tmp_path: Path, served: Served) -> None:
    house = House(tmp_path, **CAPPED)
    house.ranker.served = served
    house.put(message("m-1"))
    before = house.rank("m-1", mode=Mode.LOOK).frequency
    house.take(*(house.event(EventType.ACTIVITY, NOON - days * DAY, kind="app_open") for days in range(1, 9)))
    after = house.rank("m-1", mode=Mode.LOOK).frequency
    assert before is not None
    assert after is not None
    assert (before.per_week, after.per_week) == (7, 28)
    assert (before.per_day, after.per_day) == (1, 4)
    assert after.activity > 0.5 > before.activity


def test_the_share_that_was_opened_is_that_of_the_last_thirty_pushes() -> None:
    messages = [message(f"m-{place}") for place in range(40)]
    events = []
    for place, one in enumerate(messages):
        at = NOON - 50 * DAY + place * DAY
        events.append((_event(EventType.SENT, at, one.message_id), one, 0))
        # All of the ten oldest, and every fifth of the others.
        if place < 10 or place % 5 == 0:
            events.append((_event(EventType.OPENED, at + HOUR, one.message_id), one, 0))
    state = empty_state()
    fold(state, encode_events(events))
    found = usage_of(state, NOON)
    assert (found.pushes, found.opened) == (30, shrunk(6, 30))
    assert usage_of(empty_state(), NOON) == NO_USAGE


def test_at_a_confirm_the_bounds_hold_for_who_may_be_known_and_the_policys_cap_for_others() -> None:
    asked = policy(**CAPPED)
    hold = replace(sent("new", NOON), state=HoldState.HELD, decision_id="d", expires_at=NOON + HOUR)
    had = [sent(str(place), NOON - HOUR) for place in range(5)]
    for pushes, personalisation, code in (
        (4, True, None),
        (5, True, "cap_day"),
        (2, False, None),
        (3, False, "cap_day"),
    ):
        record = user([*had[:pushes], hold], personalisation=personalisation)
        (verdict,) = recheck(asked, record, [(hold, message("new"))], NOON)
        assert verdict.code == code, (pushes, personalisation)
    own = user([*had[:1], hold], max_per_day=1)
    assert recheck(asked, own, [(hold, message("new"))], NOON)[0].code == "cap_day"


def test_a_hold_above_the_policys_cap_is_confirmed_for_whom_it_suits(tmp_path: Path, served: Served) -> None:
    house = House(tmp_path, **CAPPED)
    house.ranker.served = replace(served, permission=replace_all(LIVELY))
    house.put(*(message(f"m-{place}") for place in range(6)))
    for place in range(6):
        decision = house.rank(f"m-{place}")
        assert slate_of(decision) == ([f"m-{place}"] if place < 4 else [])
        if place < 4:
            assert house.holds.confirm(decision.decision_id, None, NOON).send == (f"m-{place}",)


def replace_all(cohort: Cohort) -> Permission:
    return Permission((0.0, 7.0, 28.0), (), (), (cohort,), cohort)


def test_complaints_are_kept_and_rows_of_before_have_none() -> None:
    known = Presence((3, 1), {"a": 7}, (NOON, NOON - 1))
    assert PRESENCE.read(written(known), "u") == known
    assert PRESENCE.read('{"days":[3],"seen":{}}', "u") == Presence((3,))


def _event(kind: EventType, at: Instant, name: str) -> Event:
    return Event(f"{kind}-{name}", kind, "u-1", at, message_id=name)
