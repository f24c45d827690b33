"""Moments and zones. A moment is an integer: microseconds since 1970-01-01T00:00:00Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

Instant: TypeAlias = int

MICROSECOND = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}")
# Since 1972 every zone has changed its offset on a quarter of an hour of UTC, so one look-up serves a quarter.
_QUARTER = 15 * MINUTE


def instant(text: str) -> Instant:
    """Read an ISO 8601 time that carries an offset.

    Raises ValueError, naming what was expected and what came, without an offset or when unreadable.
    """
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        msg = f"expected an ISO 8601 time with an offset such as 2026-11-23T10:00:00+00:00, got {text!r}"
        raise ValueError(msg) from None
    return from_datetime(moment)


def from_datetime(moment: datetime) -> Instant:
    """Turn an aware datetime into an instant; a naive one raises ValueError."""
    if moment.utcoffset() is None:
        msg = f"expected a time with an offset such as +00:00, got {moment.isoformat()!r} without one"
        raise ValueError(msg)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_datetime(at: Instant, zone: str | None = None) -> datetime:
    """Turn an instant into an aware datetime, in UTC or in the given IANA zone."""
    moment = _EPOCH + timedelta(microseconds=at)
    return moment if zone is None else moment.astimezone(time_zone(zone))


def iso(at: Instant, zone: str | None = None) -> str:
    """Write an instant as ISO 8601 with offset, in UTC or in the given IANA zone."""
    return to_datetime(at, zone).isoformat()


# Names in the database that mean whatever this machine is set to, or nothing.
_OF_THE_MACHINE = frozenset({"localtime", "posixrules", "Factory"})


@lru_cache(maxsize=1024)
def time_zone(name: str) -> ZoneInfo:
    """Look up an IANA zone; an unknown or unsafe name raises ValueError that repeats it."""
    msg = f"expected an IANA time zone such as Asia/Shanghai, got {name!r}"
    if not _ZONE_NAME.fullmatch(name) or name in _OF_THE_MACHINE:
        raise ValueError(msg)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(msg) from None


@lru_cache(maxsize=1 << 18)
def _quarter_offset(zone: str, quarter: int) -> int:
    offset = to_datetime(quarter * _QUARTER, zone).utcoffset()
    assert offset is not None
    return offset // timedelta(seconds=1)


def utc_offset(zone: str, at: Instant) -> int:
    """Seconds to add to UTC for wall-clock time in `zone` at `at`."""
    return _quarter_offset(zone, at // _QUARTER)
