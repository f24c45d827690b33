"""Write the feature table of the model card anew, after a feature came, went or changed its sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pushrank.features.view import feature_names
from pushrank.learning.card import with_table

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def card(
    file: Annotated[Path, typer.Option(help="The card.")] = Path("models/push_ranker/CARD.md"),
) -> None:
    """Put the table between its two marks."""
    file.write_text(with_table(file.read_text(encoding="utf-8"), feature_names(0, ())), encoding="utf-8")
    typer.echo(str(file))


if __name__ == "__main__":
    app()
