"""Building blocks of bodies and answers."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from pushrank.domain.instants import DAY, Instant, instant, iso

# A century around us leaves room for every sum of times before a datetime overflows.
_FIRST, _LAST = 0, 47_482 * DAY

# Python's `$` also matches before a final newline; the look-ahead forbids that and means nothing in JSON Schema.
Id: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}$(?!\n)")]
CategoryName: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_:-]{1,64}(\.[A-Za-z0-9_:-]{1,64}){0,7}$(?!\n)")]
ClockTime: TypeAlias = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
Word: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
Line: TypeAlias = Annotated[str, Meta(max_length=500)]
Text: TypeAlias = Annotated[str, Meta(max_length=5000)]
Address: TypeAlias = Annotated[str, Meta(max_length=2000)]
Words: TypeAlias = Annotated[tuple[Word, ...], Meta(max_length=100)]
Money: TypeAlias = Annotated[float, Meta(ge=0, le=1e12)]
Worth: TypeAlias = Annotated[float, Meta(ge=0, le=1e6)]
Amount: TypeAlias = Annotated[float, Meta(ge=-1e12, le=1e12)]
Value: TypeAlias = bool | float | Line | None
Attributes: TypeAlias = Annotated[dict[Word, Value], Meta(max_length=200)]


class Time:
    """A moment on the wire: ISO 8601 with an offset, between 1970 and 2100."""

    __slots__ = ("at",)

    def __init__(self, at: Instant) -> None:
        self.at = at


def read_time(kind: type, value: Any) -> Any:
    """Decode what msgspec does not know; ValueError says what was expected and what came."""
    if kind is not Time:
        msg = f"no wire form for {kind.__name__}"
        raise NotImplementedError(msg)
    at = instant(value)
    if not _FIRST <= at < _LAST:
        msg = f"expected a time between 1970 and 2100, got {value!r}"
        raise ValueError(msg)
    return Time(at)


def write_time(value: Any) -> str:
    """Encode what msgspec does not know."""
    assert isinstance(value, Time)
    return iso(value.at)


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a caller sends. A field that is not listed is an error."""


class Answer(msgspec.Struct, frozen=True):
    """What a caller gets."""


class Fault(Answer, frozen=True):
    """One wrong value: where (a JSON pointer, RFC 6901), what was expected and what came."""

    pointer: str
    detail: str


class ProblemAnswer(Answer, frozen=True):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()


class Health(Answer, frozen=True):
    """Whether the process lives, or may serve and with which model."""

    status: str
    model: str | None = None
