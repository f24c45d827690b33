"""With no champion yet: make the sample town, train on it, load it into the store, promote the model."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated

import typer

from pushrank.cli.example import write_example
from pushrank.cli.keys import ensure_dev_key
from pushrank.service.clock import wall_clock
from pushrank.town import END
from training import door

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def _step(what: str, *arguments: str) -> str:
    """Run another recipe, say what it is for, and give the last line that it printed."""
    door.tell(f"pushrank: {what} ...")
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own recipes
        [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise typer.Exit(done.returncode)
    lines = done.stdout.strip().splitlines()
    return lines[-1] if lines else ""


@app.command()
def first_start(users: Annotated[int, typer.Option(min=200, help="People of the sample town.")] = 2500) -> None:
    """Prepare a first start from nothing; where a champion is installed, only what is missing beside it."""
    home = door.home()
    town = home.root / "town"
    if not home.champion.exists():
        # 1. a log to learn from
        _step("making a sample town (synthetic)", "training.sample", "--out", str(town), "--users", str(users))
        # 2. a model of it, registered if it passes the gate
        reference = _step("training and judging a model", "training.train", "--data", str(town))
        # 3. the town's people, messages and history into the store
        _step("loading the town into the store", "pushrank.cli", "load", "--data", str(town))
        # 4. the model becomes the champion: from here on a start needs none of this
        _step(f"promoting {reference}", "training.promote", "--model", reference)
    # 5. a key and a call to try it with
    with door.failing():
        ensure_dev_key(os.environ, wall_clock())
        write_example(os.environ, town, END)


if __name__ == "__main__":
    app()
