"""What protects minors: no marketing, and nights that nothing passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pushrank.config import ConfigError
from pushrank.config.types import Hours, Minors, QuietHours
from pushrank.domain.codes import Kind, Mode, Purpose, QuietAction, Urgency
from pushrank.domain.instants import HOUR, instant
from pushrank.domain.record import UserRecord
from pushrank.domain.user import QuietWindow, UserFacts
from pushrank.policy import Policy, recheck
from tests.small_house import House, codes_of
from tests.small_policies import NOON, divided, held, message, only_exclusion, policy, user

NIGHT = Minors("21:00", "08:00")
TEN_AT_NIGHT = instant("2026-11-23T22:00:00+00:00")
EIGHT = instant("2026-11-24T08:00:00+00:00")
NEWS, OFFER = message("m-news"), message("m-offer", "promo", purpose=Purpose.MARKETING)
SERVICE = message("m-order", "account", purpose=Purpose.SERVICE, kind=Kind.SERVICE)


def young(**preferences: Any) -> UserRecord:
    return replace(user(**preferences), facts=UserFacts(minor=True))


@pytest.fixture
def asked() -> Policy:
    return policy(minors=NIGHT)


def test_a_minor_gets_no_marketing_whatever_was_agreed_to(asked: Policy) -> None:
    excluded = only_exclusion(asked, young(), OFFER)
    assert excluded is not None
    assert (excluded.code, excluded.until) == ("minor_protected", None)
    assert only_exclusion(asked, young(), NEWS) is None
    assert only_exclusion(asked, user(), OFFER) is None


def test_an_age_band_below_eighteen_protects_as_well(asked: Policy) -> None:
    for band, code in (("13-17", "minor_protected"), ("18-24", None)):
        excluded = only_exclusion(asked, replace(user(), facts=UserFacts(age_band=band)), OFFER)
        assert (None if excluded is None else excluded.code) == code


def test_at_night_a_message_waits_for_the_morning_of_a_minor(asked: Policy) -> None:
    kept, _ = divided(asked, young(), [NEWS], TEN_AT_NIGHT)
    assert [row.send_at for row in kept] == [EIGHT]
    kept, _ = divided(asked, user(), [NEWS], TEN_AT_NIGHT)
    assert [row.send_at for row in kept] == [TEN_AT_NIGHT]


@pytest.mark.parametrize(
    ("one", "preferences", "now_only"),
    [
        (replace(NEWS, urgency=Urgency.BREAKING), {}, False),
        (replace(NEWS, expires_at=EIGHT), {}, False),
        (NEWS, {"in_quiet_hours": QuietAction.DROP}, False),
        (NEWS, {}, True),
    ],
)
def test_what_cannot_wait_is_removed_until_the_morning(
    asked: Policy, one: Any, preferences: dict[str, Any], *, now_only: bool
) -> None:
    _, (excluded,) = divided(asked, young(**preferences), [one], TEN_AT_NIGHT, now_only=now_only)
    assert (excluded.code, excluded.until) == ("minor_protected", EIGHT)


def test_the_night_binds_whatever_quiet_hours_the_user_set(asked: Policy) -> None:
    for windows in ((), (QuietWindow(2 * 60, 3 * 60),)):
        kept, _ = divided(asked, young(quiet_hours=windows), [NEWS], TEN_AT_NIGHT)
        assert [row.send_at for row in kept] == [EIGHT]


def test_quiet_hours_and_the_night_are_one_quiet_time(asked: Policy) -> None:
    nine = EIGHT + HOUR
    own = (QuietWindow(7 * 60, 9 * 60), QuietWindow(20 * 60, 21 * 60 + 30))
    for at in (TEN_AT_NIGHT, TEN_AT_NIGHT - 2 * HOUR, EIGHT + HOUR // 2):
        kept, _ = divided(asked, young(quiet_hours=own), [NEWS], at)
        assert [row.send_at for row in kept] == [nine], at


def test_service_messages_pass_quiet_hours_and_never_a_minors_night() -> None:
    passing = policy(minors=NIGHT, quiet_hours=(QuietHours("20:00", "10:00"),), service_passes=("quiet_hours",))
    kept, _ = divided(passing, young(), [SERVICE, NEWS], TEN_AT_NIGHT)
    assert [row.send_at for row in kept] == [EIGHT, EIGHT + 2 * HOUR]
    kept, _ = divided(passing, young(), [SERVICE], EIGHT)
    assert [row.send_at for row in kept] == [EIGHT]
    kept, _ = divided(passing, user(), [SERVICE], TEN_AT_NIGHT)
    assert [row.send_at for row in kept] == [TEN_AT_NIGHT]


def test_where_nobody_knows_the_clock_nothing_goes(asked: Policy) -> None:
    unknown = Policy(replace(asked.config, default_timezone=None), asked.tree, asked.constraints)
    excluded = only_exclusion(unknown, young(), NEWS)
    assert excluded is not None
    assert excluded.code == "no_timezone"


def test_without_minors_in_the_policy_nothing_is_different() -> None:
    kept, excluded = divided(policy(), young(), [NEWS, OFFER, SERVICE], TEN_AT_NIGHT)
    assert [row.send_at for row in kept] == [TEN_AT_NIGHT] * 3
    assert excluded == []


def test_a_confirm_at_night_is_stopped(asked: Policy) -> None:
    hold = held(NEWS.message_id, TEN_AT_NIGHT, TEN_AT_NIGHT + HOUR)
    record = replace(young(), pushes=(hold,))
    (verdict,) = recheck(asked, record, [(hold, NEWS)], TEN_AT_NIGHT + 1)
    assert (verdict.code, verdict.until) == ("minor_protected", EIGHT)


def test_no_better_hour_of_a_minor_lies_in_the_night(tmp_path: Path) -> None:
    house = House(tmp_path, minors=NIGHT, hours=Hours(24, 3), min_gap_minutes=60.0)
    house.put(*(replace(NEWS, message_id=f"m-{place}", published_at=NOON - HOUR) for place in range(12)))
    house.settle(facts=UserFacts(minor=True))
    decision = house.rank(everything=True, slots=12, as_of=NOON + 5 * HOUR, mode=Mode.LOOK)
    hours = [chosen.send_at // HOUR % 24 for chosen in decision.slate]
    assert hours == [17, 18, 19, 20, *range(8, 16)]


def test_a_minor_is_scored_by_messages_alone_and_holds_no_state(tmp_path: Path) -> None:
    house = House(tmp_path, minors=NIGHT)
    house.put(NEWS, OFFER)
    house.settle(facts=UserFacts(minor=True))
    decision = house.rank("m-news", "m-offer")
    assert codes_of(decision) == {"m-offer": "minor_protected"}
    assert [chosen.reasons for chosen in decision.slate] == [()]


def test_a_night_that_never_ends_is_refused() -> None:
    with pytest.raises(ConfigError, match="minors: expected a night that leaves a minute of the week open"):
        policy(minors=Minors("08:00", "08:00"))
    with pytest.raises(ConfigError, match="minors:"):
        policy(minors=NIGHT, quiet_hours=(QuietHours("08:00", "21:00"),))
