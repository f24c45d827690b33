"""Which caps hold for a user: the user's own word within the ceiling, else what suits the user, else the policy's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pushrank.config.types import PolicyConfig
from pushrank.domain.decision import Frequency
from pushrank.domain.record import UserRecord

DecidedBy: TypeAlias = Literal["user", "ceiling", "adaptive", "policy"]


@dataclass(frozen=True, slots=True)
class Cap:
    """The most pushes in one window, None for no limit, and whose word that is.

    `ceiling`: the user asked for more than the policy lets a user have. `adaptive`: the user said nothing, and by the
    model so many are welcome.
    """

    limit: int | None
    decided_by: DecidedBy


@dataclass(frozen=True, slots=True)
class EffectiveCaps:
    """The caps of one user per local calendar day and local ISO week."""

    day: Cap
    week: Cap


def effective_caps(record: UserRecord, config: PolicyConfig, frequency: Frequency | None = None) -> EffectiveCaps:
    """Work out the caps of one user."""
    wanted, ceiling = record.preferences, config.user_ceiling
    day, week = (None, None) if frequency is None else (frequency.per_day, frequency.per_week)
    return EffectiveCaps(
        _cap(wanted.max_per_day, day, config.max_per_day, ceiling.max_per_day),
        _cap(wanted.max_per_week, week, config.max_per_week, ceiling.max_per_week),
    )


def _cap(wanted: int | None, suits: int | None, default: int | None, ceiling: int) -> Cap:
    if wanted is not None:
        return Cap(wanted, "user") if wanted <= ceiling else Cap(ceiling, "ceiling")
    return Cap(default, "policy") if suits is None else Cap(suits, "adaptive")
