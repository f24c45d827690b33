"""Corners of the rules that no other test turns: each was found by a change of the code that nobody noticed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pushrank.config import ConfigError
from pushrank.config.types import CapRule, Category, NearDuplicate, QuietHours, RampStep, RampUp, SeenElsewhere, Variety
from pushrank.domain.codes import ExclusionCode, HoldState, Kind
from pushrank.domain.instants import DAY, HOUR, MINUTE, instant
from pushrank.domain.record import Presence
from pushrank.domain.user import QuietWindow
from pushrank.policy import Eligible, Policy, Scores, hold_of, net_value, recheck, select
from pushrank.policy import calendar as local_calendar
from pushrank.policy import windows as quiet_windows
from pushrank.policy.limits import Limit, Taken, full, window_of
from pushrank.policy.variety import factors
from pushrank.policy.windows import always_quiet, quiet_at, windows_of
from tests.small_policies import (
    NOON,
    UTC,
    divided,
    held,
    message,
    only_exclusion,
    policy,
    sent,
    shipped_categories,
    shipped_config,
    user,
)

BERLIN = "Europe/Berlin"


@pytest.fixture
def _nothing_remembered() -> None:
    for remembered in (quiet_windows._spans, windows_of, local_calendar.day_start):
        remembered.cache_clear()


@pytest.mark.usefixtures("_nothing_remembered")
class TestClocks:
    def test_a_policy_spells_its_windows_as_hours_and_minutes(self) -> None:
        hours = QuietHours("21:35", "07:15", ("tue", "sun"))
        assert windows_of((hours,)) == (QuietWindow(21 * 60 + 35, 7 * 60 + 15, (1, 6)),)

    def test_windows_that_overlap_touch_or_stand_apart_end_where_the_last_of_each_group_does(self) -> None:
        windows = tuple(
            QuietWindow(60 * start, 60 * end) for start, end in ((0, 6), (1, 2), (5, 8), (8, 9), (11, 12), (14, 15))
        )
        ends = {0: 9, 1: 9, 3: 9, 7: 9, 8: 9, 9: None, 10: None, 11: 12, 12: None, 14: 15, 15: None}
        for hour, end in ends.items():
            quiet = quiet_at(windows, BERLIN, instant(f"2026-11-24T{hour:02d}:00:00+01:00"))
            expected = None if end is None else instant(f"2026-11-24T{end:02d}:00:00+01:00")
            assert (None if quiet is None else quiet.end) == expected

    def test_an_edge_in_the_repeated_hour_counts_by_both_readings(self) -> None:
        window = (QuietWindow(2 * 60 + 30, 2 * 60 + 45),)
        first, second = instant("2026-10-25T02:30:00+02:00"), instant("2026-10-25T02:45:00+01:00")
        quiet = quiet_at(window, BERLIN, first)
        assert quiet is not None
        assert quiet_at(window, BERLIN, second - 1) is not None
        assert quiet_at(window, BERLIN, first - 1) is None
        assert quiet_at(window, BERLIN, second) is None

    def test_days_are_those_of_the_wall_clock_in_every_season(self) -> None:
        for text, hours in (("2026-03-29T12:00:00+02:00", 23), ("2026-10-25T12:00:00+01:00", 25)):
            start, end = local_calendar.day_bounds(BERLIN, instant(text))
            assert end - start == hours * HOUR
        start, end = local_calendar.day_bounds(BERLIN, instant("2026-07-01T00:00:00+02:00"))
        assert (start, end) == (instant("2026-07-01T00:00:00+02:00"), instant("2026-07-02T00:00:00+02:00"))


def test_a_week_is_all_quiet_however_its_windows_share_it() -> None:
    whole, noon = QuietWindow(0, 0), QuietWindow(720, 720, (6,))
    assert always_quiet((whole, noon))
    shared = (QuietWindow(0, 0, (0, 1, 2, 3, 4)), QuietWindow(0, 720, (5,)), QuietWindow(720, 720, (5,)))
    assert not always_quiet(shared)
    assert always_quiet((*shared, QuietWindow(720, 0, (6,))))


class TestLimits:
    TAKEN = (sent("a", NOON + 3 * DAY),)

    def test_what_was_sent_ahead_of_the_clock_counts_now_and_on_its_own_day_but_not_between(self) -> None:
        limit = Limit(ExclusionCode.CAP_DAY, "", window_of("day"), 1)
        taken = Taken(self.TAKEN, NOON)
        assert full(limit, taken, UTC, NOON) is not None
        assert full(limit, taken, UTC, NOON + DAY) is None
        assert full(limit, taken, UTC, NOON + 3 * DAY) is not None

    def test_a_rolling_window_holds_neither_what_just_left_nor_what_is_yet_to_come(self) -> None:
        limit = Limit(ExclusionCode.CAP_DAY, "*", window_of("1h"), 2)
        around = Taken([held("a", NOON - HOUR + 1, NOON + DAY), held("b", NOON + 1, NOON + DAY)], NOON)
        assert full(limit, around, UTC, NOON) is None

    def test_a_rule_of_another_channel_says_nothing(self) -> None:
        asked = policy(caps=(CapRule(0, "day", channel="huawei"),))
        pushes = [sent("a", NOON), sent("b", NOON)]
        assert only_exclusion(asked, user(pushes), message()) is None

    def test_what_is_full_is_named(self) -> None:
        asked = policy(max_per_day=1, caps=(CapRule(1, "7d", category="news"), CapRule(9, "2d")))
        found = only_exclusion(asked, user([sent("a", NOON)]), message(category="news.local"))
        assert found is not None
        assert (found.message_id, found.code, found.limit) == ("m-1", "cap_day", 1)
        found = only_exclusion(asked, user([sent("a", NOON - 2 * DAY)]), message(category="news.local"))
        assert found is not None
        assert (found.message_id, found.code, found.about, found.limit) == ("m-1", "cap_category", "news", None)
        rule = only_exclusion(policy(caps=(CapRule(1, "2h"),)), user([sent("a", NOON)]), message())
        assert rule is not None
        assert rule.limit is None

    def test_a_category_that_is_off_is_named_as_the_user_named_it(self) -> None:
        found = only_exclusion(policy(), user(categories={"sport": False}), message(category="sport.tennis"))
        assert found is not None
        assert found.about == "sport"
        tree = {**shipped_categories(), "club": Category({"en": "Club", "zh": "会"}, default=False)}
        asked = Policy.of(shipped_config("open"), tree)
        found = only_exclusion(asked, user(), message(category="club.chess"))
        assert found is not None
        assert found.about == "club.chess"


class TestConfirms:
    def test_a_stop_after_a_send_says_until_when(self) -> None:
        push = sent("m-1", NOON)
        (verdict,) = recheck(policy(), user([push], muted_until=NOON + DAY), [(push, message())], NOON + HOUR)
        assert (verdict.code, verdict.until) == (ExclusionCode.MUTED, NOON + DAY)
        assert verdict.push.state is HoldState.CONFIRMED

    def test_a_hold_goes_over_push_unless_told_otherwise(self) -> None:
        assert hold_of(shipped_config("open"), Eligible(message(), NOON), "d", "p").channel == "push"


class TestChoices:
    def test_equal_messages_go_by_event_and_the_one_without_comes_first(self) -> None:
        rows = [Eligible(message(event_key=key), NOON) for key in ("B", None, "A")]
        scores = Scores(np.full(3, 0.1), np.zeros(3), 1.0)
        asked = policy(value_floor=0.0)
        selection = select(asked, asked.ask(user(), NOON, UTC), rows, scores, 3)
        assert [one.event_key for one in selection.slate] == [None, "A", "B"]

    def test_exclusions_come_in_the_order_of_the_candidates(self) -> None:
        wanted = [message("late", expires_at=NOON), message("off", "sport"), message("soon", published_at=NOON + 1)]
        for order in (wanted, wanted[::-1], wanted[:2], wanted[1::-1]):
            _, out = divided(policy(), user(categories={"sport": False}), order)
            assert [one.message_id for one in out] == [one.message_id for one in order]

    def test_values_beyond_all_numbers_are_no_warning(self) -> None:
        worth, never = np.array([1e308, np.inf]), np.array([np.inf, np.inf])
        found = net_value(worth, Scores(np.array([10.0, 1.0]), never, 1.0))
        assert np.isnan(found).all()

    def test_an_older_tag_costs_less_and_each_candidate_is_looked_at(self) -> None:
        asked = policy(variety=Variety(category=0.0, tag=0.5, half_life_hours=24.0))
        pushes = [
            replace(sent("b", NOON - 2 * DAY), tags=("y", "x"), category="sport"),
            replace(sent("a", NOON - DAY), tags=("x",), category="food"),
        ]
        rows = [Eligible(message(f"m-{tags}", tags=tuple(tags)), NOON) for tags in ("z", "x", "xy", "y")]
        left = factors(asked.ask(user(pushes), NOON, UTC), rows)
        assert left is not None
        once, twice = 1 - 0.5 * 0.5, (1 - 0.5 * 0.5) * (1 - 0.5 * 0.25)
        assert left.tolist() == pytest.approx([1.0, twice, twice, 1.0])
        first_alone = replace(pushes[0], tags=("y",))
        left = factors(asked.ask(user([first_alone, pushes[1]]), NOON, UTC), rows)
        assert left is not None
        assert left.tolist() == pytest.approx([1.0, once, twice, 1.0])


class TestRepetition:
    ELSEWHERE = policy(seen_elsewhere=SeenElsewhere(("view",), 7.0))

    def test_service_messages_that_can_not_wait_pass_quiet_hours_that_let_them(self) -> None:
        hours = (QuietHours("10:00", "14:00"),)
        asked = policy(quiet_hours=hours, service_passes=("quiet_hours",))
        now, later = message("now", kind=Kind.SERVICE, expires_at=NOON + HOUR), message("later", expires_at=NOON + HOUR)
        kept, out = divided(asked, user(), [now, later])
        assert [(row.message.message_id, row.send_at) for row in kept] == [("now", NOON)]
        assert [one.message_id for one in out] == ["later"]

    def test_the_later_of_two_ways_in_which_something_was_met_decides(self) -> None:
        mail = [replace(sent("m-1", NOON - days * DAY), channel="mail") for days in (1, 3)]
        record = user(mail)
        found = only_exclusion(self.ELSEWHERE, record, message())
        assert found is not None
        assert found.until == NOON + 6 * DAY
        presence = Presence(seen={"m-1#@inbox": NOON - 2 * DAY, "sku": NOON - 2 * DAY, "x": NOON})
        both = replace(record, presence=presence)
        found = only_exclusion(self.ELSEWHERE, both, message(items=("sku",)))
        assert found is not None
        assert found.until == NOON + 6 * DAY
        newer = replace(record, presence=Presence(seen={"sku": NOON, "m-1#@inbox": NOON - HOUR}))
        found = only_exclusion(self.ELSEWHERE, newer, message())
        assert found is not None
        assert found.until == NOON - HOUR + 7 * DAY


class TestContradictions:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"constraints": ()}, "constraints: expected a list of names in the order of checking, got none"),
            (
                {"quiet_hours": (QuietHours("00:00", "00:00"),)},
                "quiet_hours: expected a minute of the week that is open, got windows that leave none",
            ),
            (
                {"ramp_up": RampUp(1, (RampStep(1, 1),))},
                "ramp_up.returning_after_days: expected at least 2, for days in a row are no break, got 1",
            ),
            ({"ramp_up": RampUp(30, ())}, "ramp_up.steps: expected at least one step, got none"),
            ({"near_duplicate": NearDuplicate(1.5, 7.0)}, "near_duplicate.similarity"),
            ({"caps": (CapRule(1, "day", category="**"),)}, "did you mean '*'"),
            ({"caps": (CapRule(1, "day", category="qqqqqqqq"),)}, "caps[0].category"),
        ],
    )
    def test_a_refusal_begins_with_its_key_and_says_what_was_expected(
        self, changes: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(ConfigError) as refused:
            policy(**changes)
        assert words in str(refused.value)
        assert str(refused.value).startswith(next(iter(changes)))

    def test_texts_that_are_the_same_letter_by_letter_may_be_the_only_duplicates(self) -> None:
        assert policy(near_duplicate=NearDuplicate(1.0, 7.0)).config.near_duplicate is not None


def test_holds_of_a_minute_end_after_it() -> None:
    asked = policy(hold_minutes=1.0)
    assert hold_of(asked.config, Eligible(message(), NOON), "d", "p").expires_at == NOON + MINUTE
