"""What recent pushes leave behind in a person: three leaky sums, kept step by step or rebuilt from a log."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.domain.instants import DAY, Instant
from pushrank.town.plan import Floats, Ints
from pushrank.town.rules import Standing
from pushrank.town.weights import Weights
from pushrank.town.words import TOPICS


@dataclass(frozen=True, slots=True)
class Pushes:
    """Pushes of a log, all shape (P,): places of user and message, time, irritation."""

    user: Ints
    message: Ints
    at: Ints
    irritation: Floats


@dataclass(frozen=True, slots=True)
class Memory:
    """Leaky sums of each person as of `last` (N,): sum of w exp(-(t - t_push) / tau) over the pushes so far.

    `load` (N,) counts pushes, `bored` (N, topics) pushes of a topic, `irritated` (N,) sums irritation; `weights`
    has the time constants tau. The arrays are changed in place by `add`.
    """

    last: Ints
    load: Floats
    bored: Floats
    irritated: Floats
    weights: Weights

    @classmethod
    def blank(cls, users: int, at: Instant, weights: Weights) -> Memory:
        """Nobody has had a push."""
        bored = np.zeros((users, len(TOPICS)))
        return cls(np.full(users, at, np.int64), np.zeros(users), bored, np.zeros(users), weights)

    @classmethod
    def of(cls, users: int, topic: Ints, pushes: Pushes, at: Instant, weights: Weights) -> Memory:
        """Rebuild the sums at `at` from the pushes before it. `topic` (M,) is the topic of each message."""
        before = pushes.at < at
        user, ago = pushes.user[before], (at - pushes.at[before]) / DAY
        cell = user * len(TOPICS) + topic[pushes.message[before]]
        return cls(
            last=np.full(users, at, np.int64),
            load=_summed(user, np.exp(-ago / weights.load_days), users),
            bored=_summed(cell, np.exp(-ago / weights.bored_days), users * len(TOPICS)).reshape(users, -1),
            irritated=_summed(user, pushes.irritation[before] * np.exp(-ago / weights.irritated_days), users),
            weights=weights,
        )

    def standing(self, user: Ints, topic: Ints, at: Ints) -> Standing:
        """Sums as of `at` for users (n, 1), topics (n, k) or (1, k) and times (n, 1)."""
        gap = (at - self.last[user]) / DAY
        return Standing(
            load=self.load[user] * np.exp(-gap / self.weights.load_days),
            bored=self.bored[user, topic] * np.exp(-gap / self.weights.bored_days),
            irritated=self.irritated[user] * np.exp(-gap / self.weights.irritated_days),
        )

    def add(self, user: Ints, topic: Ints, at: Ints, irritation: Floats) -> None:
        """Take in one push for each of these distinct users, all shape (n,)."""
        gap = (at - self.last[user]) / DAY
        self.load[user] = self.load[user] * np.exp(-gap / self.weights.load_days) + 1.0
        self.bored[user] *= np.exp(-gap / self.weights.bored_days)[:, None]
        self.bored[user, topic] += 1.0
        self.irritated[user] = self.irritated[user] * np.exp(-gap / self.weights.irritated_days) + irritation
        self.last[user] = at


def _summed(cell: Ints, weight: Floats, cells: int) -> Floats:
    return np.bincount(cell, weight, cells).astype(np.float64)
