from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pushrank.config.types import CapRule, RampStep, RampUp
from pushrank.domain.codes import ExclusionCode, HoldState, Kind
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import DAY, HOUR, MINUTE, SECOND, Instant, instant
from pushrank.domain.message import Message
from pushrank.domain.record import Presence, Push, UserRecord
from pushrank.domain.user import UserFacts
from pushrank.policy import Policy, Scores, exclude, recheck, select
from tests.small_policies import NOON, divided, held, message, policy, sent, user

MIDNIGHT = instant("2026-11-24T00:00:00+00:00")
MONDAY = instant("2026-11-30T00:00:00+00:00")
TODAY = NOON // DAY
RAMP = RampUp(30, (RampStep(3, 1), RampStep(7, 2)))


def out(
    asked: Policy, record: UserRecord, at: Instant = NOON, one: Message | None = None, channel: str = "push"
) -> tuple[str, Instant | None] | None:
    candidate = one or message()
    _, removed = exclude(asked, record, [(candidate.message_id, candidate)], at, "UTC", channel=channel)
    return (removed[0].code.value, removed[0].until) if removed else None


def of(category: str, at: Instant = NOON, kind: Kind = Kind.INFORM, channel: str = "push") -> Push:
    return replace(sent(f"x-{category}-{kind}-{channel}", at), category=category, kind=kind, channel=channel)


ROLLING: dict[str, tuple[dict[str, Any], Instant]] = {
    "cap_day": ({"caps": (CapRule(1, "90m"),)}, 90 * MINUTE),
    "cap_week": ({"caps": (CapRule(1, "25h"),)}, 25 * HOUR),
    "cap_category": ({"caps": (CapRule(1, "3d", category="news"),)}, 3 * DAY),
    "cap_kind": ({"caps": (CapRule(1, "24h", kind="inform"),)}, DAY),
    "cap_channel": ({"caps": (CapRule(1, "31d", channel="push"),)}, 31 * DAY),
    "min_gap": ({"min_gap_minutes": 60.0}, HOUR),
}


@pytest.mark.parametrize("code", ROLLING)
def test_a_rolling_window_lets_the_next_push_go_exactly_when_it_has_passed(code: str) -> None:
    changes, length = ROLLING[code]
    asked, record = policy(**changes), user([sent("a", NOON)])
    for after in (0, SECOND, length - SECOND, length - 1):
        assert out(asked, record, NOON + after) == (code, NOON + length)
    for after in (length, length + SECOND):
        assert out(asked, record, NOON + after) is None


CALENDAR: dict[str, tuple[dict[str, Any], Instant]] = {
    "cap_day": ({"caps": (CapRule(1, "day"),)}, MIDNIGHT),
    "cap_week": ({"caps": (CapRule(1, "week"),)}, MONDAY),
    "cap_category": ({"caps": (CapRule(1, "week", category="*"),)}, MONDAY),
    "cap_kind": ({"caps": (CapRule(1, "day", kind="*"),)}, MIDNIGHT),
    "cap_channel": ({"caps": (CapRule(1, "day", channel="*"),)}, MIDNIGHT),
    "ramp_up": ({"ramp_up": RAMP}, MIDNIGHT),
}


@pytest.mark.parametrize("code", CALENDAR)
def test_a_calendar_window_ends_with_the_local_day_or_week(code: str) -> None:
    changes, end = CALENDAR[code]
    asked, record = policy(**changes), user([sent("a", NOON)])
    for at in (NOON, end - SECOND, end - 1):
        assert out(asked, record, at) == (code, end)
    for at in (end, end + SECOND):
        assert out(asked, record, at) is None


@pytest.mark.parametrize("code", ROLLING)
def test_a_push_that_waits_for_its_hour_needs_room_behind_it_too(code: str) -> None:
    changes, length = ROLLING[code]
    later = held("a", NOON + length, NOON + length + HOUR)
    asked = policy(**changes)
    assert out(asked, user([later]), NOON) is None
    assert out(asked, user([later]), NOON + 1) == (code, NOON + 2 * length)


