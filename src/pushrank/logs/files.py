"""The files of a table and their rows, chunk by chunk, as they are."""

from __future__ import annotations

import csv
import gzip
import io
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from pushrank.logs.faults import Fault, LogError

Rows: TypeAlias = npt.NDArray[np.int64]

ENDINGS = (".parquet", ".csv", ".csv.gz")
_BLOCK = 1 << 24


@dataclass(slots=True)
class BrokenRows:
    """Rows of a CSV file that have not as many cells as the header: their numbers, and the cells of the first one."""

    rows: array[int] = field(default_factory=lambda: array("q"))
    cells: int = 0

    def add(self, row: int, cells: int) -> None:
        """Note the next broken row."""
        self.cells = self.cells if self.rows else cells
        self.rows.append(row)

    def clear(self) -> None:
        """Forget all."""
        del self.rows[:]

    def skipped(self, numbers: Rows) -> Rows:
        """Turn the places of whole rows among whole rows into their places among all rows, both from 1."""
        broken = np.array(self.rows, dtype=np.int64)
        return numbers + np.searchsorted(broken - np.arange(len(broken)), numbers, side="right")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of one file. `rows` numbers them as a reader of the file would, from 1."""

    file: Path
    table: pa.Table
    rows: Rows


@dataclass(frozen=True, slots=True)
class TableFile:
    """One file of a table, with its columns. `broken` fills with the broken rows that `chunks` leaves out."""

    path: Path
    name: str
    header: tuple[str, ...]
    broken: BrokenRows = field(default_factory=BrokenRows)

    @property
    def is_csv(self) -> bool:
        """Whether the cells are texts."""
        return not self.path.name.endswith(".parquet")

    def chunks(self, columns: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read the named columns in chunks of at most `rows` rows; memory holds one chunk at a time."""
        self.broken.clear()
        read = _csv_tables if self.is_csv else _parquet_tables
        done = 0
        with _as_log_error(self.name):
            for table in read(self, columns, rows):
                numbers = np.arange(done + 1, done + table.num_rows + 1)
                done += table.num_rows
                yield Chunk(self.path, table, self.broken.skipped(numbers))


def table_paths(root: Path, name: str) -> tuple[Path, ...]:
    """Files of table `name`: one file, or the shards of a folder in order of their names; none where it is absent.

    Raises LogError where the table is there twice.
    """
    single = [root / f"{name}{ending}" for ending in ENDINGS if (root / f"{name}{ending}").is_file()]
    folder = root / name
    shards = sorted(path for path in folder.iterdir() if _is_shard(path)) if folder.is_dir() else []
    if len(single) + bool(shards) > 1:
        found = ", ".join([*(path.name for path in single), *([f"{name}/"] if shards else [])])
        raise LogError(Fault(name, None, None, f"one file or one folder for table {name}", found))
    return tuple(single or shards)


def open_file(path: Path, root: Path) -> TableFile:
    """Read the header of a file; raises LogError where it cannot be read or names a column twice."""
    name = path.relative_to(root).as_posix()
    with _as_log_error(name):
        header = tuple(pq.read_schema(path).names) if path.name.endswith(".parquet") else _csv_header(path)
    for column in header:
        if header.count(column) > 1:
            raise LogError(Fault(name, None, column, "each column once", f"it {header.count(column)} times"))
    return TableFile(path, name, header)


def _is_shard(path: Path) -> bool:
    return path.is_file() and path.name.endswith(ENDINGS) and not path.name.startswith((".", "_"))


def _csv_header(path: Path) -> tuple[str, ...]:
    with _binary(path) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as lines:
        return tuple(next(csv.reader(lines), []))


def _binary(path: Path) -> Any:
    return gzip.open(path) if path.name.endswith(".gz") else path.open("rb")


def _csv_tables(file: TableFile, columns: Sequence[str], rows: int) -> Iterator[pa.Table]:
    def skip(row: Any) -> str:
        file.broken.add(row.number - 1, row.actual_columns)
        return "skip"

    compression = "gzip" if file.path.name.endswith(".gz") else None
    with pa.input_stream(str(file.path), compression=compression) as stream:
        reader = pyarrow.csv.open_csv(
            stream,
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(file.header, pa.string()),
                include_columns=list(columns),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
        for batch in reader:
            yield from _slices(pa.Table.from_batches([batch]), rows)


def _parquet_tables(file: TableFile, columns: Sequence[str], rows: int) -> Iterator[pa.Table]:
    with pq.ParquetFile(file.path) as source:
        for batch in source.iter_batches(batch_size=rows, columns=list(columns)):
            yield pa.Table.from_batches([batch])


def _slices(table: pa.Table, rows: int) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, rows):
        yield table.slice(start, rows)


@contextmanager
def _as_log_error(name: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, EOFError, csv.Error, UnicodeDecodeError) as error:
        raise LogError(Fault(name, None, None, "a readable file", f"{error}".splitlines()[0])) from None
