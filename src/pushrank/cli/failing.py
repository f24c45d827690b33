"""How a command ends that could not do its work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def failing(*kinds: type[Exception]) -> Iterator[None]:
    """Turn the expected exceptions of the work into one line on standard error and exit code 1."""
    try:
        yield
    except kinds as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from None
