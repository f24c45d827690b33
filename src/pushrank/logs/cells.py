"""Cells of one column, whatever the file held, in normal form, with a mask of those that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pushrank.domain.instants import from_datetime
from pushrank.logs.schema import Form

Mask: TypeAlias = npt.NDArray[np.bool_]

_TIME = pa.timestamp("us", tz="UTC")
_NAIVE = pa.timestamp("us")
_YES = ("true", "t", "yes", "y", "1", "1.0")
_NO = ("false", "f", "no", "n", "0", "0.0")
_UNKNOWN = ("", "null", "none", "nan", "na")
_WORDS = pa.array([*_YES, *_NO, *_UNKNOWN], pa.large_string())
_MEANINGS = np.array([1] * len(_YES) + [0] * len(_NO) + [-1] * len(_UNKNOWN) + [-1], dtype=np.int8)
_LAST = from_datetime(datetime(9999, 1, 1, tzinfo=UTC))

EXPECTED: Mapping[Form, str] = {
    Form.ID: "an id of 1 to 64 of A-Z, a-z, 0-9, _ . : -",
    Form.TEXT: "a text",
    Form.TIME: "an ISO 8601 time with an offset such as 2026-11-23T10:00:00Z",
    Form.FLAG: "true or false",
    Form.NUMBER: "a finite number",
    Form.LIST: 'a list, a JSON list such as ["a", "b"] or texts separated by |',
    Form.JSON: "JSON",
    Form.DATE: "a date such as 1990-02-28",
}


@dataclass(frozen=True, slots=True)
class Cells:
    """`normal` holds one value for each row; `bad` marks those that were there but could not be read."""

    normal: Any
    bad: Mask


def plain(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """One array without dictionary and without chunks."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def texts(array: pa.Array) -> pa.Array:
    """Cells as texts; what has no plain text form becomes JSON."""
    if pa.types.is_large_string(array.type):
        return array
    try:
        return array.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if cell is None else _json_text(cell) for cell in array.to_pylist()], pa.large_string())


def known(array: pa.Array) -> Mask:
    """Mark the cells that hold something."""
    return np.asarray(array.is_valid())


def read(form: Form, array: pa.Array, shift: int | None) -> Cells:
    """Read a column of the given form. `shift` in microseconds is the offset of times that carry none."""
    if form is Form.TIME:
        return times(array, shift)
    return _READERS[form](array)


def times(array: pa.Array, shift: int | None = None) -> Cells:
    """Read times as microseconds since 1970 UTC, -1 where there is none. Numbers and dates are no times."""
    moments, bad = _moments(array, shift)
    outside = ~bad & known(array) & ((moments < 0) | (moments >= _LAST))
    bad |= outside
    return Cells(np.where(bad, -1, moments), bad)


def _moments(array: pa.Array, shift: int | None) -> tuple[npt.NDArray[np.int64], Mask]:
    kind, none = array.type, np.zeros(len(array), dtype=np.bool_)
    if pa.types.is_timestamp(kind):
        ahead = 0 if kind.tz else (shift or 0)
        return _integers(array.cast(pa.timestamp("us", tz=kind.tz), safe=False), ahead), none
    if not _is_text(kind):
        return np.full(len(array), -1, dtype=np.int64), known(array)
    tries: tuple[tuple[pa.DataType, int | None], ...] = ((_TIME, 0), (_NAIVE, shift))
    for wanted, offset in tries:
        if offset is not None:
            try:
                return _integers(array.cast(wanted), offset), none
            except pa.ArrowInvalid:
                continue
    return _each(array, lambda text: _moment(text, shift), -1, np.int64)


def _integers(stamps: pa.Array, ahead: int) -> npt.NDArray[np.int64]:
    moments: npt.NDArray[np.int64] = stamps.cast(pa.int64()).fill_null(-1 + ahead).to_numpy(zero_copy_only=False)
    return moments - ahead


def _moment(text: str, shift: int | None) -> int:
    moment = datetime.fromisoformat(text.strip())
    if moment.utcoffset() is None and shift is not None:
        return from_datetime(moment.replace(tzinfo=UTC)) - shift
    return from_datetime(moment)


