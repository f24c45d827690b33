from __future__ import annotations

from typing import Any

import pytest

from pushrank.config import ConfigError
from pushrank.config.types import (
    Adaptive,
    CapRule,
    Hours,
    NearDuplicate,
    QuietHours,
    RampStep,
    RampUp,
    SeenElsewhere,
    UserCeiling,
    Variety,
)
from pushrank.domain.codes import Purpose
from tests.small_policies import policy, shipped_config

NAMES = shipped_config("default").constraints
COUNT = len(NAMES)
OFF: dict[str, Any] = {"caps": (), "min_gap_minutes": None, "ramp_up": None}
STILL: dict[str, Any] = {"adaptive": None}


def swapped(first: str, second: str) -> tuple[str, ...]:
    return tuple({first: second, second: first}.get(name, name) for name in NAMES)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"constraints": ()}, "constraints: expected a list of names in the order of checking, got none"),
        ({"constraints": (*NAMES, "cap_days")}, rf"constraints\[{COUNT}\]: .*got 'cap_days', did you mean 'cap_day'\?"),
        ({"constraints": (*NAMES, "muted")}, rf"constraints\[{COUNT}\]: expected each name once, got 'muted' again"),
        ({"constraints": NAMES[1:]}, "constraints: expected 'not_reachable' among them"),
        ({"constraints": swapped("unknown_message", "expired")}, r"\[.\]: expected 'unknown_message' before 'expired'"),
        ({"constraints": swapped("no_timezone", "quiet_hours")}, "expected 'no_timezone' before 'quiet_hours'"),
        ({"constraints": swapped("quiet_hours", "cap_week")}, "expected 'quiet_hours' before 'cap_week'"),
        ({"service_passes": ("quiet_hour",)}, r"service_passes\[0\]: .*did you mean 'quiet_hours'\?"),
        (
            {"service_passes": ("opted_out",)},
            r"service_passes\[0\]: expected one of quiet_hours, cap_day, cap_week, ramp_up, .*, got",
        ),
        (
            {"service_passes": ("cap_day", "cap_day")},
            r"service_passes\[1\]: expected each name once, got 'cap_day' again",
        ),
        ({"max_per_day": 11}, r"max_per_day: expected at most user_ceiling.max_per_day \(10\), got 11"),
        ({"max_per_week": 41}, r"max_per_week: expected at most user_ceiling.max_per_week \(40\), got 41"),
        ({"max_per_day": 5, "max_per_week": 4}, r"max_per_week: expected at least max_per_day \(5\), got 4"),
        ({"user_ceiling": UserCeiling(30, 20)}, r"user_ceiling.max_per_week: .*max_per_day \(30\), got 20"),
        ({"default_timezone": "Mars/Phobos"}, "default_timezone: expected an IANA time zone .*, got 'Mars/Phobos'"),
        ({"default_consents": {Purpose.SERVICE: True}}, "default_consents.recommendation: expected true or false"),
        ({"quiet_hours": (QuietHours("22:00", "08:00", ()),)}, r"quiet_hours\[0\].days: expected at least one weekday"),
        ({"hours": Hours(169, 3)}, "hours.ahead_hours: expected at most 168, got 169"),
        ({"quiet_hours": (QuietHours("00:00", "00:00"),)}, "quiet_hours: expected a minute of the week that is open"),
        ({"hold_minutes": 1441.0}, r"hold_minutes: expected at most 1440 \(a day\), got 1441.0"),
        ({"hold_minutes": float("inf")}, "hold_minutes: expected a finite number, got inf"),
        ({"value_floor": float("nan")}, "value_floor: expected a finite number, got nan"),
        ({"permission_value": float("inf")}, "permission_value: expected a finite number, got inf"),
        ({"repeat_after_days": float("inf")}, "repeat_after_days: expected a finite number, got inf"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused_with_its_key(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        policy("default", **changes)


def without(*codes: str) -> tuple[str, ...]:
    return tuple(name for name in NAMES if name not in codes)


def ramp(*steps: tuple[int, int], back: int = 30) -> dict[str, Any]:
    return {"ramp_up": RampUp(back, tuple(RampStep(*step) for step in steps))}


def adaptive(least: int = 2, week: int = 28, day: int = 5, days: float = 30.0) -> dict[str, Any]:
    return {"adaptive": Adaptive(least, week, day, days)}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (adaptive(least=29), r"adaptive.least_per_week: expected at most most_per_week \(28\), got 29"),
        (adaptive(day=11), r"adaptive.most_per_day: expected at most user_ceiling.max_per_day \(10\), got 11"),
        (adaptive(week=41, day=9), r"adaptive.most_per_week: .* user_ceiling.max_per_week \(40\), got 41"),
        (adaptive(week=22, day=3), r"adaptive.most_per_week: expected at most 7 x most_per_day \(21\), got 22"),
        (adaptive(days=366.5), "adaptive.too_often_days: expected at most 366, got 366.5"),
        (adaptive(days=float("inf")), "adaptive.too_often_days: expected at most 366, got inf"),
        (adaptive(days=float("nan")), "adaptive.too_often_days: expected at most 366, got nan"),
        (
            {"min_gap_minutes": 360.0} | adaptive(),
            r"min_gap_minutes: expected a gap that lets adaptive.most_per_day \(5\) pushes go .*, got 360.0",
        ),
    ],
)
def test_bounds_of_a_personal_cap_that_contradict_themselves_are_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        policy("default", **changes)


