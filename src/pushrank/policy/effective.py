"""Which caps hold for a user: the user's own word within the ceiling, else what suits the user, else the policy's."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pushrank.config.types import PolicyConfig
from pushrank.domain.decision import DecidedBy, Frequency
from pushrank.domain.user import Preferences


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


def effective_caps(preferences: Preferences, config: PolicyConfig, suits: Frequency | None = None) -> EffectiveCaps:
    """Work out the caps of one user; `suits` is what the model says.

    Who asks in one window for more than suits is not held back in the other, of which nothing was said: there the
    policy's cap holds where it is the higher one.
    """
    day, week = (None, None) if suits is None else (suits.per_day, suits.per_week)
    if asks_for_more(preferences, day, week):
        day, week = _above(day, config.max_per_day), _above(week, config.max_per_week)
    ceiling = config.user_ceiling
    return EffectiveCaps(
        _cap(preferences.max_per_day, day, config.max_per_day, ceiling.max_per_day),
        _cap(preferences.max_per_week, week, config.max_per_week, ceiling.max_per_week),
    )


def as_it_holds(preferences: Preferences, config: PolicyConfig, suits: Frequency | None) -> Frequency | None:
    """Put the caps that hold, and whose word they are, in place of what suits; the figures stay."""
    if suits is None:
        return None
    caps = effective_caps(preferences, config, suits)
    return replace(
        suits,
        per_day=caps.day.limit,
        per_week=caps.week.limit,
        decided_by=caps.day.decided_by,
        week_decided_by=caps.week.decided_by,
    )


def asks_for_more(said: Preferences, day: int | None, week: int | None) -> bool:
    """Whether a user asks in any window for more than suits; None where nothing is known of a window."""
    both = ((said.max_per_day, day), (said.max_per_week, week))
    return any(wanted is not None and suits is not None and wanted > suits for wanted, suits in both)


def _above(suits: int | None, default: int | None) -> int | None:
    """Give what suits where it is above the policy's cap, else None: the policy decides."""
    return None if suits is None or default is None or default >= suits else suits


def _cap(wanted: int | None, suits: int | None, default: int | None, ceiling: int) -> Cap:
    if wanted is not None:
        return Cap(wanted, "user") if wanted <= ceiling else Cap(ceiling, "ceiling")
    return Cap(default, "policy") if suits is None else Cap(suits, "adaptive")
