from __future__ import annotations

from typing import Any

import pytest

from pushrank.config import ConfigError
from pushrank.config.types import QuietHours, UserCeiling
from pushrank.domain.codes import Purpose
from tests.small_policies import policy, shipped_config

NAMES = shipped_config("default").constraints


def swapped(first: str, second: str) -> tuple[str, ...]:
    return tuple({first: second, second: first}.get(name, name) for name in NAMES)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"constraints": ()}, "constraints: expected a list of names in the order of checking, got none"),
        ({"constraints": (*NAMES, "cap_days")}, r"constraints\[15\]: .*got 'cap_days', did you mean 'cap_day'\?"),
        ({"constraints": (*NAMES, "muted")}, r"constraints\[15\]: expected each name once, got 'muted' again"),
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


@pytest.mark.parametrize(
    "changes",
    [
        {"max_per_day": 10, "max_per_week": 10},
        {"max_per_day": None},
        {"max_per_week": None},
        {"max_per_day": 0, "max_per_week": 0},
        {"user_ceiling": UserCeiling(12, 12)},
        {"hold_minutes": 1440.0},
        {"default_timezone": "Australia/Lord_Howe"},
        {"quiet_hours": (QuietHours("00:00", "00:00", ("sun",)),)},
        {"service_passes": ("quiet_hours", "cap_day", "cap_week")},
        {"constraints": swapped("muted", "opted_out")},
    ],
)
def test_a_policy_on_the_edge_is_accepted(changes: dict[str, Any]) -> None:
    assert policy("default", **changes).config.version == "2026-11"
