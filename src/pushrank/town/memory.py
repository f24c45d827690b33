"""What recent pushes leave behind in a person: three leaky sums, kept step by step or rebuilt from a log."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.domain.instants import DAY, Instant
from pushrank.town.plan import Floats, Ints
from pushrank.town.rules import Standing
from pushrank.town.words import TOPICS

_LOAD_DAYS = 1.0
_BORED_DAYS = 3.0
_IRRITATED_DAYS = 5.0


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

    `load` (N,) counts pushes, `bored` (N, topics) pushes of a topic, `irritated` (N,) sums irritation. The arrays
    are changed in place by `add`.
    """

    last: Ints
    load: Floats
    bored: Floats
    irritated: Floats

    @classmethod
    def blank(cls, users: int, at: Instant) -> Memory:
        """Nobody has had a push."""
        return cls(np.full(users, at, np.int64), np.zeros(users), np.zeros((users, len(TOPICS))), np.zeros(users))

    @classmethod
    def of(cls, users: int, topic: Ints, pushes: Pushes, at: Instant) -> Memory:
        """Rebuild the sums at `at` from the pushes before it. `topic` (M,) is the topic of each message."""
        before = pushes.at < at
        user, ago = pushes.user[before], (at - pushes.at[before]) / DAY
        cell = user * len(TOPICS) + topic[pushes.message[before]]
        return cls(
            last=np.full(users, at, np.int64),
            load=_summed(user, np.exp(-ago / _LOAD_DAYS), users),
            bored=_summed(cell, np.exp(-ago / _BORED_DAYS), users * len(TOPICS)).reshape(users, -1),
            irritated=_summed(user, pushes.irritation[before] * np.exp(-ago / _IRRITATED_DAYS), users),
        )

    def standing(self, user: Ints, topic: Ints, at: Ints) -> Standing:
        """Sums as of `at` for users (n, 1), topics (n, k) or (1, k) and times (n, 1)."""
        gap = (at - self.last[user]) / DAY
        return Standing(
            load=self.load[user] * np.exp(-gap / _LOAD_DAYS),
            bored=self.bored[user, topic] * np.exp(-gap / _BORED_DAYS),
            irritated=self.irritated[user] * np.exp(-gap / _IRRITATED_DAYS),
        )

    def add(self, user: Ints, topic: Ints, at: Ints, irritation: Floats) -> None:
        """Take in one push for each of these distinct users, all shape (n,)."""
        gap = (at - self.last[user]) / DAY
        self.load[user] = self.load[user] * np.exp(-gap / _LOAD_DAYS) + 1.0
        self.bored[user] *= np.exp(-gap / _BORED_DAYS)[:, None]
        self.bored[user, topic] += 1.0
        self.irritated[user] = self.irritated[user] * np.exp(-gap / _IRRITATED_DAYS) + irritation
        self.last[user] = at


def _summed(cell: Ints, weight: Floats, cells: int) -> Floats:
    return np.bincount(cell, weight, cells).astype(np.float64)
