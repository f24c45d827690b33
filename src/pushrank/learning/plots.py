"""Three small pictures of a run: lift, reliability, and which features the forests lean on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_MOST_FEATURES = 20


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
    axes.barh([names[place] for place in most], gains[most] / max(float(gains.sum()), 1e-12), color="#0550ae")
    axes.tick_params(axis="y", labelsize=7)
    figure.savefig(folder / f"{head}-importance.png")


def _page(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.0, 4.2), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    return figure, axes


def _reliability(axes: Axes, bins: Sequence[Mapping[str, Any]]) -> None:
    predicted = [one["predicted"] for one in bins]
    observed = np.array([one["observed"] for one in bins])
    low, high = np.array([one["interval"] for one in bins]).T
    errors = np.maximum([observed - low, high - observed], 0.0)
    axes.errorbar(predicted, observed, yerr=errors, fmt="o", markersize=4, capsize=2, color="#0550ae")
    most = max(*predicted, *high)
    axes.plot([0.0, most], [0.0, most], linestyle="--", color="#8c959f")


def _lift(axes: Axes, lift: Mapping[str, Any]) -> None:
    for name, found in lift["share_of_positives"].items():
        axes.plot(lift["share_of_rows"], found, label=name, linewidth=2.2 if name == "model" else 1.0)
    axes.legend(fontsize=8)
