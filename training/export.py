"""Take a registered model elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pushrank.learning.tracking import open_registry
from pushrank.scoring import bundle
from training import door

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def export(
    model: Annotated[str, typer.Option(help="models:/push_ranker/3 or models:/push_ranker@champion", metavar="REF")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle; must not exist yet.")],
) -> None:
    """Write the bundle of a version, verified."""
    with door.failing():
        # 1. find and bring it
        registry = open_registry(door.home(), os.environ)
        version = registry.resolve(model)
        registry.download(version, out)
        # 2. load it as a service would
        found = bundle.load(out)
    typer.echo(f"{out}: {version.reference}, digest {found.digest}")


if __name__ == "__main__":
    app()
