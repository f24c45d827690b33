"""Pictures of what policies did to people: how often, at which hours, and clicks against opt-outs."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pushrank.evaluation.pictures import Ink, Picture, label, picture
from pushrank.evaluation.rows import Floats

LEVELS = 10
_STYLES = ("-", "--", ":")
_HOURS = range(24)
_TICKS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32)


def png(drawn: Picture) -> bytes:
    """Give the light picture as a file's content."""
    return base64.b64decode(drawn.light.partition(",")[2])


def activity_levels(people: pd.DataFrame, levels: int = LEVELS) -> pd.DataFrame:
    """Group people by activity into levels of equal size, the least active first.

    `people` has `activity`, `pushes`, `days` (reachable) and `opted_out` (0 or 1). Columns: `activity` (median),
    `pushes_a_day`, `opt_outs` (share of the people), `people`. People of equal activity are in one level.
    """
    rank = people["activity"].rank(method="min") - 1
    groups = people.groupby((rank * levels // max(len(people), 1)).to_numpy(np.int64))
    sums = groups[["pushes", "days"]].sum()
    return pd.DataFrame(
        {
            "activity": groups["activity"].median(),
            "pushes_a_day": sums["pushes"] / sums["days"],
            "opt_outs": groups["opted_out"].mean(),
            "people": groups.size(),
        }
    )


def by_activity(people: Mapping[str, pd.DataFrame], levels: int = LEVELS) -> list[Picture]:
    """Draw pushes a day and the share who opted out against activity, a line for each policy."""
    grouped = {name: activity_levels(frame, levels) for name, frame in people.items()}
    return [
        picture(
            "Pushes a day by activity",
            f"Pushes for each reachable day, for people in {levels} levels of activity, under each policy.",
            lambda axes, ink: _lines(axes, ink, grouped, "pushes_a_day", "pushes a day"),
        ),
        picture(
            "Opt-outs by activity",
            f"Share of people who opted out, for people in {levels} levels of activity, under each policy.",
            lambda axes, ink: _lines(axes, ink, grouped, "opt_outs", "opted out, %", 100.0),
        ),
    ]


def hourly(pushes: pd.DataFrame) -> pd.DataFrame:
    """Count by local hour, 24 rows: shares of the pushes by when they were asked for and sent, and their click rate.

    `pushes` has `asked_hour`, `local_hour` and `clicked` (0 or 1). The rate is nan where nothing was sent.
    """
    asked, sent = (_share(pushes[name]) for name in ("asked_hour", "local_hour"))
    clicks = pushes.groupby("local_hour")["clicked"].mean().reindex(_HOURS)
    return pd.DataFrame({"asked": asked, "sent": sent, "clicked": clicks}, index=pd.Index(_HOURS, name="hour"))


def by_hour(pushes: Mapping[str, pd.DataFrame]) -> list[Picture]:
    """Draw for each policy when pushes were asked for, when they were sent, and how often they were then clicked."""
    return [_clock(name, hourly(frame)) for name, frame in pushes.items()]


def undominated(clicks: Sequence[float], opt_outs: Sequence[float]) -> list[int]:
    """Places of the policies that no other one beats in clicks without more opt-outs, by rising opt-outs."""
    order = np.lexsort((-np.asarray(clicks), np.asarray(opt_outs)))
    kept: list[int] = []
    for place in order.tolist():
        if not kept or clicks[place] > clicks[kept[-1]]:
            kept.append(place)
    return kept


def pareto(points: pd.DataFrame) -> Picture:
    """Draw clicks against opt-outs, both for each person, for a range of policies, and the front of the best.

    `points` has a row for each policy: `name`, `clicks`, `opt_outs`, and `clicks_low`, `clicks_high`, `opt_outs_low`,
    `opt_outs_high`, the ends of the intervals.
    """
    says = "Clicks for each person against the share who opted out, with 95 % intervals; up and to the left is better."
    return picture("Clicks against opt-outs", says, lambda axes, ink: _front(axes, ink, points))


def _lines(
    axes: Axes, ink: Ink, grouped: Mapping[str, pd.DataFrame], column: str, name: str, times: float = 1.0
) -> None:
    for place, (policy, levels) in enumerate(grouped.items()):
        color = ink.model if place == 0 else ink.others[(place - 1) % len(ink.others)]
        style = _STYLES[(place - 1) // len(ink.others) % len(_STYLES)] if place else "-"
        axes.plot(
            levels["activity"], times * levels[column], style, color=color, marker="o", markersize=3, label=policy
        )
    label(axes, ink, "visits a day", name)
    axes.set_xscale("log")
    axes.set_xticks(_TICKS, [f"{tick:g}" for tick in _TICKS])
    axes.minorticks_off()
    seen = pd.concat([levels["activity"] for levels in grouped.values()])
    axes.set_xlim(0.9 * seen.min(), 1.1 * seen.max())
    axes.set_ylim(bottom=0)


def _share(hours: pd.Series) -> pd.Series:
    counts = np.bincount(hours.to_numpy(np.int64), minlength=len(_HOURS))
    return pd.Series(counts / max(int(counts.sum()), 1), index=pd.Index(_HOURS))


def _clock(name: str, hours: pd.DataFrame) -> Picture:
    says = "Share of the pushes by local hour, as asked for and as sent, and the click rate of those sent then."
    return picture(f"By local hour: {name}", says, lambda axes, ink: _hours(axes, ink, hours))


def _hours(axes: Axes, ink: Ink, hours: pd.DataFrame) -> None:
    axes.bar(hours.index, 100 * hours["sent"], color=ink.model, alpha=0.45, label="sent")
    axes.step(hours.index, 100 * hours["asked"], where="mid", color=ink.others[0], linewidth=1.4, label="asked for")
    axes.plot(hours.index, 100 * hours["clicked"], color=ink.others[1], marker="o", markersize=3, label="clicked")
    label(axes, ink, "local hour", "share of pushes, click rate, %")
    axes.set(xlim=(-0.6, 23.6), xticks=range(0, 24, 3))
    axes.set_ylim(bottom=0)


def _front(axes: Axes, ink: Ink, points: pd.DataFrame) -> None:
    x, y = 100 * points["opt_outs"].to_numpy(), points["clicks"].to_numpy()
    across = 100 * _reach(points, "opt_outs")
    axes.errorbar(
        x, y, xerr=across, yerr=_reach(points, "clicks"), fmt="o", color=ink.model, markersize=4, elinewidth=0.6,
        label="policies",
    )  # fmt: skip
    best = undominated(y.tolist(), x.tolist())
    axes.plot(x[best], y[best], color=ink.others[1], linewidth=1.2, label="none is better")
    for name, at, clicks in zip(points["name"], x, y, strict=True):
        axes.annotate(name, (at, clicks), (4, 4), textcoords="offset points", fontsize=7, color=ink.text)
    label(axes, ink, "opted out, % of people", "clicks for each person")


def _reach(points: pd.DataFrame, name: str) -> Floats:
    ends = [points[name] - points[f"{name}_low"], points[f"{name}_high"] - points[name]]
    return np.asarray(np.maximum(np.stack([end.to_numpy(np.float64) for end in ends]), 0.0))
