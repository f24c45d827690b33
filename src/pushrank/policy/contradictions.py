"""What makes a policy unusable: named at the start, with the key, what was expected and what came."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from math import isfinite

from pushrank.config import ConfigError
from pushrank.config.types import PolicyConfig
from pushrank.domain.codes import Purpose
from pushrank.policy.calendar import readable
from pushrank.policy.constraints import CONSTRAINTS
from pushrank.policy.windows import always_quiet, windows_of

_LONGEST_HOLD_MINUTES = 24 * 60


def refuse_contradictions(config: PolicyConfig) -> None:
    """Raise ConfigError with the first thing in `config` that can't hold together."""
    for check in (_constraints, _caps, _hours, _consents, _numbers):
        for fault in check(config):
            raise ConfigError(fault)


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
    if config.default_timezone is not None and not readable(config.default_timezone):
        yield f"default_timezone: expected an IANA time zone such as Asia/Shanghai, got {config.default_timezone!r}"
    for place, hours in enumerate(config.quiet_hours):
        if not hours.days:
            yield f"quiet_hours[{place}].days: expected at least one weekday, got none"
    if always_quiet(windows_of(config.quiet_hours)):
        yield "quiet_hours: expected a minute of the week that is open, got windows that leave none"


def _consents(config: PolicyConfig) -> Iterator[str]:
    for purpose in Purpose:
        if purpose not in config.default_consents:
            yield f"default_consents.{purpose.value}: expected true or false, got nothing"


def _numbers(config: PolicyConfig) -> Iterator[str]:
    for key in ("value_floor", "permission_value", "repeat_after_days", "hold_minutes"):
        value = getattr(config, key)
        if value is not None and not isfinite(value):
            yield f"{key}: expected a finite number, got {value}"
    if config.hold_minutes > _LONGEST_HOLD_MINUTES:
        yield f"hold_minutes: expected at most {_LONGEST_HOLD_MINUTES} (a day), got {config.hold_minutes}"