def test_a_window_before_a_later_hold_counts_what_is_in_it_and_until_is_the_first_gap() -> None:
    asked = policy(caps=(CapRule(2, "60m"),))
    record = user([sent("a", NOON - 50 * MINUTE), held("b", NOON + 30 * MINUTE, NOON + HOUR)])
    # In the hour before 12:30 there is the hold alone, and in the hour before noon the send alone.
    assert out(asked, record, NOON) is None
    crowded = user([*record.pushes, held("c", NOON + 31 * MINUTE, NOON + HOUR)])
    assert out(asked, crowded, NOON) == ("cap_day", NOON + 90 * MINUTE)
    far = user([sent("a", NOON - MINUTE), sent("b", NOON), held("c", NOON + 5 * HOUR, NOON + 6 * HOUR)])
    assert out(asked, far, NOON) == ("cap_day", NOON + 59 * MINUTE)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (CapRule(0, "2h"), "cap_day"),
        (CapRule(0, "week"), "cap_week"),
        (CapRule(0, "day", category="news"), "cap_category"),
        (CapRule(0, "2h", category="*"), "cap_category"),
        (CapRule(0, "2h", kind="*"), "cap_kind"),
        (CapRule(0, "day", kind="inform"), "cap_kind"),
        (CapRule(0, "2h", channel="*"), "cap_channel"),
        (CapRule(0, "2h", channel="push"), "cap_channel"),
    ],
)
def test_a_limit_of_nothing_is_never_and_for_nobody_else(rule: CapRule, code: str) -> None:
    assert out(policy(caps=(rule,)), user()) == (code, None)
    other = message("m-2", "promo", kind=Kind.STORY)
    anyone = rule.category == "*" or rule.kind == "*" or code in ("cap_day", "cap_week", "cap_channel")
    assert (out(policy(caps=(rule,)), user(), one=other) is not None) == anyone


@pytest.mark.parametrize(
    ("capped", "pushed", "candidate", "full"),
    [
        ("news", "news", "news", True),
        ("news", "news.local", "news.world", True),
        ("news", "news.local", "news", True),
        ("news.local", "news", "news.local", False),
        ("news.local", "news.local.harbour", "news.local", True),
        ("news.local", "news.local", "news", False),
        ("news", "newsletter", "news", False),
        ("news", "promo", "news", False),
        ("*", "news.local", "news.world", True),
        ("*", "news.local", "promo", False),
        ("*", "unlisted.below", "unlisted", True),
    ],
)
def test_a_category_counts_what_lies_below_it(capped: str, pushed: str, candidate: str, *, full: bool) -> None:
    asked = policy(caps=(CapRule(1, "2h", category=capped),))
    got = out(asked, user([of(pushed)]), one=message("m-1", candidate))
    assert got == (("cap_category", NOON + 2 * HOUR) if full else None)


def test_a_message_must_fit_its_own_category_and_each_parent_and_waits_for_the_last() -> None:
    asked = policy(caps=(CapRule(1, "1h", category="news.local"), CapRule(2, "3h", category="news")))
    local = message("m-1", "news.local")
    assert out(asked, user([of("news")]), one=local) is None
    assert out(asked, user([of("news.local")]), one=local) == ("cap_category", NOON + HOUR)
    assert out(asked, user([of("news.local"), of("news")]), one=local) == ("cap_category", NOON + 3 * HOUR)
    never = policy(caps=(CapRule(1, "1h", category="news"), CapRule(0, "1h", category="*")))
    assert out(never, user([of("news")]), one=local) == ("cap_category", None)


def test_kinds_and_channels_are_counted_apart() -> None:
    kinds = policy(caps=(CapRule(1, "1h", kind="offer"),))
    assert out(kinds, user([of("news", kind=Kind.OFFER)])) is None
    assert out(kinds, user([of("news", kind=Kind.OFFER)]), one=message(kind=Kind.OFFER)) is not None
    assert out(kinds, user([of("news", kind=Kind.STORY)]), one=message(kind=Kind.OFFER)) is None
    star = policy(caps=(CapRule(1, "1h", kind="*"), CapRule(1, "1h", channel="*")))
    email = user([of("promo", kind=Kind.STORY, channel="email")])
    assert out(star, email) is None
    assert out(star, email, channel="email") == ("cap_channel", NOON + HOUR)


def test_a_confirm_looks_at_the_channel_of_the_push_and_counts_the_message_as_it_is_now() -> None:
    asked = policy(caps=(CapRule(1, "1h", channel="email"),))
    mine = replace(held("m-1", NOON, NOON + HOUR), channel="email")
    for channel, code in (("email", ExclusionCode.CAP_CHANNEL), ("push", None)):
        record = user([of("promo", channel=channel), mine])
        assert recheck(asked, record, [(mine, message())], NOON)[0].code is code
    moved = recheck(asked, user([mine]), [(mine, message("m-1", "promo", kind=Kind.OFFER))], NOON)[0].push
    assert (moved.category, moved.kind, moved.state) == ("promo", Kind.OFFER, HoldState.CONFIRMED)


@pytest.mark.parametrize("code", ["cap_category", "cap_kind", "cap_channel", "min_gap"])
def test_service_messages_pass_what_the_policy_lets_them_and_count_for_others(code: str) -> None:
    changes, length = ROLLING[code]
    service = message("s", kind=Kind.SERVICE)
    if code == "cap_kind":
        changes = {"caps": (CapRule(1, "24h", kind="*"),)}
    record = user([sent("a", NOON), replace(of("news"), kind=Kind.SERVICE)])
    assert out(policy(**changes), record, one=service) is not None
    passing = policy(service_passes=(code,), **changes)
    kept, removed = divided(passing, record, [service, message()])
    assert [row.message for row in kept] == [service]
    assert [(one.code, one.until) for one in removed] == [(ExclusionCode(code), NOON + length)]