@pytest.mark.parametrize(
    "changes",
    [
        adaptive(28, 28, 4, 366.0),
        adaptive(week=40, day=10),
        adaptive(1, 1, 1, 0.001),
        {"min_gap_minutes": 359.0} | adaptive(),
        {"min_gap_minutes": None} | adaptive(),
        {"max_per_day": None, "max_per_week": None} | adaptive(),
        {"max_per_day": 0, "max_per_week": 0, "ramp_up": None} | adaptive(),
        {"user_ceiling": UserCeiling(5, 28)} | adaptive(),
    ],
)
def test_bounds_on_the_edge_are_accepted(changes: dict[str, Any]) -> None:
    assert policy("default", **changes).config.adaptive == changes["adaptive"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"caps": (CapRule(1, "1h"), CapRule(1, "1h", category="promo", kind="offer"))},
            r"caps\[1\]: expected at most one of category, kind and channel, got category and kind",
        ),
        ({"caps": (CapRule(1, "1h", kind="offer", channel="sms"),)}, "got kind and channel"),
        ({"caps": (CapRule(1, "32d"),)}, r"caps\[0\].window: expected at most 31d, got '32d'"),
        ({"caps": (CapRule(1, "745h"),)}, r"caps\[0\].window: expected at most 31d, got '745h'"),
        ({"caps": (CapRule(1, "1h"), CapRule(2, "60m"))}, r"caps\[1\]: .* got '60m' as in caps\[0\]"),
        ({"caps": (CapRule(1, "7d", kind="*"), CapRule(1, "1h"), CapRule(1, "168h", kind="*"))}, r"as in caps\[0\]"),
        ({"caps": (CapRule(1, "1h", channel="a b"),)}, r"caps\[0\].channel: expected a name that .*, got 'a b'"),
        ({"caps": (CapRule(1, "1h", channel="x" * 65),)}, r"caps\[0\].channel: expected a name"),
        ({"caps": (CapRule(1, "1h", channel=""),)}, r"caps\[0\].channel: expected a name"),
        (
            {"caps": (CapRule(1, "1h", category="prmo"),)},
            r"caps\[0\].category: expected a listed category.*, got 'prmo', did you mean 'promo'\?",
        ),
        ({"caps": (CapRule(1, "1h", category="new"),)}, "got 'new', did you mean 'news'"),
        ({"min_gap_minutes": 0.01}, "min_gap_minutes: expected between a second and 31 days, got 0.01"),
        (
            {"min_gap_minutes": 44641.0, "max_per_day": 1, **ramp((1, 1)), **STILL},
            "expected between a second and 31 days",
        ),
        ({"min_gap_minutes": float("nan")}, "min_gap_minutes: expected between a second and 31 days, got nan"),
        ({"min_gap_minutes": 720.0}, r"min_gap_minutes: expected a gap that lets max_per_day \(3\) .*, got 720.0"),
        (ramp((3, 1), back=1), "ramp_up.returning_after_days: expected at least 2, .*, got 1"),
        (ramp(), "ramp_up.steps: expected at least one step, got none"),
        (ramp((3, 1), (3, 2)), r"ramp_up.steps\[1\].days: expected more than the step before \(3\), got 3"),
        (ramp((1, 0), (3, 2), (4, 2)), r"ramp_up.steps\[2\].max_per_day: expected more than .* \(2\), got 2"),
        (ramp((3, 1), (15, 2)), r"ramp_up.steps\[1\].days: expected at most 14, got 15"),
        (ramp((3, 4)), r"ramp_up.steps\[0\].max_per_day: expected at most max_per_day \(3\), got 4"),
        ({"near_duplicate": NearDuplicate(0.0, 1.0)}, "near_duplicate.similarity: expected above 0 .*, got 0.0"),
        ({"near_duplicate": NearDuplicate(0.5, 367.0)}, "near_duplicate.days: expected at most 366, got 367.0"),
        ({"near_duplicate": NearDuplicate(0.5, float("nan"))}, "near_duplicate.days: expected at most 366, got nan"),
        ({"seen_elsewhere": SeenElsewhere(("view",), 367.0)}, "seen_elsewhere.days: expected at most 366, got 367.0"),
        ({"variety": Variety(0.1, 0.1, 169.0)}, "variety.half_life_hours: expected at most 168, got 169.0"),
        (
            {"constraints": without("cap_kind")},
            r"constraints: expected 'cap_kind' among them, for caps\[3\] is set; got a list without it",
        ),
        ({"constraints": without("cap_category")}, "expected 'cap_category' among them, for it always binds"),
        (
            {"constraints": without("cap_channel"), "caps": (CapRule(1, "day", channel="sms"),)},
            "expected 'cap_channel' among them",
        ),
        ({"constraints": without("min_gap")}, "expected 'min_gap' among them, for min_gap_minutes is set"),
        ({"constraints": without("ramp_up")}, "expected 'ramp_up' among them, for ramp_up is set"),
        (
            {"constraints": without("near_duplicate"), "near_duplicate": NearDuplicate(0.5, 1.0)},
            "expected 'near_duplicate' among them, for near_duplicate is set",
        ),
        (
            {"constraints": without("seen_elsewhere"), "seen_elsewhere": SeenElsewhere(("view",), 1.0)},
            "expected 'seen_elsewhere' among them, for seen_elsewhere is set",
        ),
        ({"constraints": without("cap_day"), **OFF}, "expected 'cap_day' among them, for it always binds"),
        ({"constraints": swapped("quiet_hours", "min_gap")}, "expected 'quiet_hours' before '(cap_day|min_gap)'"),
    ],
)
def test_rules_about_how_often_that_contradict_themselves_are_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        policy("default", **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"max_per_day": 10, "max_per_week": 10},
        {"max_per_day": None},
        {"max_per_week": None},
        {"max_per_day": 0, "max_per_week": 0, "ramp_up": None},
        {"user_ceiling": UserCeiling(12, 12), **STILL},
        {"hold_minutes": 1440.0},
        {"default_timezone": "Australia/Lord_Howe"},
        {"quiet_hours": (QuietHours("00:00", "00:00", ("sun",)),)},
        {"service_passes": ("quiet_hours", "cap_day", "cap_week", "min_gap", "ramp_up")},
        {"service_passes": ("cap_category", "cap_kind", "cap_channel")},
        {"caps": (CapRule(0, "31d"), CapRule(9, "44640m", kind="story"))},
        {"caps": (CapRule(1, "1d"), CapRule(1, "day"), CapRule(1, "7d"), CapRule(1, "week"))},
        {"caps": (CapRule(1, "1h", kind="offer"), CapRule(1, "1h", kind="*"), CapRule(1, "2h", kind="offer"))},
        {"caps": (CapRule(5, "1h", category="promo"), CapRule(3, "1d", category="promo"))},
        {"caps": (CapRule(1, "1h", category="sport.tennis.open"), CapRule(1, "1h", category="*"))},
        {"caps": (CapRule(1, "1h", channel="x" * 64), CapRule(1, "1h", channel="a_B.c:-9"), CapRule(1, "1h"))},
        {"min_gap_minutes": 719.0, **STILL},
        {"min_gap_minutes": 1 / 60, "max_per_day": None, "ramp_up": None},
        {"min_gap_minutes": 44640.0, "max_per_day": 1, **ramp((1, 1)), **STILL},
        {"max_per_day": 0, **ramp((1, 0))},
        ramp((1, 0), (2, 1), (14, 3), back=2),
        {"near_duplicate": None, "variety": Variety(1.0, 1.0, 168.0)},
        {"seen_elsewhere": None, "constraints": without("seen_elsewhere")},
        {"constraints": without("cap_kind", "cap_channel", "min_gap", "ramp_up"), **OFF},
        {"constraints": swapped("muted", "opted_out")},
    ],
)
def test_a_policy_on_the_edge_is_accepted(changes: dict[str, Any]) -> None:
    assert policy("default", **changes).config.version == "2026-11"
