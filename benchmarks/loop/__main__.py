"""The closed loop, from the command line: `python -m benchmarks.loop run|compare|best-cap|pictures`."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import report
from benchmarks.loop import comparing, living, pages
from benchmarks.loop.arms import Arm, arm_named
from benchmarks.loop.ground import Key, prepared
from benchmarks.report import Table
from pushrank.config.home import Home
from pushrank.town import PLAIN, WEIGHTS, Plan
from pushrank.town.loop import Result

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

Users = Annotated[int, typer.Option(min=10, help="People of the town.")]
Rules = Annotated[str, typer.Option(help=f"How people react: {' or '.join(WEIGHTS)}.")]
Seeds = Annotated[str, typer.Option(help="Chances of the towns, with commas.")]
Out = Annotated[Path | None, typer.Option(help="Folder of results; PUSHRANK_HOME/bench/loop/results unless told.")]


@app.command()
def run(  # noqa: PLR0913 (each argument is an option)
    seed: Annotated[str, typer.Option(help="Chance of the town; several with commas, one after the other.")],
    arm: Annotated[list[str], typer.Option(help="An arm's name; several times for several.")],
    users: Users = 2000,
    rules: Rules = PLAIN,
    out: Out = None,
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Live through arms again whose results are there.")] = False,
    fresh_ground: Annotated[bool, typer.Option("--fresh-ground", help="Make log and model again, too.")] = False,
) -> None:
    """Live 28 days after the log under each arm, and write what came of it."""
    arms, keys = [_arm(name) for names in arm for name in names.split(",")], _keys(rules, users, seed)
    for key in keys:
        ground = prepared(_home() / "ground", key, fresh=fresh_ground)
        missing = [one for one in arms if fresh or not living.is_there(_out(out), ground, one)]
        living.live(_out(out), ground, missing)
        typer.echo(f"{key.name}: {len(missing)} lived, {len(arms) - len(missing)} there before")


@app.command()
def compare(
    seeds: Seeds,
    first: Annotated[str, typer.Option(help="The arm that the others are held against.")],
    arms: Annotated[str, typer.Option(help="The other arms, with commas.")],
    users: Users = 2000,
    rules: Rules = PLAIN,
    out: Out = None,
) -> None:
    """Show arms beside the first one, with intervals, and write the tables and all figures."""
    keys = _keys(rules, users, seeds)
    results = _results(_out(out), keys, [first, *(name for name in arms.split(",") if name != first)])
    tables = comparing.compared(results, keys, first)
    _show(tables, _out(out) / f"compare-{rules}-{users}-{first}")


@app.command()
def best_cap(
    seeds: Seeds,
    caps: Annotated[str, typer.Option(help="Caps per day, with commas.")] = "1,2,3,4,6",
    users: Users = 2000,
    rules: Rules = PLAIN,
    out: Out = None,
) -> None:
    """Find the click-only arm with the most clicks for each person on these seeds."""
    results = _results(_out(out), _keys(rules, users, seeds), [f"clicks-{cap}" for cap in caps.split(",")])
    best, measured = comparing.best_cap(results)
    _show([comparing.caps(measured, best)], _out(out) / f"best-cap-{rules}-{users}")
    typer.echo(best)


@app.command()
def pictures(
    seeds: Seeds,
    arms: Annotated[str, typer.Option(help="Arms, with commas.")],
    users: Users = 2000,
    rules: Rules = PLAIN,
    out: Out = None,
) -> None:
    """Draw frequency and opt-outs by activity, the hours, and clicks against opt-outs; PNG files and a page."""
    results = _results(_out(out), _keys(rules, users, seeds), arms.split(","))
    folder = _out(out) / f"pictures-{rules}-{users}"
    pages.write_page(pages.pictures(results), folder, f"{rules}: {users} people, seeds {seeds}")
    typer.echo(f"{folder}: report.html, report.md")


def _results(out: Path, keys: list[Key], arms: list[str]) -> dict[str, list[Result]]:
    try:
        return comparing.read(out, keys, arms)
    except comparing.MissingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _show(tables: list[Table], folder: Path) -> None:
    for table in tables:
        report.show(table, Console(width=200))
    report.write(tables, folder)
    typer.echo(f"{folder}: table.md, table.json", err=True)


def _keys(rules: str, users: int, seeds: str) -> list[Key]:
    if not re.fullmatch(r"\d+(,\d+)*", seeds):
        msg = f"seeds: expected whole numbers with commas between them, got {seeds!r}"
        raise typer.BadParameter(msg)
    try:
        Plan(users, rules=rules)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return [Key(rules, users, int(seed)) for seed in seeds.split(",")]


def _arm(name: str) -> Arm:
    try:
        return arm_named(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _home() -> Path:
    return Home.of(os.environ).root / "bench" / "loop"


def _out(out: Path | None) -> Path:
    return out or _home() / "results"


if __name__ == "__main__":
    # A run that is told to end still ends the processes that it started.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    app()
