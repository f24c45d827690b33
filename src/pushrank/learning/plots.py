"""The pictures of a run: lift, reliability, what the forests lean on, and how many pushes a week suit whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pushrank.learning.observed import Observed
from pushrank.learning.permission import Study
from pushrank.policy.frequency import welcome

_MOST_FEATURES = 20
_COLORS = ("#0550ae", "#bf8700", "#1a7f37")


def draw_report(report: Mapping[str, Any], folder: Path) -> None:
    """Draw lift and reliability of each head in a tree of report.json into PNGs in `folder`."""
    for head in ("click", "opt_out"):
        curves = (report.get(head) or {}).get("curves", {})
        if curves.get("reliability"):
            figure, axes = _page(f"{head}: reliability", "predicted", "observed")
            _reliability(axes, curves["reliability"])
            figure.savefig(folder / f"{head}-reliability.png")
        if curves.get("lift", {}).get("share_of_rows"):
            figure, axes = _page(f"{head}: lift", "share of sends, best first", "share of positives")
            _lift(axes, curves["lift"])
            figure.savefig(folder / f"{head}-lift.png")


def draw_importance(head: str, text: str, folder: Path) -> None:
    """Draw the features of a model text by their total gain."""
    booster = lightgbm.Booster(model_str=text)
    gains = np.asarray(booster.feature_importance("gain"), dtype=np.float64)
    most = np.argsort(gains)[::-1][:_MOST_FEATURES][::-1]
    names: Sequence[str] = booster.feature_name()
    figure, axes = _page(f"{head}: what the forest leans on", "share of the gain", "")
    axes.barh([names[place] for place in most], gains[most] / max(float(gains.sum()), 1e-12), color=_COLORS[0])
    axes.tick_params(axis="y", labelsize=7)
    figure.savefig(folder / f"{head}-importance.png")


def draw_welcome(learned: Study, folder: Path) -> None:
    """Draw the pushes a week that suit against activity, one line for each level of clicks; nothing without levels."""
    permission, observed = learned.permission, learned.observed
    if not (permission.levels and observed):
        return
    figure, axes = _page("pushes a week that suit", "signs of life a day", "pushes a week")
    edges = np.array(permission.activity_edges)
    ends = np.concatenate(([0.0], edges, [max(2.0 * edges[-1] if edges.size else 1.0, observed[-1].activity)]))
    best = [welcome(permission.levels, cohort)[0] for cohort in permission.cohorts]
    table = np.array(best, dtype=np.float64).reshape(edges.size + 1, -1)
    for place, (column, color) in enumerate(zip(table.T, _COLORS, strict=False)):
        # Lines that say the same lie side by side.
        beside, label = column + 0.1 * place, _clicks(permission.click_edges, place)
        axes.stairs(beside, ends, baseline=None, color=color, linewidth=2.0, label=label)
    axes.set_ylim(0.0, 1.4 * float(table.max()) + 1.0)
    axes.legend(fontsize=8)
    figure.savefig(folder / "pushes-a-week.png")


def draw_observed(levels: Sequence[Observed], folder: Path) -> None:
    """Draw pushes a day and opt-outs against activity as counted, with intervals; nothing where activity is one."""
    if len(levels) < 2:  # noqa: PLR2004 - a point is no course
        return
    figure = Figure(figsize=(9.0, 4.2), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    activity = [one.activity for one in levels]
    _errors(left, activity, [one.pushes for one in levels], [one.pushes_between for one in levels])
    _errors(right, activity, [one.opt_outs for one in levels], [one.opt_outs_between for one in levels])
    left.set(title="pushes a day", xlabel="signs of life a day")
    right.set(title="opt-outs per 1,000 user-days", xlabel="signs of life a day")
    figure.savefig(folder / "by-activity.png")


def _clicks(edges: Sequence[float], place: int) -> str:
    if not edges:
        return "everybody"
    if place == 0:
        return f"below {edges[0]:.2g} of pushes clicked"
    return f"{edges[place - 1]:.2g} of pushes clicked or more"


def _page(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.0, 4.2), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    return figure, axes


def _reliability(axes: Axes, bins: Sequence[Mapping[str, Any]]) -> None:
    predicted = [one["predicted"] for one in bins]
    _errors(axes, predicted, [one["observed"] for one in bins], [one["interval"] for one in bins])
    most = max(*predicted, *(one["interval"][1] for one in bins))
    axes.plot([0.0, most], [0.0, most], linestyle="--", color="#8c959f")


def _errors(axes: Axes, x: Sequence[float], y: Sequence[float], between: Sequence[tuple[float, float]]) -> None:
    low, high = np.array(between).T
    errors = np.maximum([np.array(y) - low, high - np.array(y)], 0.0)
    axes.errorbar(x, y, yerr=errors, fmt="o", markersize=4, capsize=2, color=_COLORS[0])
    axes.set_ylim(bottom=0.0)


def _lift(axes: Axes, lift: Mapping[str, Any]) -> None:
    for name, found in lift["share_of_positives"].items():
        axes.plot(lift["share_of_rows"], found, label=name, linewidth=2.2 if name == "model" else 1.0)
    axes.legend(fontsize=8)
