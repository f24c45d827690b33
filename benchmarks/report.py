"""Tables of what was measured: on the screen, and as JSON and Markdown below `PUSHRANK_HOME/bench`."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import time_ns
from typing import Any

import msgspec
import rich.table
from rich.console import Console


@dataclass(frozen=True, slots=True)
class Table:
    """What one benchmark found: rows for people, and `raw`, every single measurement."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    raw: Any


class Machine(msgspec.Struct, frozen=True):
    """Where and when it was measured; `load` is the load average of the last minute, at the end."""

    measured_at: str
    processor: str
    cores: int
    python: str
    load: float


def machine() -> Machine:
    """Describe this machine, now."""
    now = datetime.fromtimestamp(time_ns() // 10**9, UTC).isoformat()
    return Machine(now, _processor(), os.cpu_count() or 1, platform.python_version(), round(os.getloadavg()[0], 2))


def spread(values: Sequence[float], form: str) -> str:
    """Median of several measurements, with the least and the greatest."""
    low, middle, high = (form.format(value) for value in (min(values), median(values), max(values)))
    return f"{middle} ({low} to {high})"


def show(table: Table, console: Console) -> None:
    """Print a table."""
    drawn = rich.table.Table(title=table.title)
    for place, column in enumerate(table.columns):
        drawn.add_column(column, justify="left" if place == 0 else "right")
    for row in table.rows:
        drawn.add_row(*row)
    console.print(drawn)


def write(tables: Sequence[Table], folder: Path) -> None:
    """Write `table.json` with every measurement and `table.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    here = machine()
    told = {"machine": here, **{table.name: {"title": table.title, "raw": table.raw} for table in tables}}
    (folder / "table.json").write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1))
    heading = f"{here.measured_at}, {here.cores} cores, {here.processor}, Python {here.python}, load {here.load}\n"
    parts = [heading, *(_markdown(table) for table in tables)]
    (folder / "table.md").write_text("\n".join(parts), encoding="utf-8")


def _markdown(table: Table) -> str:
    lines = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    drawn = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"### {table.title}\n\n{drawn}\n"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
