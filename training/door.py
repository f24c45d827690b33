"""What the doors of the recipes share: reading moments, saying what went wrong, a folder for one run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console

from pushrank.config import ConfigError
from pushrank.config.home import Home
from pushrank.domain.instants import Instant, instant
from pushrank.learning.errors import LearningError
from pushrank.logs import LogError
from pushrank.rights.pseudonyms import SecretError
from pushrank.scoring.manifest import BundleError

console = Console(stderr=True)


def moment(text: str | None) -> Instant | None:
    """Read a TIME of the command line; None where none was given."""
    try:
        return None if text is None else instant(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def home() -> Home:
    """The home that the environment names."""
    return Home.of(os.environ)


def tell(text: str) -> None:
    """Say a line beside the result."""
    console.print(text, markup=False, highlight=False)


@contextmanager
def failing() -> Iterator[None]:
    """Say in one line what kept the work from being done, and leave with 1."""
    try:
        yield
    except (LearningError, LogError, ConfigError, BundleError, SecretError, OSError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None


@contextmanager
def workspace(place: Home) -> Iterator[Path]:
    """A folder of its own for one run below the home, gone afterwards."""
    folder = place.work / f"run-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
