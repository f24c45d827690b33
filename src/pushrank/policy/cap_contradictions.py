"""Contradictions of the rules about how many pushes a user gets, and how fast."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import pairwise
from math import isfinite

from pushrank.config.types import CapRule, Category, PolicyConfig, RampUp
from pushrank.domain.codes import ExclusionCode
from pushrank.domain.instants import DAY, MINUTE, SECOND
from pushrank.domain.message import lineage
from pushrank.policy.constraints import CONSTRAINTS
from pushrank.policy.constraints.capping import RuleCap
from pushrank.policy.limits import window_of

_LONGEST_WINDOW = 31 * DAY
# Records keep 16 days of presence, so a ramp can't be told from regular presence for longer.
_LONGEST_RAMP_DAYS = 14
_SHORTEST_BREAK_DAYS = 2
_CHANNEL = re.compile(r"[A-Za-z0-9_.:-]{1,64}|\*")


def cap_faults(config: PolicyConfig, categories: Mapping[str, Category]) -> Iterator[str]:
    """Name what contradicts itself among caps, gap and ramp."""
    for place, rule in enumerate(config.caps):
        yield from _rule(f"caps[{place}]", rule, categories)
        yield from _again(config.caps, place)
    yield from _gap(config)
    yield from _ramp(config)


def _rule(key: str, rule: CapRule, categories: Mapping[str, Category]) -> Iterator[str]:
    about = [name for name in ("category", "kind", "channel") if getattr(rule, name) is not None]
    if len(about) > 1:
        yield f"{key}: expected at most one of category, kind and channel, got {' and '.join(about)}"
    if window_of(rule.window).length > _LONGEST_WINDOW:
        yield f"{key}.window: expected at most 31d, got {rule.window!r}"
    if rule.channel is not None and not _CHANNEL.fullmatch(rule.channel):
        yield f"{key}.channel: expected a name that matches [A-Za-z0-9_.:-]{{1,64}} or '*', got {rule.channel!r}"
    if rule.category is not None and not _known(rule.category, categories):
        near = get_close_matches(rule.category, ("*", *categories), n=1, cutoff=0.0)[0]
        yield (
            f"{key}.category: expected a listed category, one above or below it, or '*', got {rule.category!r}, "
            f"did you mean {near!r}?"
        )


def _known(category: str, categories: Mapping[str, Category]) -> bool:
    if category == "*" or any(name in categories for name in lineage(category)):
        return True
    return any(category in lineage(name) for name in categories)


def _again(rules: tuple[CapRule, ...], place: int) -> Iterator[str]:
    for earlier in range(place):
        if _said_by(rules[earlier]) == _said_by(rules[place]):
            yield (
                f"caps[{place}]: expected each window once for one subject, "
                f"got {rules[place].window!r} as in caps[{earlier}]"
            )


def _said_by(rule: CapRule) -> tuple[object, ...]:
    window = window_of(rule.window)
    return rule.category, rule.kind, rule.channel, window.rolls, window.length


def _gap(config: PolicyConfig) -> Iterator[str]:
    minutes, day = config.min_gap_minutes, config.max_per_day
    if minutes is None:
        return
    if not isfinite(minutes) or not SECOND <= minutes * MINUTE <= _LONGEST_WINDOW:
        yield f"min_gap_minutes: expected between a second and 31 days, got {minutes}"
    elif day is not None and (day - 1) * minutes * MINUTE >= DAY:
        yield f"min_gap_minutes: expected a gap that lets max_per_day ({day}) pushes go within 24 h, got {minutes}"


def _ramp(config: PolicyConfig) -> Iterator[str]:
    ramp = config.ramp_up
    if ramp is None:
        return
    if ramp.returning_after_days < _SHORTEST_BREAK_DAYS:
        yield "ramp_up.returning_after_days: expected at least 2, for days in a row are no break, got 1"
    if not ramp.steps:
        yield "ramp_up.steps: expected at least one step, got none"
    for place, step in enumerate(ramp.steps):
        key = f"ramp_up.steps[{place}]"
        if step.days > _LONGEST_RAMP_DAYS:
            yield f"{key}.days: expected at most {_LONGEST_RAMP_DAYS}, got {step.days}"
        if config.max_per_day is not None and step.max_per_day > config.max_per_day:
            yield f"{key}.max_per_day: expected at most max_per_day ({config.max_per_day}), got {step.max_per_day}"
    yield from _growth(ramp)


def _growth(ramp: RampUp) -> Iterator[str]:
    for place, (former, step) in enumerate(pairwise(ramp.steps), 1):
        for name in ("days", "max_per_day"):
            least, got = getattr(former, name), getattr(step, name)
            if got <= least:
                yield f"ramp_up.steps[{place}].{name}: expected more than the step before ({least}), got {got}"


def unlisted(config: PolicyConfig) -> Iterator[str]:
    """Name the settings whose constraint is not in the list, so that they would say nothing."""
    for key, code in _configured(config):
        if code not in config.constraints:
            yield f"constraints: expected {code!r} among them, for {key} is set; got a list without it"


def _configured(config: PolicyConfig) -> Iterator[tuple[str, str]]:
    for place, rule in enumerate(config.caps):
        for code, constraint in CONSTRAINTS.items():
            if isinstance(constraint, RuleCap) and constraint.speaks(rule):
                yield f"caps[{place}]", code
    for key, code in (
        ("min_gap_minutes", ExclusionCode.MIN_GAP),
        ("ramp_up", ExclusionCode.RAMP_UP),
        ("near_duplicate", ExclusionCode.NEAR_DUPLICATE),
        ("seen_elsewhere", ExclusionCode.SEEN_ELSEWHERE),
    ):
        if getattr(config, key) is not None:
            yield key, code.value
