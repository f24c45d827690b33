"""How many pushes suit one user: as many as bring more than the permission that they put at risk."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, inf

from pushrank.config.types import Adaptive, PolicyConfig
from pushrank.domain.decision import Frequency
from pushrank.domain.instants import DAY, Instant
from pushrank.domain.permission import Cohort
from pushrank.domain.record import UserRecord
from pushrank.features.usage import Usage, shrunk
from pushrank.policy.effective import asks_for_more
from pushrank.policy.price import price_of

_WEEK = 7
_LEAST_ATTENTION = 0.5


def frequency_of(
    config: PolicyConfig, levels: Sequence[float], cohort: Cohort, record: UserRecord, usage: Usage, as_of: Instant
) -> Frequency | None:
    """Work out today's personal caps; None where the policy has no adaptive ones.

        week = best x attention / (1 + complaints)        day = week / 7, rounded up

    `best` is the highest of `levels` (pushes a week) up to which each step brings more clicks than the opt-outs that it
    adds cost, at what permission is worth in this cohort (activity and clicks choose the cohort). `attention` is 1, but
    falls to 1/2 for who opens less than half of what people of like usage do. Each "too often" is a complaint of 1
    when it is said, and of less and less until `too_often_days` are over. The policy's bounds hold.

    Without levels nobody knows what suits: the policy's own caps hold (None), and complaints lower them. The price of
    one more push is that of `price_of` for the pushes of the last seven days, reserved ones included, and rises with
    complaints like the caps fall. Who asks for more than suits pays none.
    """
    setting = config.adaptive
    if setting is None:
        return None
    best, risk = welcome(levels, cohort)
    complaints = _complaints(setting, record, as_of)
    week = day = None
    if best is not None:
        wanted = best * _attention(levels, cohort, usage) / (1.0 + complaints)
        week, day = _bounded(setting, wanted, setting.most_per_week, setting.most_per_day)
    elif complaints > 0.0:
        most_week, most_day = _unasked(config, setting)
        week, day = _bounded(setting, most_week / (1.0 + complaints), most_week, most_day)
    price = 0.0 if asks_for_more(record.preferences, day, week) else _price(levels, cohort, record, as_of)
    figures = usage.activity, usage.opened, risk, complaints
    return Frequency(day, week, *figures, price=price * (1.0 + complaints))


def _price(levels: Sequence[float], cohort: Cohort, record: UserRecord, as_of: Instant) -> float:
    since = as_of - _WEEK * DAY
    return price_of(levels, cohort, sum(push.at > since and push.counts(as_of) for push in record.pushes))


def utmost(config: PolicyConfig, record: UserRecord) -> Frequency | None:
    """Give the most that could suit anybody; None where nothing may suit but the policy's own caps.

    For a confirm, which has no model: nothing that a ranking allowed is above.
    """
    setting = config.adaptive
    if setting is None or not record.profiled:
        return None
    week = None if config.max_per_week is None else max(config.max_per_week, setting.most_per_week)
    day = None if config.max_per_day is None else max(config.max_per_day, setting.most_per_day)
    return Frequency(day, week, activity=0.0, opened=0.0, risk=0.0, too_often=0.0)


def welcome(levels: Sequence[float], cohort: Cohort) -> tuple[float | None, float]:
    """The highest level that pays, None where nothing is known, and the risk of one push a week more from there on."""
    best, risk = (0.0 if levels else None), 0.0
    steps = pairwise(zip(levels, cohort.clicks, cohort.opt_outs, strict=True))
    for (fewer, few_clicks, few_opt_outs), (more, clicks, opt_outs) in steps:
        risk = (opt_outs - few_opt_outs) / (more - fewer)
        if clicks - few_clicks <= (opt_outs - few_opt_outs) * cohort.value:
            break
        best = more
    return best, risk


def _attention(levels: Sequence[float], cohort: Cohort, usage: Usage) -> float:
    """Twice the share of recent pushes that the user opened over what people of like usage click, from 1/2 to 1.

    They are compared at the busiest level, where people click least, and with the same prior, so that of who had few
    pushes nothing is believed. More than usual earns nothing here: who clicks much is in another cohort.
    """
    if levels[-1] <= 0.0:
        return 1.0
    usual = shrunk(usage.pushes * cohort.clicks[-1] / levels[-1], usage.pushes)
    return min(max(2.0 * usage.opened / usual, _LEAST_ATTENTION), 1.0)


def _complaints(setting: Adaptive, record: UserRecord, as_of: Instant) -> float:
    ages = [(as_of - at) / (setting.too_often_days * DAY) for at in record.presence.too_often]
    return sum((min(max(1.0 - age, 0.0), 1.0) for age in ages), 0.0)


def _unasked(config: PolicyConfig, setting: Adaptive) -> tuple[int, int]:
    """The most per week and per day where the log can't tell what suits: the policy's caps, within the bounds."""
    day = min(setting.most_per_day, inf if config.max_per_day is None else config.max_per_day)
    week = min(setting.most_per_week, inf if config.max_per_week is None else config.max_per_week, day * _WEEK)
    return int(week), int(day)


def _bounded(setting: Adaptive, wanted: float, most_week: int, most_day: int) -> tuple[int, int]:
    """Caps of week and day. The policy's own caps may be below the lower bound; then they hold."""
    week = min(max(int(wanted), setting.least_per_week), most_week)
    return week, min(ceil(week / _WEEK), most_day)
