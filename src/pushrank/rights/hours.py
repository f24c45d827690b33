"""One hour of the user's day, put into quiet hours or taken out of them."""

from __future__ import annotations

from collections.abc import Iterator

from pushrank.domain.user import QuietWindow

HOUR_MINUTES = 60
_DAY = 24 * HOUR_MINUTES
_WEEK = 7 * _DAY


def with_hour(windows: tuple[QuietWindow, ...], hour: int) -> tuple[QuietWindow, ...]:
    """Add the hour that begins at `hour` o'clock on every day; the same windows where it is quiet already."""
    start = hour * HOUR_MINUTES
    if all(_covers(windows, day * _DAY + minute) for day in range(7) for minute in range(start, start + HOUR_MINUTES)):
        return windows
    return (*windows, QuietWindow(start, (start + HOUR_MINUTES) % _DAY))


def without_hour(windows: tuple[QuietWindow, ...], hour: int) -> tuple[QuietWindow, ...]:
    """Take the hour that begins at `hour` o'clock out of every day; the same windows where none of it is quiet."""
    start = hour * HOUR_MINUTES
    if not any(_covers(windows, day * _DAY + minute) for day in range(7) for minute in range(start, start + 60)):
        return windows
    days: dict[tuple[int, int], set[int]] = {}
    for window in windows:
        for first in window.days:
            for begin, end in _left(first * _DAY + window.start, _minutes(window), start):
                days.setdefault((begin % _DAY, end % _DAY), set()).add(begin // _DAY % 7)
    return tuple(QuietWindow(begin, end, tuple(sorted(on))) for (begin, end), on in sorted(days.items()))


def _minutes(window: QuietWindow) -> int:
    """Length of a window; one that ends where it starts is a whole day."""
    return (window.end - window.start - 1) % _DAY + 1


def _covers(windows: tuple[QuietWindow, ...], minute: int) -> bool:
    """Whether a minute of the week is quiet by the wall clock."""
    return any(
        (minute - day * _DAY - window.start) % _WEEK < _minutes(window) for window in windows for day in window.days
    )


def _left(begin: int, length: int, start: int) -> Iterator[tuple[int, int]]:
    """What an hour of each day leaves of `[begin, begin + length)`, in minutes of the week."""
    end = begin + length
    for day in range(begin // _DAY - 1, end // _DAY + 1):
        out = day * _DAY + start
        if out >= end:
            break
        if begin < out:
            yield begin, out
        begin = max(begin, out + HOUR_MINUTES)
    if begin < end:
        yield begin, end
