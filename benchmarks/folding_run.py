"""One measured run over a log, in a process of its own: `python -m benchmarks.folding_run LOG WORK --core 1`.

Says on its last line, as JSON, what `Run` has. With `--bare BYTES` it only moves the same data: as many passes over the
same Parquet files in the same batches, and BYTES written once and read twice, as the parts of the log are.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter, process_time
from typing import Annotated

import msgspec
import typer

CHUNK = 1 << 22
OUTCOME_PASSES = 3  # which messages and how many rows; base rates; into parts
PART_PASSES = 2  # counts of messages; features


class Run(msgspec.Struct, frozen=True):
    """What a run took. `peak_mb` is the high-water mark of resident memory, `part_bytes` what lay in files."""

    rows: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    part_bytes: int


def fold(log: Path, work: Path) -> tuple[int, int]:
    """Read a log, fold it and build the features of each impression; gives rows and bytes of the parts."""
    from pushrank.config import TrainingConfig, load  # noqa: PLC0415 - the bare loop must not carry the weight
    from pushrank.config.home import shipped  # noqa: PLC0415
    from pushrank.learning.dataset import build_parts, fit_view  # noqa: PLC0415
    from pushrank.learning.source import open_source  # noqa: PLC0415
    from pushrank.logs import open_log  # noqa: PLC0415

    config = load(shipped("training", "default"), TrainingConfig)
    source = open_source(open_log(log), config)
    view, rows, parts = fit_view(source, config), 0, 0
    for part in build_parts(source, view, work):
        parts = parts or sum(file.stat().st_size for file in work.rglob("*.parquet"))
        rows += len(part)
    return rows, parts


def move(log: Path, work: Path, batch: int, size: int) -> tuple[int, int]:
    """Read and write as much as `fold` does, and nothing else."""
    rows = 0
    for _ in range(OUTCOME_PASSES):
        rows = _read(log / "outcomes", batch)
    _read(log / "activity", batch)
    work.mkdir(parents=True, exist_ok=True)
    copy, block = work / "bytes", bytes(CHUNK)
    with copy.open("wb") as stream:
        for start in range(0, size, CHUNK):
            stream.write(block[: size - start])
    for _ in range(PART_PASSES):
        with copy.open("rb") as stream:
            while stream.read(CHUNK):
                pass
    copy.unlink()
    return rows, size


def _read(folder: Path, batch: int) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415 - after the core was chosen

    rows = 0
    for path in sorted(folder.glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            rows += sum(some.num_rows for some in file.iter_batches(batch_size=batch))
    return rows


def _peak_mb() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main(
    log: Annotated[Path, typer.Argument(help="Folder of the log.")],
    work: Annotated[Path, typer.Argument(help="Folder for files that do not stay.")],
    core: Annotated[int, typer.Option(help="The one core to run on.")],
    warm: Annotated[
        Path | None, typer.Option(help="A small log that compiles the kernels before the clock runs.")
    ] = None,
    bare: Annotated[int | None, typer.Option(help="Only move the data, with so many bytes of parts.")] = None,
    batch: Annotated[int, typer.Option(help="Rows of a batch of the bare loop.")] = 500_000,
) -> None:
    """Do the work once and say what it took."""
    os.sched_setaffinity(0, {core})
    if warm is not None:
        fold(warm, work)
    began, spent = perf_counter(), process_time()
    rows, size = fold(log, work) if bare is None else move(log, work, batch, bare)
    took = Run(rows, perf_counter() - began, process_time() - spent, _peak_mb(), size)
    print(msgspec.json.encode(took).decode())


if __name__ == "__main__":
    typer.run(main)
