"""When the sender asks what to send to whom, and among which messages: the same for every arm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pushrank.domain.instants import HOUR, SECOND, Instant
from pushrank.town.loop.past import Past
from pushrank.town.plan import Ints
from pushrank.town.rules import mismatch
from pushrank.town.sender import HOURS_SHARE


@dataclass(frozen=True, slots=True)
class Setting:
    """How an arm is asked. `asks_a_day` for each person on average, `slots` of an ask, `fewest` to `most` candidates.

    `starved_after` days without a push somebody who could be reached counts as starved.
    """

    asks_a_day: float = 3.0
    slots: int = 1
    fewest: int = 12
    most: int = 20
    starved_after: int = 30


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: places of the user and of the candidates, and the moment."""

    user: int
    at: Instant
    candidates: tuple[int, ...]


def asks_of(past: Past, setting: Setting) -> Iterator[list[Ask]]:
    """The asks of each hour after the log, in order of time; a function of the town and the setting only.

    A person's number in an hour is Poisson, by the local hours of the sender who wrote the log. Those who have left
    are asked for like all others: to know that is the ranker's part.
    """
    plan, rng = past.town.plan, past.town.plan.chance("asks")
    for hour in range(plan.log_end, plan.end, HOUR):
        user, at = _moments(past, setting, hour, rng)
        rows = _candidates(past, setting, user, hour, rng)
        asked = zip(user.tolist(), at.tolist(), rows, strict=True)
        yield [Ask(*ask) for ask in asked if ask[2]]


def _moments(past: Past, setting: Setting, hour: Instant, rng: np.random.Generator) -> tuple[Ints, Ints]:
    followed = np.flatnonzero(past.followed)
    local, _ = past.town.clock(followed, np.full(len(followed), hour))
    user = np.repeat(followed, rng.poisson(setting.asks_a_day * HOURS_SHARE[local]))
    at = hour + rng.integers(0, HOUR // SECOND, len(user)) * SECOND
    order = np.argsort(at, kind="stable")
    return user[order], at[order]


def _candidates(
    past: Past, setting: Setting, user: Ints, hour: Instant, rng: np.random.Generator
) -> list[tuple[int, ...]]:
    """At random among what lives the whole hour and is allowed, own language first."""
    town, catalogue = past.town, past.town.catalogue
    live = np.intersect1d(catalogue.live(hour), catalogue.live(hour + HOUR))
    key = rng.random((len(user), len(live))) + 0.75 * mismatch(town, user[:, None], live[None, :])
    key[~town.people.rights.allowed()[user][:, catalogue.topic[live]]] = np.inf
    order = np.argsort(key, axis=1)
    there = np.isfinite(key).sum(axis=1)
    most = np.minimum(rng.integers(setting.fewest, setting.most + 1, len(user)), there)
    return [tuple(live[row[:count]].tolist()) for row, count in zip(order, most, strict=True)]
