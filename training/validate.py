"""Tell every fault of a log."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from pushrank.config import ConfigError
from pushrank.logs import Fault, LogError, Severity, load_columns, open_log
from pushrank.logs import validate as faults_of

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_WIDE = 200
_COLUMNS = ("severity", "file", "row", "column", "expected", "got", "count")


@app.command()
def validate(
    data: Annotated[Path, typer.Option(help="Folder of the log.")],
    columns: Annotated[
        str, typer.Option(help="Column map: a name in configs/training, or a YAML file.", metavar="NAME|FILE")
    ] = "columns",
) -> None:
    """List the faults of a log: file, first row (the first data row is 1), column, expectation, number of rows.

    Exits with 1 if any fault is fatal, else with 0.
    """
    # 1. look at every row
    try:
        faults = faults_of(open_log(data, load_columns(columns)))
    except ConfigError as error:
        raise typer.BadParameter(str(error), param_hint="--columns") from None
    except LogError as error:
        faults = [error.fault]
    # 2. tell what is wrong
    if faults:
        Console(width=None if sys.stdout.isatty() else _WIDE).print(_table(faults))
    fatal = sum(fault.severity is Severity.FATAL for fault in faults)
    typer.echo(f"{data}: {fatal} fatal faults, {len(faults) - fatal} warnings")
    raise typer.Exit(1 if fatal else 0)


def _table(faults: Sequence[Fault]) -> Table:
    table = Table(*(Column(name, overflow="fold") for name in _COLUMNS), box=SIMPLE)
    for fault in faults:
        colour = "red" if fault.severity is Severity.FATAL else "yellow"
        table.add_row(*(_cell(getattr(fault, name)) for name in _COLUMNS), style=colour)
    return table


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("[", r"\[")


if __name__ == "__main__":
    app()
