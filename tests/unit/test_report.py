"""The report on good rows and on rows that cannot carry it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushrank.evaluation.figures import Tree
from pushrank.evaluation.report import build_report
from pushrank.evaluation.rows import ScoredRows
from tests.scored_rows import CONFIG, scored_rows

METRICS = (
    "auc",
    "auc_within_user",
    "average_precision",
    "log_loss",
    "normalized_entropy",
    "expected_calibration_error",
)


@pytest.fixture(scope="module")
def report() -> Tree:
    return build_report(scored_rows(), CONFIG)


def test_every_figure_lies_in_its_interval(report: Tree) -> None:
    for head in ("click", "opt_out"):
        for name in METRICS:
            low, high = report[head][name]["interval"]
            assert low <= report[head][name]["value"] <= high, (head, name)


def test_baselines_have_the_same_figures(report: Tree) -> None:
    assert set(report["click"]["baselines"]) == {"constant", "user_rate", "lambdarank"}
    for figures in report["click"]["baselines"].values():
        assert {"n", "positives", *METRICS} == set(figures)
    assert report["click"]["baselines"]["constant"]["auc"] == {"value": 0.5, "interval": [0.5, 0.5]}


def test_a_score_that_only_orders_has_no_loss(report: Tree) -> None:
    loss = report["click"]["baselines"]["lambdarank"]["log_loss"]
    assert loss["value"] is None
    assert "no probabilities" in loss["reason"]


def test_slices_add_up_to_the_whole(report: Tree) -> None:
    assert set(report["click"]["slices"]) == {"category", "hour", "users"}
    for parts in report["click"]["slices"].values():
        assert sum(one["n"] for one in parts.values()) == report["click"]["n"]
        assert sum(one["positives"] for one in parts.values()) == report["click"]["positives"]


def test_ranking_counts_its_groups(report: Tree) -> None:
    ranking = report["ranking"]
    assert ranking["groups"] > 100
    assert ranking["ndcg@1"]["value"] > ranking["baselines"]["constant"]["ndcg@1"]["value"]
    assert ranking["ndcg@1"]["value"] <= ranking["ndcg@5"]["value"]
    assert set(ranking["left_out"]) == {"single_row", "without_positive"}


def test_a_log_without_propensities_has_no_off_policy_section(report: Tree) -> None:
    assert report["off_policy"] is None


def test_rows_with_an_unknown_label_are_no_negatives() -> None:
    rows = scored_rows()
    click = rows.click.copy()
    click[:1000] = -1
    found = build_report(dataclasses.replace(rows, click=click), CONFIG)["click"]
    assert (found["n"], found["unknown_labels"]) == (3000, 1000)
    assert found["positives"] == int(rows.click[1000:].sum())


def _degenerate() -> dict[str, ScoredRows]:
    rows = scored_rows(200)
    zeros, unknown = np.zeros(200, dtype=np.int8), np.full(200, -1, dtype=np.int8)
    empty = {
        field.name: getattr(rows, field.name)[:0]
        for field in dataclasses.fields(rows)
        if field.name not in {"categories", "scores"}
    }
    no_scores = {head: {name: one[:0] for name, one in by_name.items()} for head, by_name in rows.scores.items()}
    return {
        "no positives": dataclasses.replace(rows, click=zeros, opt_out=zeros),
        "only positives": dataclasses.replace(rows, click=zeros + 1, opt_out=zeros + 1),
        "one positive": dataclasses.replace(rows, click=(np.arange(200) == 3).astype(np.int8)),
        "no known label": dataclasses.replace(rows, click=unknown, opt_out=unknown),
        "no opt-out head": dataclasses.replace(rows, scores={"click": rows.scores["click"]}),
        "one user": dataclasses.replace(rows, user=np.zeros(200, dtype=np.int64)),
        "no rows": dataclasses.replace(rows, **empty, scores=no_scores),
    }


@pytest.mark.parametrize("case", list(_degenerate()))
def test_rows_that_carry_little_give_reasons_and_never_nan(case: str) -> None:
    report = build_report(_degenerate()[case], CONFIG)
    json.dumps(report, allow_nan=False)
    for figure in _figures(report):
        assert (figure["value"] is None) == bool(figure.get("reason")), figure


def _figures(tree: Any) -> list[Tree]:
    if isinstance(tree, list):
        return [figure for one in tree for figure in _figures(one)]
    if not isinstance(tree, dict):
        return []
    if set(tree) >= {"value", "interval"}:
        return [tree]
    return [figure for one in tree.values() for figure in _figures(one)]


def test_one_class_says_how_many_positives_there_are() -> None:
    found = build_report(_degenerate()["no positives"], CONFIG)["click"]["auc"]
    assert found == {"value": None, "interval": None, "reason": "one class only: 0 positives in 200 rows"}


def test_propensities_are_diagnosed() -> None:
    rows = scored_rows(4)
    propensity = np.array([0.5, 0.5, 0.25, np.nan])
    found = build_report(dataclasses.replace(rows, propensity=propensity), CONFIG)["off_policy"]
    assert (found["rows"], found["rows_without"]) == (3, 1)
    assert found["effective_sample_size"] == pytest.approx(8**2 / (4 + 4 + 16))
    assert found["largest_weight"] == pytest.approx(4 / 8)
    assert found["behaviour_value"]["value"] == pytest.approx(rows.click[:3].mean())
    assert found["candidate_value"]["value"] is None


@pytest.mark.parametrize("wrong", [0.0, 1.5, -0.1])
def test_a_propensity_outside_its_range_is_a_reason_and_no_figure(wrong: float) -> None:
    rows = scored_rows(10)
    propensity = np.full(10, 0.5)
    propensity[3] = wrong
    found = build_report(dataclasses.replace(rows, propensity=propensity), CONFIG)["off_policy"]
    assert found["reason"] == "propensity: expected above 0 and at most 1, got 1 of 10 rows outside"
    assert "effective_sample_size" not in found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sent_at": np.zeros(3, dtype=np.int64)}, r"sent_at: expected shape \(20,\)"),
        ({"click": np.full(20, 2, dtype=np.int8)}, "click: expected -1 to 1, got 2 to 2"),
        ({"local_hour": np.full(20, 24, dtype=np.int8)}, "local_hour: expected 0 to 23"),
        ({"category": np.full(20, 9)}, "category: expected 0 to 2"),
        ({"scores": {"click": {"constant": np.zeros(20)}}}, "expected 'model' among the names"),
        ({"scores": {"click": {"model": np.full(20, np.nan)}}}, "expected finite numbers, got 20 of 20"),
        ({"scores": {"sale": {"model": np.zeros(20)}}}, "expected a head of click, opt_out, got 'sale'"),
    ],
)
def test_rows_that_do_not_fit_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        scored_rows(20, **change)


def test_the_documentation_names_every_figure(report: Tree) -> None:
    text = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    names = [*report["click"], *report["ranking"]]
    assert [name for name in names if name not in text] == []
