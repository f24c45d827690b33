"""Tables as Parquet files: times in UTC, the same bytes for the same rows, and never half a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pushrank.logs.schema import TABLES, Form

TIME = pa.timestamp("us", tz="UTC")
_ROW_GROUP = 1 << 18
_TYPES = {
    Form.ID: pa.string(),
    Form.TEXT: pa.string(),
    Form.TIME: TIME,
    Form.FLAG: pa.bool_(),
    Form.NUMBER: pa.float64(),
    Form.LIST: pa.list_(pa.string()),
    Form.JSON: pa.string(),
    Form.DATE: pa.date32(),
}


def write_table(path: Path, name: str, frame: pd.DataFrame) -> Path:
    """Write `frame` as table `name` of the log in folder `path` and return the file; see `write_batches`."""
    return write_batches(path, name, [frame])


def write_batches(path: Path, name: str, frames: Iterable[pd.DataFrame]) -> Path:
    """Write frames of the same columns, one after the other, as `path/name.parquet`; the folder is made.

    Times are integers (microseconds UTC, negative where unknown), aware timestamps or ISO texts with an offset; flags
    are booleans or integers (1, 0, negative where unknown); lists of texts stay lists; JSON columns may hold values.
    The file appears whole or not at all. Raises ValueError for a time without zone, and for no frame.
    """
    tables = _tables(name, frames)
    first = next(tables, None)
    if first is None:
        msg = f"{name}: expected at least one frame, got none"
        raise ValueError(msg)
    path.mkdir(parents=True, exist_ok=True)
    target, partial = path / f"{name}.parquet", path / f".{name}.{os.getpid()}.partial"
    try:
        _write(partial, first.schema, chain([first], tables))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _write(file: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    with file.open("wb") as sink:
        with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
            for table in tables:
                writer.write_table(table, row_group_size=_ROW_GROUP)
        sink.flush()
        os.fsync(sink.fileno())


def _tables(name: str, frames: Iterable[pd.DataFrame]) -> Iterator[pa.Table]:
    schema: pa.Schema | None = None
    for frame in frames:
        arrays = [_array(name, str(column), frame[column]) for column in frame.columns]
        table = pa.Table.from_arrays(arrays, names=[str(column) for column in frame.columns])
        if schema is None:
            schema = _without_nulls(table.schema)
        yield table.select(schema.names).cast(schema)


def _without_nulls(schema: pa.Schema) -> pa.Schema:
    """Give columns of unknown name that hold nothing yet the type of texts, so that later frames may fill them."""
    return pa.schema([(field.name, pa.string() if pa.types.is_null(field.type) else field.type) for field in schema])


def _form(name: str, column: str) -> Form | None:
    known = TABLES[name].form(column) if name in TABLES else None
    return known or (Form.TIME if column.endswith("_at") else None)


def _array(name: str, column: str, values: pd.Series[Any]) -> pa.Array:
    form = _form(name, column)
    if form is Form.TIME or isinstance(values.dtype, pd.DatetimeTZDtype):
        return _times(column, values)
    if form is Form.FLAG and pd.api.types.is_numeric_dtype(values.dtype) and values.dtype != bool:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return pa.array(numbers > 0, mask=~(numbers >= 0))
    if form is Form.JSON:
        return pa.array([_json(value) for value in values], pa.string())
    if form is Form.LIST:
        return pa.array([_list(value) for value in values], pa.list_(pa.string()))
    return pa.Array.from_pandas(values, type=None if form is None else _TYPES[form])


def _times(column: str, values: pd.Series[Any]) -> pa.Array:
    if pd.api.types.is_integer_dtype(values.dtype):
        counted = values.to_numpy(dtype=np.int64, na_value=-1)
        return pa.array(counted, mask=counted < 0).cast(TIME)
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        moments = values.dt.tz_convert(None).to_numpy().astype("datetime64[us]")
        return pa.array(moments, pa.timestamp("us")).cast(TIME)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        msg = f"{column}: expected times with a zone, got {values.dtype}"
        raise ValueError(msg)
    try:
        return pa.Array.from_pandas(values, type=pa.string()).cast(TIME)
    except pa.ArrowInvalid as error:
        msg = f"{column}: expected ISO 8601 times with an offset: {error}"
        raise ValueError(msg) from None


def _json(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and np.isnan(value):
        return None
    return msgspec.json.encode(value, order="deterministic").decode()


def _list(value: Any) -> list[str] | None:
    return list(value) if isinstance(value, list | tuple | np.ndarray) else None
