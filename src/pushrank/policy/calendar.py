"""The user's calendar: which zone holds, and where a local day and an ISO week begin and end."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time
from functools import lru_cache

from pushrank.config.types import PolicyConfig
from pushrank.domain.instants import DAY, SECOND, Instant, from_datetime, time_zone, utc_offset
from pushrank.domain.record import UserRecord

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = 3


def zone_of(record: UserRecord, config: PolicyConfig) -> str | None:
    """Give the zone whose clock holds for a user: the chosen one, else the reported one, else the policy's.

    None where there is none, and where the first one there is can't be read: unknown means no.
    """
    for zone in (record.preferences.timezone, record.facts.timezone, config.default_timezone):
        if zone is not None:
            return zone if readable(zone) else None
    return None


def readable(zone: str) -> bool:
    """Whether `zone` names a zone of the tz database."""
    try:
        time_zone(zone)
    except ValueError:
        return False
    return True


def day_number(zone: str, at: Instant) -> int:
    """Local date at `at`, as days since 1970-01-01."""
    return (at + utc_offset(zone, at) * SECOND) // DAY


def weekday(day: int) -> int:
    """Weekday of a day number; 0 is Monday."""
    return (day + _EPOCH_WEEKDAY) % 7


def reading(zone: str, day: int, minute: int, fold: int) -> Instant:
    """Instant at which a wall clock in `zone` shows `minute` after midnight of `day`, by one of its two readings.

    `fold` is that of PEP 495: it tells the two passes of a repeated hour apart, and reads a skipped time by the
    offset before (0) or after (1) the change.
    """
    wall = datetime.combine(date.fromordinal(day + _EPOCH_DAY), time(*divmod(minute, 60), fold=fold), time_zone(zone))
    return from_datetime(wall.astimezone(UTC))


@lru_cache(maxsize=1 << 14)
def day_start(zone: str, day: int) -> Instant:
    """First instant of a local day; where the clock skips midnight, the end of the gap."""
    first, second = (reading(zone, day, 0, fold) // SECOND for fold in (0, 1))
    # In a gap, and only there, the second reading lies before the first.
    gap = range(second, first)
    steps = bisect_left(gap, x=True, key=lambda moment: day_number(zone, moment * SECOND) >= day)
    return (first - len(gap) + steps) * SECOND


def day_bounds(zone: str, at: Instant) -> tuple[Instant, Instant]:
    """`[start, end)` of the local calendar day around `at`: 23, 24 or 25 hours in most zones."""
    day = _day_begun(zone, at)
    return day_start(zone, day), day_start(zone, day + 1)


def week_bounds(zone: str, at: Instant) -> tuple[Instant, Instant]:
    """`[start, end)` of the local ISO week around `at`: from Monday to Monday."""
    day = _day_begun(zone, at)
    monday = day - weekday(day)
    return day_start(zone, monday), day_start(zone, monday + 7)


def _day_begun(zone: str, at: Instant) -> int:
    """Last local day that has begun: a clock that falls back over midnight shows the day before, but ends no day."""
    day = day_number(zone, at)
    return day + (at >= day_start(zone, day + 1))
