"""Bytes to wire types, and every fault of a body that is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec

from pushrank.service.problem import Problem, pointer, wrong
from pushrank.service.wire.values import Fault, read_time

T = TypeVar("T")

_MOST_FAULTS = 20
_SHOWN = 60
_PATH_PART = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_PROSE = (
    (re.compile(r"str matching regex '\^\[A-Za-z0-9_\.:-\]\{1,64\}.*'"), "1 to 64 characters of A-Z a-z 0-9 _ . : -"),
    (re.compile(r"str matching regex '\^\(\[01\].*'"), "a time of day such as 22:00"),
    (re.compile(r"str matching regex '.*'"), "dotted names of A-Z a-z 0-9 _ : -"),
)


@lru_cache(maxsize=64)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=read_time)


def decode(body: bytes, kind: type[T]) -> T:
    """Read JSON into `kind`. Raises the Problem 400 for broken JSON, 422 with every fault for wrong values."""
    try:
        return _decoder(kind).decode(body)  # type: ignore[arg-type, no-any-return]
    except msgspec.ValidationError as error:
        raise _refused(body, kind, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _broken(error) from None


def _broken(error: Exception) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, f"expected JSON in UTF-8: {error}")


def _refused(body: bytes, kind: Any, first: str) -> Problem:
    try:
        tree = msgspec.json.decode(body)
    except msgspec.ValidationError:
        text, _, path = first.rstrip("`").partition(" - at `")
        return wrong(Fault(_pointer_of(path), _detail(text, msgspec.UNSET, kind)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _broken(error)
    found = tuple(islice(faults(tree, kind), _MOST_FAULTS))
    return wrong(*found or (Fault("", first),))


def faults(value: Any, hint: Any, where: str = "") -> Iterator[Fault]:
    """Walk a decoded tree beside its type and name every value that does not fit, innermost place first."""
    text = _refusal(value, hint)
    if text is None:
        return
    text, _, deeper = text.partition(" - at `")
    # One at a time: whoever asks for the first few must not pay for all of a long list.
    inner = _inner_faults(value, hint, where)
    first = next(inner, None)
    if first is None or not (deeper or "object" in text.lower()):
        yield Fault(where, _detail(text, value, hint))
    if first is not None:
        yield first
        yield from inner


def _refusal(value: Any, hint: Any) -> str | None:
    try:
        msgspec.convert(value, hint, dec_hook=read_time)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def _inner_faults(value: Any, hint: Any, where: str) -> Iterator[Fault]:
    for kind in _alternatives(hint):
        if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _struct_faults(value, kind, where)
        elif isinstance(value, dict) and get_origin(kind) is dict:
            for name, item in value.items():
                yield from _entry_faults(name, item, get_args(kind), where + pointer(name))
        elif isinstance(value, list) and get_origin(kind) is tuple:
            for place, item in enumerate(value):
                yield from faults(item, get_args(kind)[0], where + pointer(place))


def _entry_faults(name: str, item: Any, hints: tuple[Any, Any], where: str) -> Iterator[Fault]:
    name_hint, item_hint = hints
    text = _refusal(name, name_hint)
    if text is not None:
        yield Fault(where, "name of the entry: " + _detail(text, name, name_hint))
    yield from faults(item, item_hint, where)


def _struct_faults(value: Mapping[str, Any], kind: type[msgspec.Struct], where: str) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name in value:
        if name not in fields:
            near = get_close_matches(name, fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(fields)}"
            yield Fault(where + pointer(name), f"unknown field; {hint}")
    for name, field in fields.items():
        if name in value:
            yield from faults(value[name], field.type, where + pointer(name))
        elif field.required:
            yield Fault(where + pointer(name), "required, and missing")


def _alternatives(hint: Any) -> tuple[Any, ...]:
    """Kinds a value may have, with unions and annotations taken off."""
    if get_origin(hint) is Annotated:
        return _alternatives(get_args(hint)[0])
    if get_origin(hint) in (tuple, dict) or not get_args(hint):
        return (hint,)
    return tuple(kind for part in get_args(hint) for kind in _alternatives(part))


def _detail(text: str, value: Any, hint: Any) -> str:
    """Say what was expected and what came."""
    plain = text.replace("`", "")
    for pattern, prose in _PROSE:
        plain = pattern.sub(prose, plain)
    choices = [str(item.value) for kind in _alternatives(hint) if _is_enum(kind) for item in kind]
    if choices and not isinstance(value, (dict, list)):
        plain = f"expected one of {', '.join(choices)}"
    plain = plain[:1].lower() + plain[1:]
    return plain if ", got " in plain or value is msgspec.UNSET else f"{plain}, got {_shown(value)}"


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} items"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _pointer_of(path: str) -> str:
    return pointer(*(name or place for name, place in _PATH_PART.findall(path)))