def test_a_slate_keeps_the_gap_within_itself() -> None:
    asked, record = policy(min_gap_minutes=1.0), user()
    kept, _ = exclude(asked, record, [(name, message(name)) for name in "abc"], NOON, "UTC")
    zeros = [0.0] * 3
    chosen = select(asked, asked.ask(record, NOON, "UTC"), kept, scores([0.3, 0.2, 0.1], zeros), 3)
    assert [one.scored.message_id for one in chosen.slate] == ["a"]
    assert chosen.excluded == (
        Exclusion("b", ExclusionCode.MIN_GAP, NOON + MINUTE),
        Exclusion("c", ExclusionCode.MIN_GAP, NOON + MINUTE),
    )


def scores(clicks: list[float], opt_outs: list[float]) -> Scores:
    return Scores(np.array(clicks), np.array(opt_outs), 10.0)


@pytest.mark.parametrize("code", [*ROLLING, "cap_day by calendar"])
def test_a_clock_that_ran_backwards_leaves_a_confirmed_push_counting_now(code: str) -> None:
    changes = {"max_per_day": 1} if code not in ROLLING else ROLLING[code][0]
    asked = policy(**changes)
    ahead = sent("a", NOON + 100 * DAY)
    assert out(asked, user([ahead]), NOON) is not None
    assert out(asked, user([replace(ahead, state=HoldState.HELD, expires_at=NOON + 101 * DAY)]), NOON) is None
    # Elsewhere than around now it counts where it stands, and in each window only once.
    twice = policy(caps=(CapRule(2, "day"), CapRule(2, "6h")))
    assert out(twice, user([sent("a", NOON + HOUR)]), NOON) is None


def newcomer(registered: Instant | None, *days: int, pushes: tuple[Push, ...] = ()) -> UserRecord:
    presence = Presence(tuple(TODAY - ago for ago in days))
    return replace(user(pushes), facts=UserFacts(registered_at=registered), presence=presence)


@pytest.mark.parametrize(
    ("record", "most"),
    [
        (newcomer(NOON), 1),
        (newcomer(NOON - 3 * DAY + 1), 1),
        (newcomer(NOON - 3 * DAY), 2),
        (newcomer(NOON - 7 * DAY + 1), 2),
        (newcomer(NOON - 7 * DAY), None),
        (newcomer(NOON + DAY), 1),
        (newcomer(None), 1),
        (newcomer(None, 0), 1),
        (newcomer(None, 0, 2), 1),
        (newcomer(None, 0, 3), 2),
        (newcomer(None, 1, 7), None),
        (newcomer(NOON - 300 * DAY, 0, 29), None),
        (newcomer(NOON - 300 * DAY, 0, 30), 1),
        (newcomer(NOON - 300 * DAY, 0, 1, 31), 1),
        (newcomer(NOON - 300 * DAY, 0, 3, 4, 34), 2),
        (newcomer(NOON - 300 * DAY, 2, 7, 40), None),
        (newcomer(NOON - 300 * DAY, 0, 30, 100), 1),
        (newcomer(NOON - 300 * DAY, 90), None),
        (newcomer(NOON, *range(16)), None),
        (newcomer(NOON - 8 * DAY, 0), None),
    ],
)
def test_a_ramp_holds_by_the_time_since_the_user_came_or_came_back(record: UserRecord, most: int | None) -> None:
    asked = policy(ramp_up=RAMP)
    for count in range(4):
        pushes = tuple(sent(f"x-{place}", NOON - HOUR) for place in range(count))
        full = most is not None and count >= most
        assert out(asked, replace(record, pushes=pushes)) == (("ramp_up", MIDNIGHT) if full else None)


def test_a_ramp_is_not_for_users_without_personalisation_and_may_begin_with_nothing() -> None:
    asked = policy(ramp_up=RampUp(30, (RampStep(3, 0), RampStep(5, 1))))
    assert out(asked, newcomer(NOON)) == ("ramp_up", None)
    plain = replace(newcomer(NOON), preferences=user(personalisation=False).preferences)
    assert out(asked, plain) is None
    gap = replace(plain, pushes=(sent("a", NOON),))
    assert out(policy(min_gap_minutes=5.0), gap) == ("min_gap", NOON + 5 * MINUTE)


def test_what_left_the_window_long_ago_does_not_end_it() -> None:
    asked, record = policy(caps=(CapRule(1, "1h"),)), user([sent("a", NOON - 5 * HOUR), sent("b", NOON)])
    assert out(asked, record) == ("cap_day", NOON + HOUR)


@pytest.mark.parametrize("ahead", [13 * HOUR, 25 * HOUR])
def test_a_push_ahead_of_the_clock_counts_from_the_first_moment_of_a_day(ahead: Instant) -> None:
    start = MIDNIGHT - DAY
    for at in (start, NOON):
        assert out(policy(max_per_day=1), user([sent("a", at + ahead)]), at) == ("cap_day", MIDNIGHT)
