"""How many pushes suit one user: as many as bring more than the permission that they put at risk."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from pushrank.config.types import Adaptive
from pushrank.domain.decision import Frequency
from pushrank.domain.instants import DAY, Instant
from pushrank.domain.permission import Cohort
from pushrank.domain.record import UserRecord
from pushrank.features.usage import Usage


def frequency_of(
    setting: Adaptive, levels: Sequence[float], cohort: Cohort, record: UserRecord, usage: Usage, as_of: Instant
) -> Frequency:
    """Work out today's personal caps.

    The weekly one is the highest of `levels` (pushes a week) up to which each step brings more clicks than the opt-outs
    it adds cost, at what permission is worth in this cohort; a user's "too often" takes its share off, less and less as
    it grows old; the policy's bounds hold. Without levels it is the upper bound.
    """
    best, risk = _welcome(levels, cohort)
    complaints = sum(max(1.0 - (as_of - at) / (setting.too_often_days * DAY), 0.0) for at in record.presence.too_often)
    wanted = (setting.most_per_week if best is None else best) / (1.0 + complaints)
    week = min(max(int(wanted), setting.least_per_week), setting.most_per_week)
    return Frequency(
        per_day=min(ceil(week / 7), setting.most_per_day),
        per_week=week,
        activity=usage.activity,
        opened=usage.opened,
        risk=risk,
        too_often=complaints,
    )


def _welcome(levels: Sequence[float], cohort: Cohort) -> tuple[float | None, float]:
    """The highest level that pays, None where nothing is known, and the risk of one push a week more from there on."""
    best, risk = (0.0 if levels else None), 0.0
    steps = pairwise(zip(levels, cohort.clicks, cohort.opt_outs, strict=True))
    for (fewer, few_clicks, few_opt_outs), (more, clicks, opt_outs) in steps:
        risk = (opt_outs - few_opt_outs) / (more - fewer)
        if clicks - few_clicks <= (opt_outs - few_opt_outs) * cohort.value:
            break
        best = more
    return best, risk
