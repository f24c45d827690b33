"""The normal form: one shape of every table, whatever the columns and files it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pushrank.domain.instants import Instant
from pushrank.logs.ages import reduce_birth_date
from pushrank.logs.cells import Mask, known, plain, read
from pushrank.logs.schema import LABELS, Form, TableSpec

_EMPTY: Mapping[Form, Callable[[int], Any]] = {
    Form.ID: lambda rows: pd.Series([None] * rows, dtype="str"),
    Form.TEXT: lambda rows: pd.Series([None] * rows, dtype="str"),
    Form.TIME: lambda rows: np.full(rows, -1, dtype=np.int64),
    Form.FLAG: lambda rows: np.full(rows, -1, dtype=np.int8),
    Form.NUMBER: lambda rows: np.full(rows, np.nan),
    Form.LIST: lambda rows: pd.Series([[] for _ in range(rows)], dtype=object),
    Form.JSON: lambda rows: pd.Series([None] * rows, dtype=object),
    Form.DATE: lambda rows: np.full(rows, "NaT", dtype="datetime64[D]"),
}

UNREADABLE = "unreadable"
"""Column of preferences in normal form: whether any cell of the row could not be read."""


@dataclass(frozen=True, slots=True)
class Normal:
    """Rows in normal form. `bad` has for each column the rows whose cell could not be read or is needed and absent."""

    frame: pd.DataFrame
    bad: Mapping[str, Mask]


def raw_columns(spec: TableSpec, wanted: Sequence[str] | None, there: Sequence[str]) -> list[str]:
    """Columns among `there` that the wanted columns of the normal form are made of; all where none are named.

    A flag and its time are made of each other; what makes a row unique is always read.
    """
    if wanted is None:
        return list(there)
    roots = {_label(column) for column in wanted} | set(spec.key)
    parts = {"birth_date"} if roots & {"birthday", "age_band", "minor"} else set()
    return [column for column in there if _label(column) in roots or column in parts]


def normalise(spec: TableSpec, table: pa.Table, shift: int | None) -> Normal:
    """Read the cells of a chunk that has our column names; `shift` is the offset of times that carry none."""
    values: dict[str, Any] = {}
    bad: dict[str, Mask] = {}
    for column in table.column_names:
        form, array = spec.form(column), plain(table[column])
        if form is None:
            values[column] = array.to_pandas()
            continue
        cells = read(form, array, shift)
        needed = (column,) in spec.required and form in {Form.ID, Form.TIME}
        values[column] = cells.normal
        bad[column] = cells.bad | ~known(array) if needed else cells.bad
    frame = pd.DataFrame(values, index=pd.RangeIndex(table.num_rows))
    if spec.name == "preferences":
        frame[UNREADABLE] = np.logical_or.reduce([np.zeros(len(frame), dtype=np.bool_), *bad.values()])
    return Normal(frame, bad)


def completed(
    spec: TableSpec, frame: pd.DataFrame, wanted: Sequence[str] | None, as_of: Instant | None
) -> pd.DataFrame:
    """Settle flags with their times, reduce birth dates as of a moment, and add what the log lacks as unknown."""
    if spec.name == "outcomes":
        _settle(frame)
    if "birth_date" in frame:
        reduce_birth_date(frame, as_of)
    for column, form in spec.columns.items():
        if column not in frame and column not in spec.lazy and (wanted is None or column in wanted):
            frame[column] = _EMPTY[form](len(frame))
    return frame[_ordered(spec, frame)] if wanted is None else frame[[column for column in wanted if column in frame]]


def _ordered(spec: TableSpec, frame: pd.DataFrame) -> list[str]:
    return [
        *(column for column in spec.columns if column in frame),
        *(column for column in frame.columns if column not in spec.columns),
    ]


def _settle(frame: pd.DataFrame) -> None:
    """Let a known time stand for an unknown flag, and a flag that says no or nothing undo its time."""
    for label in LABELS:
        time = f"{label}_at"
        if time not in frame:
            continue
        happened = frame[time].to_numpy() >= 0
        if label not in frame:
            frame[label] = happened.astype(np.int8)
            continue
        flags = frame[label].to_numpy()
        frame[label] = np.where((flags < 0) & happened, 1, flags).astype(np.int8)
        frame[time] = np.where(frame[label] == 1, frame[time], -1)


def _label(column: str) -> str:
    root = column.removesuffix("_at")
    return root if root in LABELS else column
