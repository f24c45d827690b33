"""Folding a log and building the features of each impression, on one core: impressions a minute, and memory.

    python -m benchmarks folding
    python -m benchmarks folding --rows 5e6 --rows 20e6 --rounds 1

Each run is a process of its own, held to one core, with kernels that a small log compiled before. Beside it, in turn,
runs a bare loop that only moves the same data.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.folding_log import write_log
from benchmarks.folding_run import Run
from benchmarks.processes import ROOT, environment
from benchmarks.report import Table, spread

_SMALL = 20_000
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "ARROW_IO_THREADS")
_SECONDS_PER_ROW = 1e-3  # a run that takes longer is ended


class Round(msgspec.Struct, frozen=True):
    """One run beside the bare loop of the same data."""

    folded: Run
    bare: Run


def measure(root: Path, *, sizes: Sequence[int], rounds: int) -> Table:
    """Make a log of each size, fold it in some rounds, and remove it again."""
    folder = root / "folding"
    shutil.rmtree(folder, ignore_errors=True)
    small = write_log(folder / "small", _SMALL)
    found = {size: _rounds(folder, small, size, rounds) for size in sizes}
    shutil.rmtree(folder)
    title = (
        f"Folding and features on one core, {rounds} round(s): median (least to greatest); x bare is the time over "
        "that of the bare loop"
    )
    columns = ("impressions", "a minute", "a CPU minute", "bare loop a minute", "x bare", "peak memory MB")
    return Table("folding", title, columns, [_row(size, several) for size, several in found.items()], _raw(found))


def _rounds(folder: Path, small: Path, size: int, rounds: int) -> list[Round]:
    log, found = write_log(folder / str(size), size), []
    for _ in range(rounds):
        folded = _run(log, folder / "work", "--warm", str(small))
        bare = _run(log, folder / "work", "--bare", str(folded.part_bytes))
        if folded.rows != size or bare.rows != size:
            msg = f"expected {size} impressions, got {folded.rows} folded and {bare.rows} moved"
            raise RuntimeError(msg)
        found.append(Round(folded, bare))
    shutil.rmtree(log)
    return found


def _run(log: Path, work: Path, *options: str) -> Run:
    core = str(max(os.sched_getaffinity(0)))
    command = [sys.executable, "-m", "benchmarks.folding_run", str(log), str(work), "--core", core, *options]
    told = environment(**dict.fromkeys(_THREADS, "1"))
    rows = int(log.name) if log.name.isdigit() else _SMALL
    done = subprocess.run(
        command, cwd=ROOT, env=told, stdout=subprocess.PIPE, check=True, timeout=300 + rows * _SECONDS_PER_ROW
    )
    shutil.rmtree(work, ignore_errors=True)
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Run)


def _row(size: int, several: list[Round]) -> tuple[str, ...]:
    return (
        f"{size:,}",
        spread([60 * one.folded.rows / one.folded.seconds / 1e6 for one in several], "{:.2f} M"),
        spread([60 * one.folded.rows / one.folded.cpu_seconds / 1e6 for one in several], "{:.2f} M"),
        f"{median(60 * one.bare.rows / one.bare.seconds / 1e6 for one in several):.0f} M",
        spread([one.folded.seconds / one.bare.seconds for one in several], "{:.0f}"),
        spread([one.folded.peak_mb for one in several], "{:.0f}"),
    )


def _raw(found: dict[int, list[Round]]) -> dict[str, object]:
    return {str(size): msgspec.to_builtins(several) for size, several in found.items()}
