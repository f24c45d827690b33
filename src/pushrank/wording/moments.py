"""Moments as a clock on the wall shows them, with the date where it is another one."""

from __future__ import annotations

from datetime import datetime, timedelta

from pushrank.domain.instants import MINUTE, Instant, to_datetime

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def clock(at: Instant, zone: str, language: str | None, now: Instant) -> str:
    """Tell a reader in `zone` when `at` is: `8:00`, or `8:00 on 24 November` where it is not the day of `now`.

    Rounded up to the minute, so that what has to wait until then is never early. A year is named where it is another.
    """
    moment, today = to_datetime(-(-at // MINUTE) * MINUTE, zone), to_datetime(now, zone)
    hour = f"{moment.hour}:{moment.minute:02}"
    if moment.date() == today.date():
        return hour
    return _chinese(moment, today, hour) if (language or "").lower().startswith("zh") else _english(moment, today, hour)


def _english(moment: datetime, today: datetime, hour: str) -> str:
    if moment.date() == today.date() + timedelta(days=1) and hour == "0:00":
        return "midnight"
    year = "" if moment.year == today.year else f" {moment.year}"
    return f"{hour} on {moment.day} {_MONTHS[moment.month - 1]}{year}"


def _chinese(moment: datetime, today: datetime, hour: str) -> str:
    year = "" if moment.year == today.year else f"{moment.year}年"
    return f"{year}{moment.month}月{moment.day}日{hour}"


def day(at: Instant, zone: str, language: str | None) -> str:
    """Tell a reader in `zone` on which day `at` is: `24 November 2026`."""
    moment = to_datetime(at, zone)
    if (language or "").lower().startswith("zh"):
        return f"{moment.year}年{moment.month}月{moment.day}日"
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
