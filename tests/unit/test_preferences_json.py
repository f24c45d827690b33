from __future__ import annotations

from typing import Any

import pytest

from pushrank.domain.codes import Purpose, QuietAction
from pushrank.domain.preferences_json import PreferencesError, from_json, to_json
from pushrank.domain.user import Consent, Preferences, QuietWindow

FULL = {
    "push": True,
    "muted_until": "2026-11-24T00:00:00+00:00",
    "categories": {"*": True, "promo": False},
    "max_per_day": 3,
    "max_per_week": None,
    "quiet_hours": [{"from": "22:00", "to": "08:00", "days": ["mon", "sun"]}],
    "in_quiet_hours": "defer",
    "timezone": "Asia/Shanghai",
    "language": "zh",
    "personalisation": True,
    "consents": {
        "marketing": {"granted": False, "policy_version": "2026-11", "at": "2026-11-01T00:00:00+00:00"},
    },
    "objected": False,
    "category_caps": {"promo": 1},
    "tags": {"running": False},
    "version": 7,
}


def test_the_contracts_example_reads_and_writes_back_unchanged() -> None:
    assert to_json(from_json(FULL)) == FULL


def test_the_example_means_what_it_says() -> None:
    preferences = from_json(FULL)
    assert preferences.quiet_hours == (QuietWindow(22 * 60, 8 * 60, (0, 6)),)
    assert preferences.in_quiet_hours is QuietAction.DEFER
    assert preferences.consents[Purpose.MARKETING] == Consent(
        granted=False, policy_version="2026-11", at=1_793_491_200_000_000
    )


def test_nothing_said_is_the_default() -> None:
    assert from_json({}) == Preferences()
    assert from_json(to_json(Preferences())) == Preferences()


def test_a_window_without_days_starts_on_every_day() -> None:
    windows = from_json({"quiet_hours": [{"from": "00:00", "to": "23:59"}]}).quiet_hours
    assert windows == (QuietWindow(0, 23 * 60 + 59),)


@pytest.mark.parametrize(
    ("tree", "field"),
    [
        ({"push": None}, "push"),
        ({"push": 1}, "push"),
        ({"muted_until": "2026-11-24T00:00:00"}, "muted_until"),
        ({"muted_until": 1_700_000_000}, "muted_until"),
        ({"categories": {"promo": "no"}}, "categories/promo"),
        ({"categories": {"a b": True}}, "categories"),
        ({"categories": []}, "categories"),
        ({"max_per_day": -1}, "max_per_day"),
        ({"max_per_day": True}, "max_per_day"),
        ({"max_per_week": 2.5}, "max_per_week"),
        ({"quiet_hours": {}}, "quiet_hours"),
        ({"quiet_hours": [{"from": "25:00", "to": "08:00"}]}, "quiet_hours/0/from"),
        ({"quiet_hours": [{"from": "22:00"}]}, "quiet_hours/0/to"),
        ({"quiet_hours": [{"from": "22:00", "to": "08:00", "days": ["monday"]}]}, "quiet_hours/0/days"),
        ({"quiet_hours": [{"from": "22:00", "to": "08:00", "days": []}]}, "quiet_hours/0/days"),
        ({"quiet_hours": [{"from": "22:00", "to": "08:00", "day": []}]}, "quiet_hours/0/day"),
        ({"in_quiet_hours": "wait"}, "in_quiet_hours"),
        ({"in_quiet_hours": ["defer"]}, "in_quiet_hours"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc"}, "timezone"),
        ({"language": "e"}, "language"),
        ({"personalisation": "yes"}, "personalisation"),
        ({"consents": {"spam": {"granted": True}}}, "consents/spam"),
        ({"consents": {"marketing": True}}, "consents/marketing"),
        ({"consents": {"marketing": {}}}, "consents/marketing/granted"),
        ({"consents": {"marketing": {"granted": True, "at": "now"}}}, "consents/marketing/at"),
        ({"objected": 0}, "objected"),
        ({"version": -1}, "version"),
        ({"effective": {}}, "effective"),
        ({"pushes": True}, "pushes"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(tree: dict[str, Any], field: str) -> None:
    with pytest.raises(PreferencesError) as caught:
        from_json(tree)
    assert caught.value.field == field
    assert str(caught.value).startswith(field)
