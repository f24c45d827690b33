"""The arms: what each changes of the shipped default policy, in one table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from msgspec.structs import replace as with_fields

from pushrank.config import PolicyConfig, load
from pushrank.config.home import shipped
from pushrank.config.types import Variety
from pushrank.domain.permission import Cohort
from pushrank.scoring.permission import Permission

Change: TypeAlias = Callable[[PolicyConfig], PolicyConfig]

BEHAVIOUR = "behaviour"
"""The sender who wrote the log goes on; no policy of ours."""
_NOTHING = 1e-9
_ALWAYS = -1e9


@dataclass(frozen=True, slots=True)
class Arm:
    """A sender to live under. `price` multiplies what permission is worth; `config` is None for the log's sender.

    It is asked for `slots` messages at a time, and so many times more rarely.
    """

    name: str
    config: PolicyConfig | None
    price: float = 1.0
    slots: int = 1

    def priced(self, permission: Permission) -> Permission:
        """What permission is worth to whom under this arm."""
        if self.price == 1.0:
            return permission
        cohorts = tuple(_worth(cohort, self.price) for cohort in permission.cohorts)
        return with_fields(permission, cohorts=cohorts, pooled=_worth(permission.pooled, self.price))


def _worth(cohort: Cohort, times: float) -> Cohort:
    return with_fields(cohort, value=cohort.value * times)


def _ours(config: PolicyConfig) -> PolicyConfig:
    return config


def _clicks(config: PolicyConfig, most: float) -> PolicyConfig:
    """Whatever is clicked most, as often as the cap allows; people's nights and the gap are respected as in ours."""
    return replace(
        config,
        permission_value=_NOTHING,
        value_floor=_ALWAYS,
        max_per_day=int(most),
        max_per_week=None,
        caps=(),
        ramp_up=None,
        variety=None,
        adaptive=None,
        hours=None,
        exploration=None,
        keep_in_touch=None,
    )


def _cap(config: PolicyConfig, most: float) -> PolicyConfig:
    return replace(config, adaptive=None, max_per_day=int(most), max_per_week=None)


def _floor(config: PolicyConfig, least: float) -> PolicyConfig:
    return replace(config, value_floor=least)


ARMS: Mapping[str, Change] = {
    "ours": _ours,
    "no-value": lambda config: replace(config, permission_value=_NOTHING),
    "no-adaptive": lambda config: replace(config, adaptive=None),
    "no-hours": lambda config: replace(config, hours=None),
    "variety": lambda config: replace(config, variety=Variety(category=0.3, tag=0.15, half_life_hours=24.0)),
    "no-exploration": lambda config: replace(config, exploration=None),
    "no-keep-in-touch": lambda config: replace(config, keep_in_touch=None),
}
"""Arms without a figure in their name."""

FAMILIES: Mapping[str, Callable[[PolicyConfig, float], PolicyConfig]] = {
    "clicks": _clicks,  # clicks-2: click-only, at most 2 a day
    "cap": _cap,  # cap-2: ours with a fixed cap of 2 a day
    "floor": _floor,  # floor-0.05: ours, but a push must be worth 0.05 clicks
    "price": lambda config, _: config,  # price-2: ours, permission being worth twice as much
}
"""Arms with a figure in their name, `family-figure`; `price` changes what the bundle says, not the policy."""

_WHOLE = ("clicks", "cap")
_FROM = {"clicks": 1.0, "cap": 1.0, "price": _NOTHING, "floor": _ALWAYS}


def arm_named(name: str, config: PolicyConfig | None = None) -> Arm:
    """Find an arm by its name, over the shipped default policy unless another is given.

    `@3` behind a name asks for slates of three. Raises ValueError with the names that there are, also for a figure that
    makes no sense in its family.
    """
    if name == BEHAVIOUR:
        return Arm(name, None)
    plain, _, slots = name.partition("@")
    if slots.isdecimal() and int(slots):
        return replace(arm_named(plain, config), name=name, slots=int(slots))
    base = config or load(shipped("policy", "default"), PolicyConfig)
    if name in ARMS:
        return Arm(name, ARMS[name](base))
    family, _, text = name.partition("-")
    figure = _figure(family, text)
    if figure is None:
        known = ", ".join([BEHAVIOUR, *ARMS, *(f"{family}-FIGURE" for family in FAMILIES)])
        msg = f"arm: expected one of {known}, got {name!r}"
        raise ValueError(msg)
    return Arm(name, FAMILIES[family](base, figure), figure if family == "price" else 1.0)


def _figure(family: str, text: str) -> float | None:
    """Read the figure of a name; None where there is no such family, or not with this figure."""
    if family not in FAMILIES or not re.fullmatch(r"-?\d+(\.\d+)?", text):
        return None
    figure = float(text)
    least, whole = _FROM[family], family in _WHOLE
    return figure if figure >= least and (not whole or figure.is_integer()) else None
