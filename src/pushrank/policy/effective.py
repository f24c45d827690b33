"""Which caps hold for a user: the user's own word within the ceiling, else the policy's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pushrank.config.types import PolicyConfig
from pushrank.domain.record import UserRecord

DecidedBy: TypeAlias = Literal["user", "ceiling", "policy"]


@dataclass(frozen=True, slots=True)
class Cap:
    """The most pushes in one window, None for no limit, and whose word that is.

    `ceiling`: the user asked for more than the policy lets a user have.
    """

    limit: int | None
    decided_by: DecidedBy


@dataclass(frozen=True, slots=True)
class EffectiveCaps:
    """The caps of one user per local calendar day and local ISO week."""

    day: Cap
    week: Cap


def effective_caps(record: UserRecord, config: PolicyConfig) -> EffectiveCaps:
    """Work out the caps of one user."""
    wanted, ceiling = record.preferences, config.user_ceiling
    return EffectiveCaps(
        _cap(wanted.max_per_day, config.max_per_day, ceiling.max_per_day),
        _cap(wanted.max_per_week, config.max_per_week, ceiling.max_per_week),
    )


def _cap(wanted: int | None, default: int | None, ceiling: int) -> Cap:
    if wanted is None:
        return Cap(default, "policy")
    return Cap(wanted, "user") if wanted <= ceiling else Cap(ceiling, "ceiling")
