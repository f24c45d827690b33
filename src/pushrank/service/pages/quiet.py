"""Quiet hours: what holds, and a form for several windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pushrank.config.types import PolicyConfig
from pushrank.domain.codes import QuietAction
from pushrank.domain.user import WEEKDAYS, Preferences, QuietWindow
from pushrank.policy.windows import windows_of
from pushrank.service.pages.frame import Choice
from pushrank.wording.pages import page_text

_SHORT_RUN = 2
_MOST_WINDOWS = 4


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One window: two times of day as a form has them, and its days."""

    start: str
    end: str
    days: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class QuietRow:
    """The quiet hours that hold, in few words, and what can be chosen.

    `kept` are windows for which the page has no room, each as two times and the days; saving leaves them as they are.
    """

    sum: str
    modes: tuple[Choice, ...]
    windows: tuple[WindowRow, ...]
    kept: str
    then: tuple[Choice, ...]


def quiet_row(said: Preferences, config: PolicyConfig, language: str) -> QuietRow:
    """The quiet hours of one person: their windows, and an empty one to fill in."""
    own = said.quiet_hours
    mode = "usual" if own is None else ("own" if own else "never")
    action = said.in_quiet_hours or config.in_quiet_hours
    return QuietRow(
        sum=quiet_told(said, config, language) or page_text("quiet_none", language),
        modes=_modes(mode, told(windows_of(config.quiet_hours), language), language),
        windows=(*(_window(window, language) for window in (own or ())[:_MOST_WINDOWS]), _window(None, language)),
        kept=" ".join(_brief(window) for window in (own or ())[_MOST_WINDOWS:]),
        then=tuple(Choice(one.value, page_text(f"quiet_{one.value}", language), one is action) for one in QuietAction),
    )


def _brief(window: QuietWindow) -> str:
    """Write a window as `22:00-08:00-0156`."""
    return f"{_clock(window.start)}-{_clock(window.end)}-{''.join(map(str, window.days))}"


def _modes(mode: str, usual: str, language: str) -> tuple[Choice, ...]:
    as_usual = page_text("quiet_usual", language, windows=usual) if usual else page_text("quiet_usual_none", language)
    return (
        Choice("usual", as_usual, mode == "usual"),
        Choice("never", page_text("quiet_never", language), mode == "never"),
        Choice("own", page_text("quiet_own", language), mode == "own"),
    )


def _window(window: QuietWindow | None, language: str) -> WindowRow:
    names = page_text("days", language).split()
    days = tuple(
        Choice(day, name, window is None or place in window.days)
        for place, (day, name) in enumerate(zip(WEEKDAYS, names, strict=True))
    )
    return WindowRow("", "", days) if window is None else WindowRow(_clock(window.start), _clock(window.end), days)


def quiet_told(said: Preferences, config: PolicyConfig, language: str) -> str:
    """Say when it is quiet; empty where it never is."""
    return told(windows_of(config.quiet_hours) if said.quiet_hours is None else said.quiet_hours, language)


def told(windows: Sequence[QuietWindow], language: str) -> str:
    """Say windows: `22:00-8:00 (Mon, Tue)`, with a dash as long as it should be."""
    shown = page_text("between", language).join(_told(window, language) for window in windows[:_MOST_WINDOWS])
    return f"{shown} …" if len(windows) > _MOST_WINDOWS else shown


def _told(window: QuietWindow, language: str) -> str:
    hours = f"{_clock(window.start)}\N{EN DASH}{_clock(window.end)}"
    if len(window.days) == len(WEEKDAYS):
        return hours
    return f"{hours} ({page_text('between', language).join(_runs(window.days, language))})"


def _runs(days: tuple[int, ...], language: str) -> Iterator[str]:
    """Name days, three and more in a row by the first and the last."""
    names = page_text("days", language).split()
    for _, group in groupby(enumerate(days), lambda numbered: numbered[1] - numbered[0]):
        run = [names[day] for _, day in group]
        yield from run if len(run) <= _SHORT_RUN else [f"{run[0]}\N{EN DASH}{run[-1]}"]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
