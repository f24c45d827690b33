"""History in, history out."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer

from pushrank.cli.failing import failing
from pushrank.cli.opening import moment, opened, sound_log, windows
from pushrank.cli.showing import bar
from pushrank.service.clock import wall_clock
from pushrank.store.errors import StoreError
from pushrank.transfer.exporting import export_log
from pushrank.transfer.loading import load_log


def load(data: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of the log.")]) -> None:
    """Put a log with its users, preferences and consents into the store; safe to repeat and to resume."""
    with failing(ValueError, OSError, StoreError), opened(os.environ) as deployment:
        log = sound_log(data)
        rows = sum(len(batch) for batch in log.batches("outcomes", columns=["user_id"]))
        with bar("loading", rows) as progress:
            loaded = load_log(
                log,
                deployment.destination(data),
                windows(),
                deployment.home.work / "load",
                wall_clock(),
                progress=progress,
            )
    typer.echo(
        f"{loaded.messages} messages, {loaded.users} new users, {loaded.events} new events, "
        f"{loaded.duplicates} known before"
    )
    for code, count in loaded.rejected.items():
        typer.echo(f"refused: {count} events, {code}", err=True)


def export(
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write the log into.")],
    since: Annotated[str, typer.Option(metavar="TIME", help="Sends at or after it; ISO 8601 with offset.")],
) -> None:
    """Write what the store holds as a log, decisions and propensities included, users by pseudonym."""
    start = moment(since)
    with failing(ValueError, OSError, StoreError), opened(os.environ) as deployment:
        tables = export_log(deployment.store, out, start, deployment.key_id, token_hex(8))
    typer.echo(", ".join(f"{rows} {name}" for name, rows in tables.items()))
