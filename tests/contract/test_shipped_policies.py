"""The shipped policies can be used, and docs/policy.md says what they and the constraints say."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from pushrank.config import PolicyConfig
from pushrank.config.home import configs_root
from pushrank.policy import Policy
from pushrank.policy.constraints import CONSTRAINTS
from tests.small_policies import shipped_categories, shipped_config

DOCUMENT = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
SHIPPED = sorted(
    path.stem for path in (configs_root() / "policy").glob("*.yaml") if path.stem not in ("categories", "purposes")
)
# What the settings table leaves out: named elsewhere, or no rule of the policy itself.
TOLD_ELSEWHERE = {"version", "constraints", "consider", "certificate"}


def rows(heading: str) -> list[list[str]]:
    section = DOCUMENT.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def plain(name: str) -> dict[str, Any]:
    tree = msgspec.json.decode(msgspec.json.encode(shipped_config(name)))
    assert isinstance(tree, dict)
    return tree


def documented(cell: str) -> Any:
    return yaml.safe_load(cell.strip("`"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_policy_can_be_used(name: str) -> None:
    asked = Policy.of(shipped_config(name), shipped_categories())
    assert [constraint.code for constraint in asked.constraints] == list(asked.config.constraints)


@pytest.mark.parametrize(("column", "name"), [(1, "default"), (2, "open")])
def test_the_settings_are_those_of_the_document(column: int, name: str) -> None:
    shipped = plain(name)
    for row in rows("Settings"):
        expected, key = documented(row[column]), row[0].strip("`")
        if key == "quiet_hours":
            shipped[key] = [{"start": hours["start"], "end": hours["end"]} for hours in shipped[key]]
        if key == "caps":
            shipped[key] = [{name: said for name, said in rule.items() if said is not None} for rule in shipped[key]]
        assert shipped[key] == expected, key


def test_the_document_names_every_setting() -> None:
    named = {row[0].strip("`") for row in rows("Settings")}
    assert named == {field.name for field in dataclasses.fields(PolicyConfig)} - TOLD_ELSEWHERE


def test_the_document_names_every_constraint_in_the_shipped_order() -> None:
    named = [row[0].strip("`") for row in rows("Constraints")]
    assert named == list(shipped_config("default").constraints)
    assert set(named) == set(CONSTRAINTS)


def test_the_document_names_what_a_repeated_confirm_asks_again() -> None:
    section = " ".join(DOCUMENT.split("## At the confirm\n")[1].split("\n## ")[0].split())
    sentence = section.split("When a confirm is repeated,")[1].split("turn a")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == {code for code, one in CONSTRAINTS.items() if one.permission}


def test_the_open_policy_has_nothing_but_what_users_set() -> None:
    shipped = shipped_config("open")
    assert (shipped.max_per_day, shipped.max_per_week, shipped.quiet_hours, shipped.caps) == (None, None, (), ())
    pace_and_taste = shipped.min_gap_minutes, shipped.ramp_up, shipped.variety
    assert [*pace_and_taste, shipped.near_duplicate, shipped.seen_elsewhere] == [None] * 5
    assert all(shipped.default_consents.values())


def test_every_category_has_a_title_in_both_languages() -> None:
    assert all(set(category.title) == {"en", "zh"} for category in shipped_categories().values())
