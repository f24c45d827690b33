"""Run the benchmarks: `python -m benchmarks [serving] [...]`. What is measured is told in `benchmarks/README.md`.

`python -m benchmarks promises ...` runs the proofs instead; they are no measurements, and `make bench` leaves them out.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import (
    constraints,
    erasure,
    folding,
    holding,
    hours,
    pages,
    permission,
    propensities,
    report,
    service_path,
    serving,
)
from benchmarks.report import Table
from pushrank.config.home import Home


class Name(StrEnum):
    """One benchmark."""

    SERVING = "serving"
    SERVICE_PATH = "service_path"
    CONSTRAINTS = "constraints"
    HOURS = "hours"
    PERMISSION = "permission"
    FOLDING = "folding"
    HOLDING = "holding"
    PROPENSITIES = "propensities"
    ERASURE = "erasure"
    PAGES = "pages"


def main(  # noqa: PLR0913 - options of the command
    names: Annotated[list[Name] | None, typer.Argument(help="Which ones; all unless told.")] = None,
    *,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians are over them.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.5, help="serving, holding: seconds of one round.")] = 4.0,
    users: Annotated[int, typer.Option(min=300, help="serving: people of the sample town.")] = 1500,
    rows: Annotated[list[float] | None, typer.Option(help="folding: impressions of a log; 1e6 unless told.")] = None,
    decisions: Annotated[int, typer.Option(min=1000, help="propensities: decisions in all.")] = 100_000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make town and model again.")] = False,
) -> None:
    """Measure, print tables and write them below `PUSHRANK_HOME/bench`."""
    # A benchmark that is told to end still ends the servers that it started.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    folder, console = Home.of(os.environ).root / "bench", Console(width=160)
    ways: Mapping[Name, Callable[[], Table]] = {
        Name.SERVING: lambda: serving.measure(folder, users=users, rounds=rounds, seconds=seconds, fresh=fresh),
        Name.SERVICE_PATH: lambda: service_path.measure(folder, users=users),
        Name.CONSTRAINTS: lambda: constraints.measure(folder, users=users, rounds=rounds),
        Name.HOURS: lambda: hours.measure(folder, users=users, rounds=rounds),
        Name.PERMISSION: lambda: permission.measure(folder, users=users, rounds=rounds),
        Name.FOLDING: lambda: folding.measure(folder, sizes=[int(size) for size in rows or [1e6]], rounds=rounds),
        Name.HOLDING: lambda: holding.measure(folder, rounds=rounds, seconds=seconds),
        Name.PROPENSITIES: lambda: propensities.measure(folder, users=users, decisions=decisions),
        Name.ERASURE: lambda: erasure.measure(rounds=rounds),
        Name.PAGES: lambda: pages.measure(folder, rounds=rounds),
    }
    tables = []
    for name in names or list(Name):
        tables.append(ways[name]())
        report.show(tables[-1], console)
        report.write(tables, folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["promises"]:
        from benchmarks.promises.__main__ import main as prove

        del sys.argv[1]
        prove()
    else:
        typer.run(main)
