"""Contradictions of the bounds between which a personal cap may lie."""

from __future__ import annotations

from collections.abc import Iterator

from pushrank.config.types import PolicyConfig
from pushrank.domain.instants import DAY, MINUTE

_WEEK = 7
_LONGEST_MEMORY_DAYS = 366


def adaptive_faults(config: PolicyConfig) -> Iterator[str]:
    """Name what contradicts itself in `adaptive`, or between it and the ceiling or the gap."""
    bounds = config.adaptive
    if bounds is None:
        return
    ceiling, most_week, most_day = config.user_ceiling, bounds.most_per_week, bounds.most_per_day
    if bounds.least_per_week > most_week:
        yield f"adaptive.least_per_week: expected at most most_per_week ({most_week}), got {bounds.least_per_week}"
    if most_day > ceiling.max_per_day:
        key, most = "user_ceiling.max_per_day", ceiling.max_per_day
        yield f"adaptive.most_per_day: expected at most {key} ({most}), got {most_day}"
    if most_week > ceiling.max_per_week:
        key, most = "user_ceiling.max_per_week", ceiling.max_per_week
        yield f"adaptive.most_per_week: expected at most {key} ({most}), got {most_week}"
    if most_week > most_day * _WEEK:
        yield f"adaptive.most_per_week: expected at most 7 x most_per_day ({most_day * _WEEK}), got {most_week}"
    if not bounds.too_often_days <= _LONGEST_MEMORY_DAYS:
        yield f"adaptive.too_often_days: expected at most {_LONGEST_MEMORY_DAYS}, got {bounds.too_often_days}"
    yield from _gap(config, most_day)


def _gap(config: PolicyConfig, most_day: int) -> Iterator[str]:
    minutes = config.min_gap_minutes
    if minutes is not None and (most_day - 1) * minutes * MINUTE >= DAY:
        fits = f"expected a gap that lets adaptive.most_per_day ({most_day}) pushes go within 24 h"
        yield f"min_gap_minutes: {fits}, got {minutes}"
