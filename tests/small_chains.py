"""Logs made from known rates: users who move between cohorts, click and leave as a Markov chain says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pushrank.domain.instants import DAY
from pushrank.learning.dataset import Rows
from pushrank.learning.spells import READ

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Column = npt.NDArray[Any]

HOURS = 1000.0
_DAYS = 30.0 * -np.expm1(-HOURS / 720.0)


def rows_of(
    user: Ints,
    sent_at: Ints,
    click: Column,
    opt_out: Column,
    *,
    activity: Column | None = None,
    clicks: Column | None = None,
    week: Column | None = None,
) -> Rows:
    """Rows in time order whose matrix has the columns of `READ`; `activity` is a day's, `clicks` a share of pushes."""
    none = np.zeros(len(user))
    order = np.argsort(sent_at, kind="stable")
    columns = [
        (none if activity is None else activity) * _DAYS,
        (none if clicks is None else clicks) * 100.0,
        none + 90.0,
        none + HOURS,
        none if week is None else week,
    ]
    assert len(columns) == len(READ)
    return Rows(
        matrix=np.column_stack(columns)[order],
        user=user[order],
        message=np.zeros(len(user), dtype=np.int64),
        decision=np.full(len(user), -1, dtype=np.int64),
        sent_at=sent_at[order],
        click=click[order].astype(np.int8),
        opt_out=opt_out[order].astype(np.int8),
        propensity=np.full(len(user), np.nan),
        local_hour=np.zeros(len(user), dtype=np.int8),
        user_ids=np.array([f"u{code}" for code in range(int(user.max()) + 1)], dtype=object),
        message_ids=np.array(["m"], dtype=object),
        categories=np.array(["news"], dtype=object),
    )


@dataclass(frozen=True)
class Chain:
    """Per day and cohort: clicks, opt-outs, and moves to the other cohorts [n, n]; `pushes` a day for everybody."""

    clicks: Floats
    opt_outs: Floats
    moves: Floats
    pushes: float = 2.0

    def values(self, discount_days: float) -> Floats:
        """What permission is worth, by summing what is expected day by tenth of a day."""
        step = 0.1
        leaving = self.opt_outs + self.moves.sum(axis=1) + 1.0 / discount_days
        kept = np.eye(self.clicks.size) + step * (self.moves - np.diag(leaving))
        worth, still = np.zeros(self.clicks.size), np.eye(self.clicks.size)
        for _ in range(20_000):
            worth += still @ self.clicks * step
            still = still @ kept
        return worth

    def log(self, users: int, days: float, seed: int) -> Rows:
        """Draw a log of so many days. All happens at pushes, with its rate over that of pushes as probability."""
        rng, cohorts = np.random.default_rng(seed), self.clicks.size
        cohort, there = np.arange(users) % cohorts, np.ones(users, dtype=bool)
        at = rng.uniform(0.0, 1.0, users)
        taken: list[tuple[Column, ...]] = []
        while (there & (at < days)).any():
            who = np.flatnonzero(there & (at < days))
            own = cohort[who]
            click = rng.random(who.size) < self.clicks[own] / self.pushes
            gone = rng.random(who.size) < self.opt_outs[own] / self.pushes
            taken.append((who, (at[who] * DAY).astype(np.int64), click, gone, own))
            there[who[gone]] = False
            ladder = np.cumsum(self.moves[own] / self.pushes, axis=1)
            place = (ladder <= rng.random((who.size, 1))).sum(axis=1)
            cohort[who] = np.where(place < cohorts, place, own)
            at[who] += rng.exponential(1.0 / self.pushes, who.size)
        user, sent_at, click, gone, own = (np.concatenate(column) for column in zip(*taken, strict=True))
        return rows_of(user, sent_at, click, gone, activity=own.astype(np.float64))
