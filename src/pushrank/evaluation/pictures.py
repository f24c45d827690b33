"""The pictures of the report, each drawn for light and for dark pages, as PNG in a data address."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pushrank.evaluation.figures import Tree
from pushrank.evaluation.rows import MODEL

Draw: TypeAlias = Callable[[Axes, "Ink"], None]


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours of one theme: paper, text, grid, the model's line and the lines of the baselines."""

    paper: str
    text: str
    grid: str
    model: str
    others: tuple[str, ...]


LIGHT = Ink("#ffffff", "#24292f", "#d8dee4", "#0550ae", ("#8c959f", "#bf8700", "#1a7f37", "#8250df", "#cf222e"))
DARK = Ink("#161b22", "#c9d1d9", "#30363d", "#58a6ff", ("#8b949e", "#d29922", "#3fb950", "#bc8cff", "#ff7b72"))


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture in both themes; `light` and `dark` are data addresses, `says` describes it for who cannot see it."""

    title: str
    says: str
    light: str
    dark: str


def pictures(head: Tree, noun: str) -> list[Picture]:
    """Draw what the curves of one head allow; `noun` names its positives, such as `clicks`."""
    curves: Mapping[str, Any] = head["curves"]
    drawn = []
    if curves["lift"]["share_of_rows"]:
        says = f"Share of all {noun} found among the best-scored share of pushes, for the model and each baseline."
        drawn.append(picture(f"Lift: {noun}", says, lambda axes, ink: _lift(axes, ink, curves["lift"], noun)))
    if curves["reliability"]:
        says = f"Predicted against observed rate of {noun} in groups of equal size, with 95 % intervals."
        bins = curves["reliability"]
        drawn.append(picture(f"Reliability: {noun}", says, lambda axes, ink: _reliability(axes, ink, bins)))
    if curves["hour"]:
        says = f"Rate of {noun} by the user's own hour, observed with 95 % intervals, and predicted."
        hours = curves["hour"]
        drawn.append(picture(f"By local hour: {noun}", says, lambda axes, ink: _hours(axes, ink, hours)))
    return drawn


def picture(title: str, says: str, draw: Draw) -> Picture:
    """Draw one picture in both themes; what it shows must have labels for its legend."""
    return Picture(title, says, _png(draw, LIGHT), _png(draw, DARK))


def _png(draw: Draw, ink: Ink) -> str:
    figure = Figure(figsize=(5.2, 3.6), dpi=110, facecolor=ink.paper, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=ink.paper)
    draw(axes, ink)
    axes.tick_params(colors=ink.text, labelsize=8)
    axes.grid(color=ink.grid, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_color(ink.grid)
    axes.legend(fontsize=8, facecolor=ink.paper, edgecolor=ink.grid, labelcolor=ink.text)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def label(axes: Axes, ink: Ink, x: str, y: str) -> None:
    """Name the axes."""
    axes.set_xlabel(x, color=ink.text, fontsize=9)
    axes.set_ylabel(y, color=ink.text, fontsize=9)


def _lift(axes: Axes, ink: Ink, lift: Tree, noun: str) -> None:
    shares = [100 * share for share in lift["share_of_rows"]]
    others = [name for name in lift["share_of_positives"] if name != MODEL]
    for place, name in enumerate(others):
        found = [100 * share for share in lift["share_of_positives"][name]]
        axes.plot(shares, found, color=ink.others[place % len(ink.others)], linewidth=1.2, label=name)
    found = [100 * share for share in lift["share_of_positives"][MODEL]]
    axes.plot(shares, found, color=ink.model, linewidth=2.4, label=MODEL)
    label(axes, ink, "best-scored pushes, %", f"{noun} among them, %")
    axes.set(xlim=(0, 100), ylim=(0, 100))


def _reliability(axes: Axes, ink: Ink, bins: list[Tree]) -> None:
    predicted = [100 * one["predicted"] for one in bins]
    _observed(axes, ink, predicted, bins, "o")
    most = max(*predicted, *(100 * one["interval"][1] for one in bins)) * 1.05
    axes.plot([0, most], [0, most], color=ink.others[0], linewidth=1, linestyle="--", label="as predicted")
    label(axes, ink, "predicted, %", "observed, %")
    axes.set(xlim=(0, max(predicted) * 1.1 or 1), ylim=(0, most or 1))


def _hours(axes: Axes, ink: Ink, hours: list[Tree]) -> None:
    clock = [one["hour"] for one in hours]
    _observed(axes, ink, clock, hours, "o")
    axes.plot(clock, [100 * one["predicted"] for one in hours], color=ink.others[1], linewidth=1.6, label="predicted")
    label(axes, ink, "local hour", "rate, %")
    axes.set(xlim=(-0.5, 23.5), xticks=range(0, 24, 3))
    axes.set_ylim(0, 100 * _top(hours))


def _top(hours: list[Tree]) -> float:
    """Find where the picture ends: room for the intervals, but not for those of hours with a handful of pushes."""
    highest = max(max(one["observed"], one["predicted"]) for one in hours)
    widest = max(one["interval"][1] for one in hours)
    return float(1.1 * (min(widest, 2.5 * highest) or widest))


def _observed(axes: Axes, ink: Ink, x: list[Any], points: list[Tree], mark: str) -> None:
    observed = [100 * one["observed"] for one in points]
    below = [max(100 * (one["observed"] - one["interval"][0]), 0.0) for one in points]
    above = [max(100 * (one["interval"][1] - one["observed"]), 0.0) for one in points]
    axes.errorbar(
        x, observed, yerr=[below, above], fmt=mark, color=ink.model, markersize=4, capsize=2, label="observed"
    )
