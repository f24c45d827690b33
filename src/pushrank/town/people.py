"""The people of the town: interests, habits, sensitivity, and what they allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushrank.domain.instants import DAY
from pushrank.town.plan import Flags, Floats, Ints, Plan
from pushrank.town.weights import Weights
from pushrank.town.words import TAGS, TOPICS, ZONES

TIERS = ("free", "plus", "premium")
_MOOD_MEMORY = 0.8
_MOOD_SPREAD = 0.2
# Centres of the peaks of a day, in local hours, and their widths: breakfast, lunch, after work, late evening.
_PEAKS = ((7.5, 1.2), (12.5, 1.3), (18.5, 1.8), (21.5, 1.5))


@dataclass(frozen=True, slots=True)
class Sent:
    """How a person takes pushes: all shape (N,).

    `attention` is how readily a push is noticed, `capacity` how many recent pushes halve it, `curiosity` how much
    repetition bores, `tolerance` how much irritation it takes to matter, `temper` the rate of leaving.
    """

    attention: Floats
    capacity: Floats
    curiosity: Floats
    tolerance: Floats
    temper: Floats


@dataclass(frozen=True, slots=True)
class Rights:
    """What people allow. `marketing` and `research`: 1 yes, 0 no, -1 never asked; `off` (N, topics): switched off."""

    marketing: Ints
    research: Ints
    off: Flags

    def allowed(self) -> Flags:
        """Whether each person may get each topic, shape (N, topics). Never asked means no."""
        allowed = ~self.off
        for place, topic in enumerate(TOPICS):
            if topic.purpose in ("marketing", "research"):
                allowed[:, place] &= getattr(self, topic.purpose) == 1
        return allowed


@dataclass(frozen=True, slots=True)
class People:
    """N people. `zone` indexes `ZONES`, `tier` `TIERS`; `registered` in microseconds UTC.

    `liking` and `drift` (N, topics) are log-odds at the start of the log and their change until its end, `taste`
    (N, tags) shifts them by tag. `habit` (N, 2, 24) is the share of an hour in a workday and in a day off.
    `visits` per day, `pace` decisions of the sender per day, `guess` (N, topics) the sender's lasting error about
    `liking`, `mood` (N, days) a log factor for each day from the start.
    """

    ids: list[str]
    zone: Ints
    chinese: Flags
    tier: Ints
    registered: Ints
    liking: Floats
    drift: Floats
    taste: Floats
    habit: Floats
    visits: Floats
    pace: Floats
    guess: Floats
    mood: Floats
    sent: Sent
    rights: Rights


def make_people(plan: Plan) -> People:
    """Draw the people of a town."""
    rng = plan.chance("people")
    count, topics = plan.users, len(TOPICS)
    engaged = rng.normal(0.0, 1.0, count)
    zone = rng.choice(len(ZONES), count, p=[share for share, _, _ in ZONES.values()])
    readers = np.array([chinese for _, chinese, _ in ZONES.values()])
    return People(
        ids=[f"u-{number:05d}" for number in range(1, count + 1)],
        zone=zone.astype(np.int64),
        chinese=rng.random(count) < readers[zone],
        tier=rng.choice(len(TIERS), count, p=(0.68, 0.22, 0.1)).astype(np.int64),
        registered=_registered(rng, plan),
        liking=rng.normal(0.0, 1.25, (count, topics)) + [topic.appeal for topic in TOPICS],
        drift=_drift(rng, plan),
        taste=rng.normal(0.0, 0.8, (count, len(TAGS))),
        habit=_habits(rng, count),
        visits=np.exp(0.35 + 0.6 * engaged),
        pace=np.clip(rng.lognormal(0.55, 0.45, count), 0.7, 4.2),
        guess=rng.normal(0.0, 1.3, (count, topics)),
        mood=_moods(rng, plan),
        sent=_sensitivity(rng, engaged, plan.weights),
        rights=_rights(rng, count),
    )


def _drift(rng: np.random.Generator, plan: Plan) -> Floats:
    """By how much each liking moves until the end, nothing for those that stay."""
    cells, weights = (plan.users, len(TOPICS)), plan.weights
    far: Floats = rng.normal(0.0, weights.drift, cells)
    return far * (rng.random(cells) < weights.drifting)


def _registered(rng: np.random.Generator, plan: Plan) -> Ints:
    """Most were there before the log; one in eight joins during its first four fifths."""
    before = plan.start - rng.exponential(300 * DAY, plan.users)
    during = plan.start + rng.random(plan.users) * 0.8 * plan.days * DAY
    late = rng.random(plan.users) < 1 / 8
    return np.where(late, during, before).astype(np.int64) // 1_000_000 * 1_000_000


def _habits(rng: np.random.Generator, count: int) -> Floats:
    hours = np.arange(24) + 0.5
    shapes = np.stack([np.exp(-0.5 * (_round_the_clock(hours - centre) / width) ** 2) for centre, width in _PEAKS])
    weights = rng.dirichlet(np.full(len(_PEAKS), 0.7), (count, 2))
    weights[:, 1] = 0.5 * weights[:, 0] + 0.5 * weights[:, 1]
    habit = weights @ shapes + 0.03
    habit[:, 1] = np.roll(habit[:, 1], 1, axis=1)
    density: Floats = habit / habit.sum(axis=2, keepdims=True)
    return density


def _round_the_clock(gap: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    return (gap + 12.0) % 24.0 - 12.0


def _moods(rng: np.random.Generator, plan: Plan) -> Floats:
    """First-order autoregression over days with a stationary spread; two weeks beyond the log are drawn too."""
    shocks = rng.normal(0.0, _MOOD_SPREAD, (plan.users, plan.days + 15))
    mood = shocks.copy()
    for day in range(1, mood.shape[1]):
        mood[:, day] = _MOOD_MEMORY * mood[:, day - 1] + np.sqrt(1 - _MOOD_MEMORY**2) * shocks[:, day]
    return mood


def _sensitivity(rng: np.random.Generator, engaged: Floats, weights: Weights) -> Sent:
    """Who comes often notices more; the rest of each sensitivity shows in nothing but reactions."""
    count = len(engaged)
    return Sent(
        attention=np.exp(-1.05 + 0.5 * engaged + rng.normal(0.0, 0.75, count)),
        capacity=rng.lognormal(1.3, 0.4, count) * weights.capacity,
        curiosity=rng.gamma(2.0, 0.2, count),
        tolerance=rng.lognormal(0.9, 0.4, count) * weights.tolerance,
        temper=rng.lognormal(0.0, 0.4, count),
    )


def _rights(rng: np.random.Generator, count: int) -> Rights:
    off = rng.random((count, len(TOPICS))) < 0.02  # noqa: PLR2004
    off[:, [topic.purpose == "service" for topic in TOPICS]] = False
    return Rights(
        marketing=rng.choice((1, 0, -1), count, p=(0.5, 0.2, 0.3)).astype(np.int64),
        research=rng.choice((1, 0, -1), count, p=(0.3, 0.1, 0.6)).astype(np.int64),
        off=off,
    )
