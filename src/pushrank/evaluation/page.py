"""`report.html`: one file that asks for nothing from outside, pictures first, tables below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jinja2

from pushrank.evaluation.figures import Tree
from pushrank.evaluation.pictures import Picture, pictures

METRICS = {
    "auc": "AUC",
    "auc_within_user": "AUC within user",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "normalized_entropy": "normalised entropy",
    "expected_calibration_error": "calibration error",
}
RANKING = {"ndcg@1": "nDCG@1", "ndcg@5": "nDCG@5", "mrr": "mean reciprocal rank"}
NOUNS = {"click": "clicks", "opt_out": "opt-outs"}
_KINDS = {"users": "Users with and without history", "category": "Categories", "hour": "Local hour of the push"}
_FOUR_PLACES_FROM = 0.01
_TEMPLATE = "report.html.jinja"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of cells that are already words; `best` marks the first row as the model's."""

    title: str
    columns: list[str]
    rows: list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the text, and what is said when the pointer rests on it."""

    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One head: a sentence, its pictures and its tables."""

    title: str
    summary: str
    pictures: list[Picture]
    tables: list[Table]
    slices: list[Table]


def render(report: Tree, title: str) -> str:
    """Turn the tree of `report.json` into a page. Every text of the tree is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pushrank.evaluation", "."), autoescape=True, undefined=jinja2.StrictUndefined
    )
    template = environment.get_template(_TEMPLATE)
    sections = [_section(report[head], noun) for head, noun in NOUNS.items() if report[head] is not None]
    missing = [noun for head, noun in NOUNS.items() if report[head] is None]
    return template.render(
        title=title,
        report=report,
        sections=sections,
        missing=missing,
        ranking=_ranking(report["ranking"]),
        off_policy=_facts(report["off_policy"] or {}),
    )


def _section(head: Tree, noun: str) -> Section:
    return Section(
        noun.capitalize(),
        _summary(head, noun),
        pictures(head, noun),
        [_figures(f"The model beside the baselines: {noun}", head, METRICS)],
        [_slice(_KINDS[kind], head["slices"][kind]) for kind in _KINDS if kind in head["slices"]],
    )


def _summary(head: Tree, noun: str) -> str:
    rate = f" ({100 * head['positives'] / head['n']:.3g} %)" if head["n"] else ""
    unknown = head["unknown_labels"]
    left_out = f" {unknown:,} pushes whose label is not known are left out." if unknown else ""
    return f"{head['positives']:,} {noun} in {head['n']:,} pushes{rate}.{left_out}"


def _figures(title: str, tree: Tree, metrics: dict[str, str]) -> Table:
    rows = [[Cell("model"), *_cells(tree, metrics)]]
    rows += [[Cell(name), *_cells(one, metrics)] for name, one in tree["baselines"].items()]
    return Table(title, ["", *metrics.values()], rows)


def _slice(title: str, parts: Tree) -> Table:
    rows = [
        [Cell(name), Cell(f"{one['n']:,}"), Cell(f"{one['positives']:,}"), *_cells(one, METRICS)]
        for name, one in parts.items()
    ]
    return Table(title, ["", "pushes", "positives", *METRICS.values()], rows)


def _ranking(tree: Tree | None) -> tuple[str, Table] | None:
    if tree is None:
        return None
    left = tree["left_out"]
    said = (
        f"{tree['groups']:,} groups: the pushes of one decision, else of one user and week. Left out:"
        f" {left['without_positive']:,} without a click and {left['single_row']:,} of one push, where there is no order"
        " to judge."
    )
    return said, _figures("Order within a group", tree, RANKING)


def _cells(tree: Tree, metrics: dict[str, str]) -> Iterator[Cell]:
    return (_cell(tree[name]) for name in metrics)


def _cell(figure: Tree) -> Cell:
    if figure["value"] is None:
        return Cell("-", figure["reason"])
    if figure["interval"] is None:
        return Cell(_number(figure["value"]))
    low, high = (_number(bound) for bound in figure["interval"])
    return Cell(f"{_number(figure['value'])} [{low}, {high}]", "95 % interval, by drawing users again")


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) >= _FOUR_PLACES_FROM or value == 0 else f"{value:.2g}"


def _facts(tree: Tree) -> list[tuple[str, Cell]]:
    return [(name.replace("_", " "), _fact(value)) for name, value in tree.items()]


def _fact(value: Any) -> Cell:
    if isinstance(value, dict):
        cell = _cell(value)
        return Cell(cell.text if value["value"] is not None else value["reason"], cell.hint)
    if isinstance(value, int):
        return Cell(f"{value:,}")
    return Cell(_number(value) if isinstance(value, float) else str(value))
