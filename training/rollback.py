"""Serve the former champion again."""

from __future__ import annotations

import os

import typer

from pushrank.learning.tracking import open_registry
from training import door

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def rollback() -> None:
    """Move the alias `champion` and the bundle at PUSHRANK_HOME/champion back to the version before."""
    home = door.home()
    with door.failing():
        version = open_registry(home, os.environ).rollback()
    typer.echo(f"{version.reference} is the champion again, at {home.champion}")


if __name__ == "__main__":
    app()
