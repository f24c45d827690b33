"""The sender who wrote the log: a softmax over a noisy score of the candidates and silence, with its propensity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.domain.instants import HOUR, SECOND, Instant
from pushrank.town.place import Town
from pushrank.town.plan import Flags, Floats, Ints
from pushrank.town.rules import mismatch

FEWEST, MOST = 8, 16
_SILENCE = 1.9
_PRIOR_CLICKS, _PRIOR_SENDS = 2.5, 50.0
# Decisions by local hour, as a sender would spread them who does not know anybody's habits: few at night.
_HOURS = np.array([0.3, 0.15, 0.1, 0.1, 0.1, 0.2, 0.5, 1.1, 1.5, 1.5, 1.4, 1.4, 1.5, 1.4, 1.2, 1.2, 1.3, 1.5, 1.7,
                   1.6, 1.5, 1.3, 0.9, 0.55])  # fmt: skip
HOURS_SHARE = _HOURS / _HOURS.sum()


@dataclass(frozen=True, slots=True)
class Choices:
    """One decision for each of n users. `candidates` (n, 16) are places of messages, -1 where there are fewer.

    `chosen` (n,) is a place of a message or -1 for silence, `propensity` (n,) the probability of that choice.
    """

    user: Ints
    moment: Ints
    candidates: Ints
    chosen: Ints
    propensity: Floats


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the sender knows so far. `reached` (N,) may get pushes, `had` (N, M) got the message, counts are (M,)."""

    reached: Flags
    had: Flags
    sends: Ints
    clicks: Ints

    def rate(self, message: Ints) -> Floats:
        """Click rate of each message so far, drawn towards one in twenty."""
        rate: Floats = (self.clicks[message] + _PRIOR_CLICKS) / (self.sends[message] + _PRIOR_SENDS)
        return rate


def decide(town: Town, ledger: Ledger, hour: Instant, rng: np.random.Generator) -> Choices:
    """Pick the users whose moment comes in the hour that starts at `hour`, and choose for each."""
    user, at = _moments(town, ledger, hour, rng)
    candidates = _candidates(town, ledger, user, hour, rng)
    some = candidates[:, 0] >= 0
    user, at, candidates = user[some], at[some], candidates[some]
    shares = probabilities(town, ledger, user, at, candidates)
    place = pick(shares, rng)
    rows = np.arange(len(user))
    chosen = np.where(place > 0, candidates[rows, place - 1], -1)
    return Choices(user, at, candidates, chosen, shares[rows, place])


def probabilities(town: Town, ledger: Ledger, user: Ints, at: Ints, candidates: Ints) -> Floats:
    """Probability of silence (first column) and of each candidate (0 for padding), shape (n, 1 + 16)."""
    message = np.maximum(candidates, 0)
    topic = town.catalogue.topic[message]
    age = (at[:, None] - town.catalogue.published[message]) / HOUR
    believed = (town.people.liking + town.people.guess)[user[:, None], topic]
    score = 0.9 * np.log(ledger.rate(message) / 0.05) + 0.5 * np.exp(-age / 30.0) + 0.35 * believed
    weight = np.hstack([np.full((len(user), 1), np.exp(_SILENCE)), np.where(candidates >= 0, np.exp(score), 0.0)])
    shares: Floats = weight / weight.sum(axis=1, keepdims=True)
    return shares


def pick(shares: Floats, rng: np.random.Generator) -> Ints:
    """Draw a column for each row of probabilities (n, k)."""
    ladder = np.cumsum(shares, axis=1)
    # Scaled to its own end, so that a draw next to 1 never falls behind the last column that has a chance.
    place: Ints = (ladder <= rng.random((len(shares), 1)) * ladder[:, -1:]).sum(axis=1)
    return place


def _moments(town: Town, ledger: Ledger, hour: Instant, rng: np.random.Generator) -> tuple[Ints, Ints]:
    everyone = np.arange(town.plan.users)
    local, _ = town.clock(everyone, np.full(town.plan.users, hour))
    chance = town.people.pace * HOURS_SHARE[local] * (ledger.reached & town.registered(hour))
    user = np.flatnonzero(rng.random(town.plan.users) < chance)
    at = hour + rng.integers(0, HOUR // SECOND, len(user)) * SECOND
    order = np.argsort(at, kind="stable")
    return user[order], at[order]


def _candidates(town: Town, ledger: Ledger, user: Ints, hour: Instant, rng: np.random.Generator) -> Ints:
    """Eight to sixteen at random of what lives the whole hour, is allowed and new to the user; own language first."""
    catalogue = town.catalogue
    live = np.intersect1d(catalogue.live(hour), catalogue.live(hour + HOUR))
    may = town.people.rights.allowed()[user][:, catalogue.topic[live]] & ~ledger.had[user][:, live]
    key = rng.random((len(user), len(live))) - 0.75 * mismatch(town, user[:, None], live[None, :])
    key[~may] = -np.inf
    order = np.argsort(-key, axis=1)[:, :MOST]
    fewest = rng.integers(FEWEST, MOST + 1, (len(user), 1))
    kept = np.isfinite(np.take_along_axis(key, order, axis=1)) & (np.arange(order.shape[1]) < fewest)
    padded = np.full((len(user), MOST), -1, dtype=np.int64)
    padded[:, : order.shape[1]] = np.where(kept, live[order], -1)
    return padded
