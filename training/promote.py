"""Serve a registered model."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from pushrank.learning.people import warnings_of
from pushrank.learning.tracking import open_registry
from pushrank.service.clock import wall_clock
from training import door

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def promote(
    model: Annotated[str, typer.Option(help="models:/push_ranker/3 or models:/push_ranker@challenger", metavar="REF")],
) -> None:
    """Move the alias `champion` and lay the bundle at PUSHRANK_HOME/champion; exits with 1 if the gate did not pass.

    Warns where the version was trained with people who were erased since, and says by when to train it anew.
    """
    home = door.home()
    with door.failing():
        version = open_registry(home, os.environ).promote(model)
    for warning in warnings_of(version, wall_clock()):
        door.tell(warning)
    typer.echo(f"{version.reference} is the champion, at {home.champion}")


if __name__ == "__main__":
    app()
