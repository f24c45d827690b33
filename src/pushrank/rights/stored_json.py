"""Rows of the store as JSON: what is text stays, what is JSON is opened, moments are ISO 8601 in UTC."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from pushrank.domain.instants import Instant, iso
from pushrank.features.state import decode_state
from pushrank.rights.state_json import state_json

_MOMENTS = frozenset(
    {
        *("at", "decided_at", "expires_at", "stopped_until", "starts_at", "ends_at", "last_event_at", "retrain_by"),
        *("registered_at", "muted_until"),
    }
)
_OF_MOMENTS = frozenset({"forgotten", "seen", "too_often"})
"""Objects and lists whose values are all moments."""
_OF_OTHERS = frozenset({"attributes", "answer", "rows"})
"""What somebody else named: nothing in it is read as a moment."""
_OPENED = frozenset({"facts", "preferences", "presence", "forgotten", "tags", "body", "entry", "answer"})
_EPOCH = date(1970, 1, 1)
_decoder = msgspec.json.Decoder()


def opened(row: Mapping[str, Any]) -> dict[str, Any]:
    """Open one row, by column."""
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if name == "state" and isinstance(value, bytes | memoryview):
        return state_json(decode_state(bytes(value)))
    if name == "reachable":
        return bool(value)
    if isinstance(value, str | bytes | memoryview) and name in _OPENED:
        told = _told(name, _decoded(value))
        return _with_dates(told) if name == "presence" else told
    return _told(name, _plain(value))


def _with_dates(presence: Any) -> Any:
    days = presence.get("days", [])
    return presence | {"days": [(_EPOCH + timedelta(days=number)).isoformat() for number in days]}


def _decoded(value: str | bytes | memoryview) -> Any:
    try:
        return _decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _plain(value)


def _plain(value: Any) -> Any:
    """Bytes that are no JSON as text, or in base 64 where they are no text."""
    if not isinstance(value, bytes | memoryview):
        return value
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        return b64encode(value).decode()


def _told(name: str, value: Any) -> Any:
    """Write the moments within a value as ISO 8601."""
    if name in _OF_OTHERS:
        return value
    if isinstance(value, dict):
        inner = "at" if name in _OF_MOMENTS else None
        return {key: _told(inner or key, part) for key, part in value.items()}
    if isinstance(value, list):
        inner = "at" if name in _OF_MOMENTS else ""
        return [_told(inner, part) for part in value]
    return _time(value) if type(value) is int and name in _MOMENTS else value


def _time(at: Instant) -> str | int:
    """A moment that no calendar has stays a number."""
    try:
        return iso(at)
    except OverflowError:
        return at
