"""Bring a foreign log into the format of docs/log-format.md."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pushrank.logs import LogError, open_log
from pushrank.logs.importers import IMPORTERS, import_newsletter

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(stderr=True)

_ONLY_NEWSLETTER = "belongs to --format newsletter"


class Format(StrEnum):
    """A foreign format that can be read."""

    NEWSLETTER = "newsletter"
    OPEN_BANDIT = "open_bandit"


@app.command()
def import_log(
    foreign: Annotated[Format, typer.Option("--format", help="What the source is.")],
    source: Annotated[Path, typer.Option(help="Folder with the files of the foreign log.")],
    out: Annotated[
        Path, typer.Option(help="Folder of the log; open_bandit makes one folder in it per policy and set.")
    ],
    *,
    keep_cleaned: Annotated[
        bool,
        typer.Option(
            "--keep-cleaned", help="newsletter: departures count also after sends where the list was being cleaned."
        ),
    ] = False,
) -> None:
    """Write a foreign log as Parquet tables, times in UTC."""
    if keep_cleaned and foreign is not Format.NEWSLETTER:
        raise typer.BadParameter(_ONLY_NEWSLETTER, param_hint="--keep-cleaned")
    # 1. read, translate and write
    reader = partial(import_newsletter, keep_cleaned=True) if keep_cleaned else IMPORTERS[foreign]
    try:
        folders = reader(source, out)
    except (LogError, OSError) as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None
    # 2. say what there is now
    for folder in folders:
        log = open_log(folder)
        rows = {name: sum(len(batch) for batch in log.batches(name)) for name in log.tables}
        typer.echo(f"{folder}: {', '.join(f'{count} {name}' for name, count in rows.items())}")


if __name__ == "__main__":
    app()
