"""Attributes: the columns that the format does not know, kept as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import pandas as pd

from pushrank.domain.message import Attribute

_NUMBER = r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?"
_BOOLS = {"true": True, "false": False}


def inferred(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Turn texts into numbers or booleans where every one of them shows one; `007` stays a text."""
    present = texts.dropna()
    if not len(present) or present.dtype != "str":
        return texts
    if present.str.fullmatch(_NUMBER).all():
        return texts.astype("float64")
    lowered = present.str.lower()
    return lowered.map(_BOOLS).reindex(texts.index).astype(object) if lowered.isin(list(_BOOLS)).all() else texts


def attributes_of(frame: pd.DataFrame, columns: list[str]) -> list[Mapping[str, Attribute]]:
    """Give for each row its attributes by name; what a row does not have is left out."""
    cells = {column: [attribute(value) for value in frame[column].tolist()] for column in columns}
    return [
        {column: values[row] for column, values in cells.items() if values[row] is not None}
        for row in range(len(frame))
    ]


def attribute(value: Any) -> Attribute:
    """Turn a cell into a text, number, boolean or None; a time becomes ISO 8601, all else JSON."""
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return None if math.isnan(value) else float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return _as_json(value)


def _as_json(value: Any) -> str:
    plain = value.tolist() if hasattr(value, "tolist") else value
    return msgspec.json.encode(plain, order="deterministic", enc_hook=str).decode()
