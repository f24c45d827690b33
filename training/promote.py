"""Serve a registered model."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from pushrank.learning.tracking import open_registry
from training import door

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def promote(
    model: Annotated[str, typer.Option(help="models:/push_ranker/3 or models:/push_ranker@challenger", metavar="REF")],
) -> None:
    """Move the alias `champion` and lay the bundle at PUSHRANK_HOME/champion; exits with 1 if the gate did not pass."""
    home = door.home()
    with door.failing():
        version = open_registry(home, os.environ).promote(model)
    typer.echo(f"{version.reference} is the champion, at {home.champion}")


if __name__ == "__main__":
    app()