def _each(array: pa.Array, parse: Callable[[str], Any], empty: Any, kind: Any) -> tuple[npt.NDArray[Any], Mask]:
    """Parse each different text once; ValueError marks it as unreadable."""
    coded = texts(array).dictionary_encode()
    words = coded.dictionary.to_pylist()
    values, bad = np.empty(len(words) + 1, dtype=kind), np.zeros(len(words) + 1, dtype=np.bool_)
    values[-1] = empty
    for place, word in enumerate(words):
        try:
            values[place] = parse(word)
        except (ValueError, OverflowError):
            values[place], bad[place] = empty, True
    codes = coded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    return values[codes], bad[codes]


def _flags(array: pa.Array) -> Cells:
    kind = array.type
    if pa.types.is_boolean(kind):
        return _fine(array.cast(pa.int8()).fill_null(-1).to_numpy(zero_copy_only=False))
    if _is_number(kind):
        numbers = _floats(array)
        values = np.where(numbers == 1, 1, np.where(numbers == 0, 0, -1)).astype(np.int8)
        return Cells(values, (values < 0) & ~np.isnan(numbers))
    if not _is_text(kind):
        return Cells(np.full(len(array), -1, dtype=np.int8), known(array))
    words = pc.utf8_lower(pc.utf8_trim_whitespace(texts(array)))
    place = pc.index_in(words, value_set=_WORDS).fill_null(len(_WORDS)).to_numpy(zero_copy_only=False)
    return Cells(_MEANINGS[place], (place == len(_WORDS)) & known(array))


def _numbers(array: pa.Array) -> Cells:
    kind = array.type
    if pa.types.is_null(kind):
        return _fine(np.full(len(array), np.nan))
    if _is_text(kind):
        values, bad = _each(array, float, np.nan, np.float64)
    elif _is_number(kind) or pa.types.is_boolean(kind):
        values, bad = _floats(array), np.zeros(len(array), dtype=np.bool_)
    else:
        return Cells(np.full(len(array), np.nan), known(array))
    bad = bad | (known(array) & ~np.isfinite(values))
    return Cells(np.where(bad, np.nan, values), bad)


def _floats(array: pa.Array) -> npt.NDArray[np.float64]:
    numbers: npt.NDArray[np.float64] = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers


def _texts(array: pa.Array) -> Cells:
    return _fine(texts(array).to_pandas())


def _lists(array: pa.Array) -> Cells:
    kind = array.type
    if _is_text(kind):
        values, bad = _each(array, _list, (), object)
        return Cells(pd.Series([list(value) for value in values], dtype=object), bad)
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        return Cells(pd.Series([[] for _ in range(len(array))], dtype=object), known(array))
    flat = texts(plain(array.flatten())).to_pylist()
    ends = np.cumsum(pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False)).tolist()
    rows = [flat[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    if None in flat:
        rows = [[item for item in row if item is not None] for row in rows]
    return _fine(pd.Series(rows, dtype=object))


def _list(text: str) -> Sequence[str]:
    text = text.strip()
    if not text.startswith("["):
        if text.startswith("{"):
            raise ValueError(text)
        return tuple(part.strip() for part in text.split("|") if part.strip())
    return tuple(str(item) for item in msgspec.json.decode(text, type=list[str | int | float]))


def _jsons(array: pa.Array) -> Cells:
    if _is_text(array.type):
        values, bad = _each(array, msgspec.json.decode, None, object)
        return Cells(pd.Series(values, dtype=object), bad)
    cells = array.to_pylist()
    if pa.types.is_map(array.type):
        cells = [None if cell is None else dict(cell) for cell in cells]
    return _fine(pd.Series(cells, dtype=object))


def _dates(array: pa.Array) -> Cells:
    kind = array.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _fine(array.cast(pa.date32(), safe=False).to_numpy(zero_copy_only=False).astype("datetime64[D]"))
    if not _is_text(kind):
        return Cells(np.full(len(array), "NaT", dtype="datetime64[D]"), known(array))
    nothing = np.datetime64("NaT", "D")
    values, bad = _each(array, lambda text: date.fromisoformat(text.strip()[:10]), nothing, "datetime64[D]")
    return Cells(values, bad)


def _fine(values: Any) -> Cells:
    return Cells(values, np.zeros(len(values), dtype=np.bool_))


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_null(kind)
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


_READERS: Mapping[Form, Callable[[pa.Array], Cells]] = {
    Form.ID: _texts,
    Form.TEXT: _texts,
    Form.FLAG: _flags,
    Form.NUMBER: _numbers,
    Form.LIST: _lists,
    Form.JSON: _jsons,
    Form.DATE: _dates,
}
