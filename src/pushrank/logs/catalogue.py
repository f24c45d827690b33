"""The messages table as messages of the domain."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import pandas as pd

from pushrank.domain.codes import Kind, Purpose, Urgency
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.logs.attributes import attributes_of
from pushrank.logs.schema import MESSAGES, Form

UNCATEGORISED = "other"
"""The category of a message that has none."""

C = TypeVar("C", bound=StrEnum)


def read_messages(frame: pd.DataFrame) -> list[Message]:
    """Turn rows in normal form into messages; unknown kinds, purposes and urgencies fall to the default."""
    extra = [str(column) for column in frame.columns if column not in MESSAGES.columns]
    attributes = attributes_of(frame, extra)
    cells = {column: frame[column].tolist() for column in MESSAGES.columns}
    return [
        Message(**{column: _value(column, values[row]) for column, values in cells.items()}, attributes=attributes[row])
        for row in range(len(frame))
    ]


def code(cls: type[C], value: Any) -> C | None:
    """Read a word of a closed vocabulary; None for any other."""
    return cls(value) if value in list(cls) else None


def text(value: Any) -> str | None:
    """Read a cell of a text column; None where there is none."""
    return value if isinstance(value, str) else None


def moment(value: int) -> Instant | None:
    """Read a cell of a time column; None where there is none."""
    return None if value < 0 else int(value)


def flag(value: int) -> bool | None:
    """Read a cell of a flag column; None where nobody knows."""
    return None if value < 0 else value == 1


def number(value: float) -> float | None:
    """Read a cell of a number column; None where there is none."""
    return None if math.isnan(value) else float(value)


def _value(column: str, cell: Any) -> Any:
    if column in _SPECIAL:
        return _SPECIAL[column](cell)
    return _PLAIN[MESSAGES.columns[column]](cell)


def _worth(value: float) -> float:
    return value if value >= 0 else 1.0


_PLAIN: Mapping[Form, Callable[[Any], Any]] = {
    Form.ID: str,
    Form.TEXT: text,
    Form.TIME: moment,
    Form.FLAG: flag,
    Form.NUMBER: number,
    Form.LIST: tuple,
}
_SPECIAL: Mapping[str, Callable[[Any], Any]] = {
    "category": lambda cell: text(cell) or UNCATEGORISED,
    "title": lambda cell: text(cell) or "",
    "body": lambda cell: text(cell) or "",
    "purpose": lambda cell: code(Purpose, cell),
    "kind": lambda cell: code(Kind, cell) or Kind.INFORM,
    "urgency": lambda cell: code(Urgency, cell) or Urgency.NORMAL,
    "worth": _worth,
}
