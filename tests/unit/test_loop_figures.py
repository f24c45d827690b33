"""Arms and what they brought, on made-up results whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.loop import comparing, living, pages
from benchmarks.loop.arms import ARMS, BEHAVIOUR, FAMILIES, arm_named
from benchmarks.loop.figures import counted, measure
from benchmarks.loop.ground import Ground, Key
from pushrank.config import Category, PolicyConfig, load
from pushrank.config.home import shipped
from pushrank.domain.instants import DAY, HOUR, instant
from pushrank.domain.permission import Cohort
from pushrank.policy import Policy
from pushrank.scoring.permission import Permission
from pushrank.town.loop import Result, write_result

DEFAULT = load(shipped("policy", "default"), PolicyConfig)
NOON = instant("2026-11-01T12:00:00+00:00")
KEYS = (Key("plain", 40, 1), Key("plain", 40, 2))


def result(clicks: Sequence[int], opted_out: Sequence[int] | None = None) -> Result:
    """An arm in which each person got one push, at half past noon UTC after a question at noon."""
    ids = [f"u-{place:02d}" for place in range(len(clicks))]
    left = list(opted_out or [0] * len(clicks))
    people = pd.DataFrame(
        {
            "user_id": ids,
            "timezone": ["Asia/Kolkata", "UTC"] * (len(clicks) // 2),
            "activity": np.arange(1, len(clicks) + 1) / 4,
            "pushes": 1,
            "clicks": clicks,
            "ordinary_clicks": 2.0 * np.array(clicks),
            "opted_out": left,
            "days": 28.0,
            "starved": 0,
        }
    )
    pushes = pd.DataFrame(
        {
            "user_id": ids,
            "message_id": "m-1",
            "category": "news",
            "asked_at": NOON,
            "sent_at": NOON + HOUR // 2,
            "local_hour": [18, 12] * (len(clicks) // 2),
            "p_click": 0.1,
            "p_opt_out": 0.01,
            "clicked": np.minimum(clicks, 1),
            "opted_out": left,
            "net_value": 0.05,
            "propensity": 1.0,
        }
    )
    return Result(people, pushes, len(ids), {}, {})


def two_arms() -> dict[str, list[Result]]:
    """Two seeds; the second arm has twice the clicks of each person, and one leaves instead of two."""
    clicks = [place % 4 for place in range(40)]
    more = [2 * one for one in clicks]
    gone, fewer = [1, 1] + [0] * 38, [1] + [0] * 39
    return {
        "clicks-2": [result(clicks, gone), result(more, gone)],
        "ours": [result(more, fewer), result([2 * one for one in more], fewer)],
    }


def test_means_are_over_people_and_then_over_seeds() -> None:
    measured = measure(two_arms(), rounds=200)
    assert measured.mean("clicks-2", "clicks").by_seed == (1.5, 3.0)
    assert measured.mean("clicks-2", "clicks").value == 2.25
    assert measured.mean("ours", "ordinary_clicks").value == 9.0
    assert measured.mean("ours", "opted_out").value == pytest.approx(1 / 40)
    assert measured.mean("ours", "true_clicks").value == pytest.approx(0.1)


def test_what_differs_by_the_same_for_everybody_has_no_width() -> None:
    ratio = measure(two_arms(), rounds=200).ratio("ours", "clicks-2", "clicks")
    assert ratio.value == 2.0
    assert ratio.interval == pytest.approx((2.0, 2.0))
    assert ratio.by_seed == (2.0, 2.0)


def test_what_differs_for_one_person_has_an_interval_that_begins_at_nothing() -> None:
    difference = measure(two_arms(), rounds=500).difference("ours", "clicks-2", "opted_out")
    assert difference.value == pytest.approx(-1 / 40)
    assert difference.interval is not None
    low, high = difference.interval
    assert low < -1 / 40 < high <= 0.0


def test_the_interval_of_a_mean_is_as_wide_as_the_formula_says() -> None:
    rng = np.random.default_rng(1)
    clicks = [rng.poisson(2.0, 400).tolist() for _ in range(2)]
    found = measure({"ours": [result(one) for one in clicks]}).mean("ours", "clicks")
    assert found.interval is not None
    width = found.interval[1] - found.interval[0]
    error = np.sqrt(sum(np.var(one) / len(one) for one in clicks)) / 2
    assert width == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_a_ratio_to_nothing_is_no_figure() -> None:
    arms = {"none": [result([0] * 40)], "ours": [result([1] * 40)]}
    ratio = measure(arms, rounds=50).ratio("ours", "none", "clicks")
    assert np.isnan(ratio.value)
    assert ratio.interval is None


def test_arms_that_followed_other_people_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="expected b and a to follow the same people, got others in seed number 1"):
        measure({"a": [result([1] * 40)], "b": [result([1] * 42)]})


def test_who_got_no_push_counts_with_nothing() -> None:
    one = result([1] * 40)
    rest = Result(one.people, one.pushes.iloc[1:], one.asks, {}, {})
    assert counted(rest)["true_clicks"].tolist() == [0.0] + [0.1] * 39


def test_tables_tell_means_ratios_spread_and_differences() -> None:
    arms, beside, spread, more = comparing.compared(two_arms(), KEYS, "clicks-2")
    told = {row[0]: dict(zip(arms.columns, row, strict=True)) for row in arms.rows}
    assert told["ours"]["clicks"].startswith("4.5 (")
    assert told["ours"]["reach at the end"] == "97.5 %"
    assert told["clicks-2"]["reach at the end"] == "95.0 %"
    assert [row[0] for row in beside.rows] == ["ours"]
    assert beside.rows[0][1] == "2.000 (2.000 to 2.000)"
    assert spread.rows[0][3] == "0.50 to 0.50"
    assert more.rows[0][1].startswith("+2.25 (+")


def test_the_best_cap_has_the_most_clicks() -> None:
    arms = {f"clicks-{cap}": [result([cap % 3] * 40)] for cap in (1, 2, 3)}
    best, measured = comparing.best_cap(arms)
    assert best == "clicks-2"
    assert [row[0] for row in comparing.caps(measured, best).rows] == ["clicks-1", "clicks-2 (best)", "clicks-3"]


def lived(out: Path, key: Key, arm: str, model: str | None) -> None:
    place = living.folder(out, key, arm)
    write_result(result([1] * 40), place)
    (place / "arm.json").write_text(json.dumps({"made_of": {"model": model}}), encoding="utf-8")


def test_a_result_that_is_not_there_is_asked_for_by_its_command(tmp_path: Path) -> None:
    lived(tmp_path, KEYS[0], "ours", "abc")
    assert len(comparing.read(tmp_path, KEYS[:1], ["ours"])["ours"]) == 1
    with pytest.raises(comparing.MissingError, match="run --rules plain --users 40 --seed 2 --arm ours"):
        comparing.read(tmp_path, KEYS, ["ours"])


def test_arms_of_different_models_are_not_compared(tmp_path: Path) -> None:
    for arm, model in (("ours", "abc"), ("clicks-2", "abc"), ("no-value", "old"), (BEHAVIOUR, None)):
        lived(tmp_path, KEYS[0], arm, model)
    assert list(comparing.read(tmp_path, KEYS[:1], ["clicks-2", "ours", BEHAVIOUR])) == ["clicks-2", "ours", BEHAVIOUR]
    with pytest.raises(comparing.MissingError, match="expected arms of one model, got ours abc, no-value old"):
        comparing.read(tmp_path, KEYS[:1], ["ours", "no-value"])


def test_what_lies_there_without_a_word_of_how_it_was_made_is_made_again(tmp_path: Path) -> None:
    ground = Ground(KEYS[0], tmp_path / "ground")
    write_result(result([1] * 40), living.folder(tmp_path, KEYS[0], BEHAVIOUR))
    assert not living.is_there(tmp_path, ground, arm_named(BEHAVIOUR))


def test_the_hour_of_a_question_is_by_the_persons_own_clock() -> None:
    asked = pages.with_asked_hour(result([1, 0]))["asked_hour"].tolist()
    assert asked == [17, 12]


def test_a_page_shows_every_picture_and_asks_for_nothing_from_outside(tmp_path: Path) -> None:
    drawn = pages.pictures(two_arms())
    pages.write_page(drawn, tmp_path, "two <arms>")
    files = sorted(path.name for path in tmp_path.glob("*.png"))
    assert files == [
        "by-local-hour-clicks-2.png",
        "by-local-hour-ours.png",
        "clicks-against-opt-outs.png",
        "opt-outs-by-activity.png",
        "pushes-a-day-by-activity.png",
    ]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "two &lt;arms&gt;" in page
    assert "http" not in page
    assert page.count("<img ") == len(files)
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert all(f"({name})" in markdown for name in files)


@pytest.mark.parametrize(
    "name", [*ARMS, *(f"clicks-{cap}" for cap in (1, 2, 3, 4, 6)), "cap-3", "floor-0.05", "floor--0.02", "price-2"]
)
def test_every_arm_is_a_policy_that_does_not_contradict_itself(name: str) -> None:
    config = arm_named(name).config
    assert config is not None
    Policy.of(config, load(shipped("policy", "categories"), dict[str, Category]))


def test_ours_is_the_default_as_it_is_shipped() -> None:
    assert arm_named("ours").config == DEFAULT


def test_the_click_only_arm_keeps_nights_and_gaps_and_nothing_else_that_holds_back() -> None:
    config = arm_named("clicks-3").config
    assert config is not None
    assert (config.max_per_day, config.max_per_week, config.caps) == (3, None, ())
    assert (config.quiet_hours, config.min_gap_minutes) == (DEFAULT.quiet_hours, DEFAULT.min_gap_minutes)
    assert (config.adaptive, config.hours, config.exploration, config.variety, config.ramp_up) == (None,) * 5


def test_a_price_multiplies_what_permission_is_worth_to_everybody() -> None:
    some = Cohort(2.0, (0.0, 1.0), (0.0, 0.1), 10.0, 1)
    permission = Permission((0.0, 7.0), (), (), (some,), Cohort(3.0, (), (), 10.0, 1))
    priced = arm_named("price-1.5").priced(permission)
    assert (priced.cohorts[0].value, priced.pooled.value) == (3.0, 4.5)
    assert priced.cohorts[0].clicks == some.clicks
    assert arm_named("ours").priced(permission) is permission


@pytest.mark.parametrize(
    "name", ["best", "clicks-0", "clicks-1.5", "clicks-", "price-0", "price--1", "floor-x", "ours-2"]
)
def test_an_arm_that_there_is_not_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ValueError, match="arm: expected one of behaviour, ours, ") as refused:
        arm_named(name)
    assert all(family in str(refused.value) for family in FAMILIES)


def test_a_town_lives_four_weeks_after_its_log() -> None:
    plan = Key("weekly", 40, 3).plan
    assert plan.end - plan.log_end == 28 * DAY
    assert (plan.rules, plan.users, plan.seed) == ("weekly", 40, 3)


def test_an_arm_may_be_asked_for_slates() -> None:
    assert (arm_named("ours@3").slots, arm_named("ours@3").config) == (3, arm_named("ours").config)
    with pytest.raises(ValueError, match="arm: expected one of"):
        arm_named("ours@0")
