"""How many pushes a day and a week: what can be chosen, what holds now, and whose word that is."""

from __future__ import annotations

from dataclasses import dataclass

from pushrank.config.types import UserCeiling
from pushrank.domain.user import Preferences
from pushrank.policy import EffectiveCaps
from pushrank.policy.effective import Cap
from pushrank.service.pages.frame import Choice
from pushrank.wording.pages import page_text

_OFFERED = (*range(11), 12, 14, 16, 18, 20, 25, 30, 35, 40, 50, 70, 100)


@dataclass(frozen=True, slots=True)
class Limit:
    """One number to choose, with a sentence about what holds."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    held: str


def limits(said: Preferences, caps: EffectiveCaps, ceiling: UserCeiling, language: str) -> tuple[Limit, ...]:
    """The numbers a day and a week."""
    return (
        _limit("day", said.max_per_day, caps.day, ceiling.max_per_day, language),
        _limit("week", said.max_per_week, caps.week, ceiling.max_per_week, language),
    )


def _limit(window: str, chosen: int | None, cap: Cap, ceiling: int, language: str) -> Limit:
    offered = {number for number in _OFFERED if number <= ceiling}
    numbers = sorted({*offered, *([] if chosen is None else [chosen])})
    usual = Choice("", page_text("many_usual", language), chosen is None)
    choices = (Choice(str(one), _number(one, language), one == chosen) for one in numbers)
    return Limit(f"max_per_{window}", page_text(f"many_{window}", language), (usual, *choices), _held(cap, language))


def _number(number: int, language: str) -> str:
    return str(number) if number else page_text("many_none", language)


def _held(cap: Cap, language: str) -> str:
    if cap.limit is None:
        return page_text("many_held_nobody", language)
    return page_text(f"many_held_{cap.decided_by}", language, limit=cap.limit)


def most(caps: EffectiveCaps, language: str) -> str:
    """Say in few words how many there are at most."""
    day, week = caps.day.limit, caps.week.limit
    name = {(True, True): "both", (True, False): "day", (False, True): "week"}.get(
        (day is not None, week is not None), "none"
    )
    return page_text(f"most_{name}", language, day=day, week=week)
