"""A log: one directory of tables, read in normal form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.user import Preferences, UserFacts
from pushrank.logs.attributes import inferred
from pushrank.logs.catalogue import read_messages
from pushrank.logs.cells import EXPECTED
from pushrank.logs.columns import ColumnMap, load_columns
from pushrank.logs.faults import Fault, LogError
from pushrank.logs.files import Chunk, TableFile, open_file, table_paths
from pushrank.logs.normal import Normal, completed, normalise, raw_columns
from pushrank.logs.people import read_consents, read_preferences, read_users
from pushrank.logs.schema import HEADS, TABLES, Form, TableSpec

ROWS = 500_000


@dataclass(frozen=True, slots=True)
class Log:
    """The tables of a directory. Nothing is held in memory between calls."""

    root: Path
    columns: ColumnMap
    paths: Mapping[str, tuple[Path, ...]]

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that are there."""
        return tuple(self.paths)

    def has(self, name: str) -> bool:
        """Whether table `name` is there."""
        return name in self.paths

    def has_label(self, head: str) -> bool:
        """Whether at least one row says yes or no about what head `click` or `opt_out` learns."""
        label = HEADS.get(head, head)
        return any((batch[label] >= 0).any() for batch in self.batches("outcomes", columns=[label]))

    def files(self, name: str) -> Iterator[TableFile]:
        """Open the files of a table one after the other; raises LogError where the table is missing."""
        if name not in self.paths:
            raise LogError(missing_table(name, self.columns))
        for path in self.paths[name]:
            yield self.file(path)

    def file(self, path: Path) -> TableFile:
        """Open one file; raises LogError where it cannot be read."""
        return open_file(path, self.root)

    def batches(self, name: str, rows: int = ROWS, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Read a table in normal form, at most `rows` rows at a time, in the order of the files.

        Rows without an id that the format needs are left out, and so are broken rows of CSV files; `validate` counts
        them. Raises LogError for a missing table or column and for a time that cannot be read.
        """
        spec = TABLES[name]
        as_of = self.newest() if _needs_ages(self, spec, columns) else None
        for file in self.files(name):
            refuse_missing(spec, file, self.ours(file, name))
            for chunk in self.chunks(spec, file, rows, columns):
                normal = self.normal(spec, chunk)
                _refuse_unreadable(spec, file, chunk, normal)
                yield completed(spec, _usable(spec, normal), columns, as_of)

    def frame(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read a whole table in normal form. Columns of a CSV that the format does not know get the type they show."""
        parts = list(self.batches(name, columns=columns))
        spec = TABLES[name]
        if not parts:
            return completed(spec, pd.DataFrame(index=pd.RangeIndex(0)), columns, None)
        frame = pd.concat(parts, ignore_index=True)
        if not self.paths[name][0].name.endswith(".parquet"):
            for column in [column for column in frame.columns if column not in spec.columns]:
                frame[column] = inferred(frame[column])
        return frame

    def messages(self) -> list[Message]:
        """Read the catalogue; unknown columns are attributes, and values that cannot be read are left out."""
        return read_messages(self.frame("messages"))

    def users(self) -> dict[str, UserFacts]:
        """Read what is known of users by their ids; empty where the log has no such table."""
        return read_users(self.frame("users")) if self.has("users") else {}

    def preferences(self) -> dict[str, Preferences]:
        """Read what users chose, consents included, by their ids. Nobody is told of who chose nothing.

        A preference or consent that cannot be read counts as a no: that user gets no push at all, or none for that
        purpose.
        """
        tables = {name: self.frame(name) if self.has(name) else None for name in ("preferences", "consents", "users")}
        return read_preferences(tables["preferences"], read_consents(tables["consents"]), tables["users"])

    def newest(self) -> Instant | None:
        """The last `sent_at` of the outcomes; None without outcomes."""
        if not self.has("outcomes"):
            return None
        newest = [int(batch["sent_at"].max()) for batch in self.batches("outcomes", columns=["sent_at"]) if len(batch)]
        return max(newest, default=None)

    def fingerprint(self) -> str:
        """SHA-256 (hex) over names, sizes and content of the files of all tables."""
        whole = hashlib.sha256()
        for path in sorted({path for paths in self.paths.values() for path in paths}):
            with path.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
            whole.update(f"{path.relative_to(self.root).as_posix()}\0{path.stat().st_size}\0{content}\n".encode())
        return whole.hexdigest()

    def ours(self, file: TableFile, name: str) -> tuple[str, ...]:
        """Names that the columns of a file have after the column map."""
        return self.columns.table(name).ours(file.header)

    def chunks(
        self, spec: TableSpec, file: TableFile, rows: int = ROWS, columns: Sequence[str] | None = None
    ) -> Iterator[Chunk]:
        """Read the rows of a file under our names, cells as they are."""
        mapped = self.columns.table(spec.name)
        ours = raw_columns(spec, columns, mapped.ours(file.header))
        theirs = {other for name in ours for other in mapped.foreign(name)}
        for chunk in file.chunks([other for other in file.header if other in theirs], rows):
            yield Chunk(chunk.file, mapped.renamed(chunk.table).select(ours), chunk.rows)

    def normal(self, spec: TableSpec, chunk: Chunk) -> Normal:
        """Bring a chunk into normal form, still with every row."""
        return normalise(spec, chunk.table, self.columns.table(spec.name).shift())


def open_log(path: Path | str, columns: ColumnMap | None = None) -> Log:
    """Look for the tables of a log in folder `path`.

    `columns` maps foreign names; without it the shipped `configs/training/columns.yaml` does. A map applies where all
    the files that it names are there; a log that has our own names is read as it is. Raises LogError where `path` is
    not a folder or a table is there twice.
    """
    root = Path(path)
    if not root.is_dir():
        raise LogError(Fault(str(path), None, None, "a folder with the tables of a log", "no such folder"))
    mapped = load_columns() if columns is None else columns
    if any(not table_paths(root, table.source) for table in mapped.tables.values() if table.source):
        mapped = ColumnMap()
    found = {name: table_paths(root, source) for name, source in mapped.sources().items()}
    return Log(root, mapped, {name: paths for name, paths in found.items() if paths})


def missing_table(name: str, columns: ColumnMap) -> Fault:
    """Say that a table is not there."""
    source = columns.table(name).source or name
    return Fault(name, None, None, f"{source}.parquet, {source}.csv, {source}.csv.gz or a folder {source}/", "no file")


def missing_columns(spec: TableSpec, file: TableFile, ours: Sequence[str]) -> list[Fault]:
    """Name the columns that a file must have and has not."""
    got = f"columns {', '.join(ours)}" if ours else "no columns"
    return [
        Fault(file.name, None, group[0], f"a column {' or '.join(group)}", got)
        for group in spec.required
        if not set(group) & set(ours)
    ]


def refuse_missing(spec: TableSpec, file: TableFile, ours: Sequence[str]) -> None:
    """Raise LogError for the first column that a file must have and has not."""
    for fault in missing_columns(spec, file, ours):
        raise LogError(fault)


def _needs_ages(log: Log, spec: TableSpec, columns: Sequence[str] | None) -> bool:
    if spec.name != "users" or not (columns is None or {"age_band", "minor"} & set(columns)):
        return False
    return any("birth_date" in log.ours(file, spec.name) for file in log.files(spec.name))


def _refuse_unreadable(spec: TableSpec, file: TableFile, chunk: Chunk, normal: Normal) -> None:
    for column, bad in normal.bad.items():
        if spec.form(column) is Form.TIME and bad.any():
            first = int(np.argmax(bad))
            got = cell_text(chunk.table, column, first)
            raise LogError(Fault(file.name, int(chunk.rows[first]), column, EXPECTED[Form.TIME], got))


def cell_text(table: pa.Table, column: str, place: int) -> str:
    """Show a cell as it is in the file, cut to a length that fits a line."""
    cell = table[column][place].as_py()
    return "nothing" if cell is None else f"{cell!r:.80}" if isinstance(cell, str) else f"{cell!s:.80}"


def _usable(spec: TableSpec, normal: Normal) -> pd.DataFrame:
    frame = normal.frame
    absent = np.zeros(len(frame), dtype=np.bool_)
    for column, bad in normal.bad.items():
        if spec.form(column) is Form.ID and (column,) in spec.required:
            absent |= bad
    return frame[~absent].reset_index(drop=True) if absent.any() else frame
