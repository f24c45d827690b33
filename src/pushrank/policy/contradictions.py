"""What makes a policy unusable: named at the start, with the key, what was expected and what came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from math import isfinite

from pushrank.config import ConfigError
from pushrank.config.types import Category, PolicyConfig
from pushrank.domain.codes import Purpose
from pushrank.policy.adaptive_contradictions import adaptive_faults
from pushrank.policy.calendar import readable
from pushrank.policy.cap_contradictions import cap_faults, unlisted
from pushrank.policy.constraints import CONSTRAINTS
from pushrank.policy.exploration import exploration_faults
from pushrank.policy.touch import touch_faults
from pushrank.policy.windows import always_quiet, night_of, windows_of

_LONGEST_HOLD_MINUTES = 24 * 60
_LONGEST_WAIT_HOURS = 168
_LONGEST_REST_DAYS = 366
_LONGEST_HALF_LIFE_HOURS = 7 * 24


def refuse_contradictions(config: PolicyConfig, categories: Mapping[str, Category]) -> None:
    """Raise ConfigError with the first thing in `config` that can't hold together, given the category tree."""
    for fault in _faults(config, categories):
        raise ConfigError(fault)


def _faults(config: PolicyConfig, categories: Mapping[str, Category]) -> Iterator[str]:
    yield from _constraints(config)
    yield from _caps(config)
    yield from cap_faults(config, categories)
    yield from adaptive_faults(config)
    yield from unlisted(config)
    yield from touch_faults(config)
    yield from exploration_faults(config)
    for check in (_hours, _consents, _repetition, _numbers):
        yield from check(config)


def _constraints(config: PolicyConfig) -> Iterator[str]:
    yield from _unknown("constraints", config.constraints, tuple(CONSTRAINTS))
    passable = tuple(code for code, constraint in CONSTRAINTS.items() if constraint.passable)
    yield from _unknown("service_passes", config.service_passes, passable)
    yield from _missing(config.constraints)
    yield from _order(config.constraints)


def _unknown(key: str, names: tuple[str, ...], known: tuple[str, ...]) -> Iterator[str]:
    for place, name in enumerate(names):
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.0)[0]
            yield f"{key}[{place}]: expected one of {', '.join(known)}, got {name!r}, did you mean {near!r}?"
        if name in names[:place]:
            yield f"{key}[{place}]: expected each name once, got {name!r} again"


def _missing(names: tuple[str, ...]) -> Iterator[str]:
    if not names:
        yield "constraints: expected a list of names in the order of checking, got none"
    for code, constraint in CONSTRAINTS.items():
        if constraint.binding and code not in names:
            yield f"constraints: expected {code!r} among them, for it always binds; got a list without it"


def _order(names: tuple[str, ...]) -> Iterator[str]:
    for place, name in enumerate(names):
        for earlier in CONSTRAINTS[name].after:
            if earlier not in names[:place]:
                yield f"constraints[{place}]: expected {earlier.value!r} before {name!r}, got it after"


def _caps(config: PolicyConfig) -> Iterator[str]:
    day, week, ceiling = config.max_per_day, config.max_per_week, config.user_ceiling
    if day is not None and day > ceiling.max_per_day:
        yield f"max_per_day: expected at most user_ceiling.max_per_day ({ceiling.max_per_day}), got {day}"
    if week is not None and week > ceiling.max_per_week:
        yield f"max_per_week: expected at most user_ceiling.max_per_week ({ceiling.max_per_week}), got {week}"
    if day is not None and week is not None and week < day:
        yield f"max_per_week: expected at least max_per_day ({day}), got {week}"
    if ceiling.max_per_week < ceiling.max_per_day:
        yield (
            f"user_ceiling.max_per_week: expected at least user_ceiling.max_per_day ({ceiling.max_per_day}), "
            f"got {ceiling.max_per_week}"
        )


def _hours(config: PolicyConfig) -> Iterator[str]:
    if config.hours is not None:
        yield from _at_most("hours.ahead_hours", config.hours.ahead_hours, _LONGEST_WAIT_HOURS)
    if config.default_timezone is not None and not readable(config.default_timezone):
        yield f"default_timezone: expected an IANA time zone such as Asia/Shanghai, got {config.default_timezone!r}"
    for place, hours in enumerate(config.quiet_hours):
        if not hours.days:
            yield f"quiet_hours[{place}].days: expected at least one weekday, got none"
    if always_quiet(windows_of(config.quiet_hours)):
        yield "quiet_hours: expected a minute of the week that is open, got windows that leave none"
    if config.minors is not None and always_quiet((*windows_of(config.quiet_hours), *night_of(config.minors))):
        yield "minors: expected a night that leaves a minute of the week open, got one that leaves none"


def _consents(config: PolicyConfig) -> Iterator[str]:
    for purpose in Purpose:
        if purpose not in config.default_consents:
            yield f"default_consents.{purpose.value}: expected true or false, got nothing"


def _repetition(config: PolicyConfig) -> Iterator[str]:
    alike, seen, variety = config.near_duplicate, config.seen_elsewhere, config.variety
    if alike is not None:
        if not 0 < alike.similarity <= 1:
            yield f"near_duplicate.similarity: expected above 0 and at most 1, got {alike.similarity}"
        yield from _at_most("near_duplicate.days", alike.days, _LONGEST_REST_DAYS)
    if seen is not None:
        yield from _at_most("seen_elsewhere.days", seen.days, _LONGEST_REST_DAYS)
    if variety is not None:
        yield from _at_most("variety.half_life_hours", variety.half_life_hours, _LONGEST_HALF_LIFE_HOURS)


def _at_most(key: str, value: float, most: int) -> Iterator[str]:
    if not value <= most:
        yield f"{key}: expected at most {most}, got {value}"


def _numbers(config: PolicyConfig) -> Iterator[str]:
    for key in ("value_floor", "permission_value", "repeat_after_days", "hold_minutes"):
        value = getattr(config, key)
        if value is not None and not isfinite(value):
            yield f"{key}: expected a finite number, got {value}"
    if config.hold_minutes > _LONGEST_HOLD_MINUTES:
        yield f"hold_minutes: expected at most {_LONGEST_HOLD_MINUTES} (a day), got {config.hold_minutes}"
