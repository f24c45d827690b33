"""The pictures of a comparison, as PNG files and on a page of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import pandas as pd

from benchmarks.loop.figures import Figure, measure
from pushrank.domain.instants import HOUR, SECOND, utc_offset
from pushrank.evaluation import loop_pictures
from pushrank.evaluation.pictures import Picture
from pushrank.town.loop import Result

_STYLE = """
:root { --paper: #fff; --text: #24292f; --line: #d8dee4; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --text: #c9d1d9; --line: #30363d; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 78rem; background: var(--paper); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 6px; padding: .6rem; }
img { width: 100%; height: auto; display: block; }
"""


def pictures(results: Mapping[str, Sequence[Result]]) -> list[Picture]:
    """Draw everything that the results of arms show, the seeds together."""
    people = {arm: pd.concat([one.people for one in some], ignore_index=True) for arm, some in results.items()}
    pushes = {arm: pd.concat([with_asked_hour(one) for one in some]) for arm, some in results.items()}
    return [
        *loop_pictures.by_activity(people),
        loop_pictures.pareto(points(results)),
        *loop_pictures.by_hour({arm: frame for arm, frame in pushes.items() if len(frame)}),
    ]


def points(results: Mapping[str, Sequence[Result]]) -> pd.DataFrame:
    """Clicks and opt-outs of each arm with their intervals, as `loop_pictures.pareto` wants them."""
    measured = measure(results)
    rows = []
    for arm in measured.arms:
        clicks, opt_outs = (measured.mean(arm, name) for name in ("clicks", "opted_out"))
        rows.append({"name": arm, **_with_ends("clicks", clicks), **_with_ends("opt_outs", opt_outs)})
    return pd.DataFrame(rows)


def with_asked_hour(result: Result) -> pd.DataFrame:
    """The pushes of a result, with the local hour of the question that each answered."""
    zones = result.people.set_index("user_id")["timezone"]
    asked = result.pushes["asked_at"].to_numpy()
    names = zones.reindex(result.pushes["user_id"]).to_list()
    # Offsets hold for whole hours of UTC, so each pair of zone and hour is asked once.
    known: dict[tuple[str, int], int] = {}
    hours = []
    for zone, at in zip(names, asked.tolist(), strict=True):
        key = (zone, at // HOUR)
        if key not in known:
            known[key] = utc_offset(zone, at)
        hours.append((at + known[key] * SECOND) // HOUR % 24)
    return result.pushes.assign(asked_hour=pd.Series(hours, index=result.pushes.index, dtype="int64"))


def write_page(drawn: Sequence[Picture], folder: Path, title: str) -> None:
    """Write a PNG for each picture, and `report.html` and `report.md` that show them all."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{_file_name(one.title)}.png" for one in drawn]
    for name, one in zip(names, drawn, strict=True):
        (folder / name).write_bytes(loop_pictures.png(one))
    figures = "\n".join(_figure(one) for one in drawn)
    page = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    page += (
        f"<style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n<main>\n{figures}\n</main></body></html>\n"
    )
    (folder / "report.html").write_text(page, encoding="utf-8")
    shown = [f"![{one.title}]({name})\n\n{one.says}\n" for name, one in zip(names, drawn, strict=True)]
    (folder / "report.md").write_text("\n".join([f"# {title}\n", *shown]), encoding="utf-8")


def _figure(one: Picture) -> str:
    says, title = escape(one.says), escape(one.title)
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{one.dark}">'
    picture = f'<picture>{dark}<img src="{one.light}" alt="{says}"></picture>'
    return f"<figure>{picture}<figcaption><b>{title}</b><br>{says}</figcaption></figure>"


def _file_name(title: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", title.lower()).strip("-")


def _with_ends(name: str, figure: Figure) -> dict[str, float]:
    low, high = figure.interval or (figure.value, figure.value)
    return {name: figure.value, f"{name}_low": low, f"{name}_high": high}
