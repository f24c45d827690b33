"""A log as spells: what one push found, what came of it, and the time until the next push to the same user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pushrank.domain.instants import DAY
from pushrank.features.snapshot import NEVER
from pushrank.features.usage import click_rates, per_day
from pushrank.learning.dataset import Labels, Rows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LONGEST = 30 * DAY
READ = ("user_month_activity", "user_month_clicks", "user_month_sends", "user_hours_since_first", "user_sends_168h")
LEAST_SETTLED_DAYS = 3000.0
_WEEK_HOURS = 168.0


@dataclass(frozen=True, slots=True)
class Spells:
    """One row for each push, sorted by user and moment.

    `activity` and `click_rate` are the user's signs of life a day and share of pushes clicked just before it, as in
    `features.usage`; `week` are the pushes of the seven days before, NaN where the log does not reach back so far.
    `days` run until the user's next push, at most 30, and none where this one was answered by an opt-out.
    `following` is the place of the next push, -1 where an opt-out, a long gap or the end of the log lies between.
    Rows whose labels are unknown or still open are not `known`: they say nothing, neither for nor against. Nor are
    those of a user's first week, of whom the figures a day say little yet, unless the log has not much else.
    """

    user: Ints
    activity: Floats
    click_rate: Floats
    week: Floats
    days: Floats
    following: Ints
    click: Labels
    opt_out: Labels
    known: Flags


def spells_of(rows: Rows, names: Sequence[str]) -> Spells:
    """Cut a log into spells; `names` are those of the matrix. A figure whose columns were left out is 0, `week` NaN."""
    order = np.argsort(rows.user, kind="stable")
    user, sent_at = rows.user[order], rows.sent_at[order]
    activity, clicks, sends, hours, week = (_column(rows, names, name, order) for name in READ)
    click, opt_out = rows.click[order], rows.opt_out[order]
    days, following = _lengths(user, sent_at, opt_out == 1)
    settled = _settled(week, hours, order.size)
    told = (click >= 0) & ((opt_out >= 0) | ~(opt_out >= 0).any())
    return Spells(
        user=user,
        activity=np.zeros(order.size) if activity is None or hours is None else per_day(activity, hours),
        click_rate=np.zeros(order.size) if clicks is None or sends is None else click_rates(clicks, sends),
        week=np.where(settled, np.nan if week is None else week, np.nan),
        days=days,
        following=following,
        click=click,
        opt_out=opt_out,
        known=told & settled if days[told & settled].sum() >= LEAST_SETTLED_DAYS else told,
    )


def _column(rows: Rows, names: Sequence[str], name: str, order: Ints) -> Floats | None:
    return rows.matrix[order, list(names).index(name)] if name in names else None


def _settled(week: Floats | None, hours: Floats | None, rows: int) -> Flags:
    """Whether the log shows a week of this user; hours of `NEVER` and no push may be a user's very first moment."""
    if hours is None:
        return np.zeros(rows, dtype=bool)
    pushed = False if week is None else week > 0.0
    settled: Flags = (hours >= _WEEK_HOURS) & ((hours < NEVER) | pushed)
    return settled


def _lengths(user: Ints, sent_at: Ints, gone: Flags) -> tuple[Floats, Ints]:
    followed = np.append(user[1:] == user[:-1], [False])
    ends = np.where(followed, np.append(sent_at[1:], [0]), sent_at.max())
    length = ends - sent_at
    seen = followed & (length <= LONGEST) & ~gone
    days = np.where(gone, 0, np.minimum(length, LONGEST)) / DAY
    return days, np.where(seen, np.arange(user.size) + 1, -1)
