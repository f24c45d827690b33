"""The column map: how the tables of a foreign log are named and what its values mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pushrank.config import load
from pushrank.config.home import shipped
from pushrank.domain.instants import MINUTE
from pushrank.logs.cells import plain, texts
from pushrank.logs.schema import TABLES

Constant: TypeAlias = str | float | bool
_OFFSET = re.compile(r"([+-])(\d\d):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class TableMap:
    """How one table is read.

    `source` is the foreign file's name without its ending. `columns` gives for our name the foreign one; several are
    joined by a colon. `values` gives for our name what foreign values mean. `constants` fill what is absent or null.
    `offset` (`+00:00`) is what times without an offset mean.
    """

    source: str | None = None
    columns: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, Constant] = field(default_factory=dict)
    offset: str | None = None

    def __post_init__(self) -> None:
        if self.offset is not None and not _OFFSET.fullmatch(self.offset):
            msg = f"offset: expected an offset such as +00:00, got {self.offset!r}"
            raise ValueError(msg)

    def foreign(self, name: str) -> tuple[str, ...]:
        """Names in the foreign file that make up our column `name`."""
        theirs = self.columns.get(name, name)
        return (theirs,) if isinstance(theirs, str) else theirs

    def ours(self, header: tuple[str, ...]) -> tuple[str, ...]:
        """Names that our table has when the foreign file has the columns of `header`."""
        taken = {theirs for name in self.columns for theirs in self.foreign(name)}
        mapped = [name for name in self.columns if set(self.foreign(name)) <= set(header)]
        kept = [name for name in header if name not in taken and name not in self.columns]
        found = [*mapped, *kept]
        return (*found, *(name for name in self.constants if name not in found))

    def renamed(self, table: pa.Table) -> pa.Table:
        """Give a chunk of the foreign file our names, values and constants."""
        names = self.ours(tuple(table.column_names))
        return pa.Table.from_arrays([self._column(table, name) for name in names], names=list(names))

    def _column(self, table: pa.Table, name: str) -> pa.Array:
        theirs = self.foreign(name)
        constant = self.constants.get(name)
        if not set(theirs) <= set(table.column_names):
            return pa.array([constant] * table.num_rows)
        array = _joined([plain(table[other]) for other in theirs])
        array = _translated(array, self.values[name]) if name in self.values else array
        return array if constant is None else _filled(array, constant)

    def shift(self) -> int | None:
        """Microseconds by which a time without offset is ahead of UTC; None where such a time is a fault."""
        found = _OFFSET.fullmatch(self.offset) if self.offset else None
        if found is None:
            return None
        size = (int(found[2]) * 60 + int(found[3])) * MINUTE
        return -size if found[1] == "-" else size


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The maps of a log's tables, by our names. An empty map means that the log has our names already."""

    tables: Mapping[str, TableMap] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.tables:
            if name not in TABLES:
                msg = f"tables: expected one of {', '.join(TABLES)}, got {name!r}"
                raise ValueError(msg)

    def table(self, name: str) -> TableMap:
        """The map of one table; the identity where none is given."""
        return self.tables.get(name, TableMap())

    def sources(self) -> dict[str, str]:
        """For each of our tables the name of the file that it is read from."""
        return {name: self.table(name).source or name for name in TABLES}


def load_columns(name: str = "columns") -> ColumnMap:
    """Read a shipped column map by name, or any YAML file; raises ConfigError naming what is wrong."""
    return load(shipped("training", name), ColumnMap)


def _joined(arrays: list[pa.Array]) -> pa.Array:
    if len(arrays) == 1:
        return arrays[0]
    colon = pa.scalar(":", pa.large_string())
    return reduce(lambda left, right: pc.binary_join_element_wise(left, right, colon), map(texts, arrays))


def _translated(array: pa.Array, meanings: Mapping[str, str]) -> pa.Array:
    words = texts(array)
    place = pc.index_in(words, value_set=pa.array(list(meanings), words.type))
    meant = pa.array(list(meanings.values()), words.type).take(place)
    return pc.coalesce(meant, words)


def _filled(array: pa.Array, constant: Constant) -> pa.Array:
    if pa.types.is_null(array.type):
        return pa.array([constant] * len(array))
    missing = np.flatnonzero(array.is_null())
    if not missing.size:
        return array
    return pc.fill_null(array, pa.scalar(constant).cast(array.type))
