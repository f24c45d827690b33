"""What people do in the app on their own: the trace that interests and habits leave beside pushes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.domain.instants import DAY, HOUR, SECOND
from pushrank.town.place import Town
from pushrank.town.plan import Floats, Ints
from pushrank.town.words import TAGS, TOPICS

KINDS = ("app_open", "view", "purchase", "progress")
_SHARES = (0.42, 0.5, 0.05, 0.03)
_VIEW, _PURCHASE, _PROGRESS = 1, 2, 3
_PER_TOPIC = len(TAGS) // len(TOPICS)
# What one browses says less than what one would like to hear about: the sharpness of choice by liking and by taste.
_SHARP_TOPIC, _SHARP_TAG = 1.3, 1.2
_PLACES = {topic.name: place for place, topic in enumerate(TOPICS)}


@dataclass(frozen=True, slots=True)
class Activity:
    """E visits in order of time. `kind` indexes `KINDS`, `tags` (E, 2) `TAGS`, -1 where a visit has fewer."""

    user: Ints
    moment: Ints
    kind: Ints
    tags: Ints


def make_activity(town: Town) -> Activity:
    """Draw the visits of everybody over the whole log, from the day of registration on."""
    rng = town.plan.chance("activity")
    user, at = _visits(town, rng)
    kind = rng.choice(len(KINDS), len(user), p=_SHARES).astype(np.int64)
    return Activity(user, at, kind, _tags(town, (user, at, kind), rng))


def _visits(town: Town, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Visits per user and day are Poisson with the mood of the day; their hours follow the habits."""
    people, plan = town.people, town.plan
    visits = rng.poisson(people.visits[:, None] * np.exp(0.7 * people.mood[:, : plan.days]))
    cell = np.repeat(np.arange(visits.size), visits.ravel())
    user, midday = cell // plan.days, plan.start + cell % plan.days * DAY + DAY // 2
    _, off = town.clock(user, midday)
    hour = draw(people.habit.reshape(-1, 24), 2 * user + off, rng)
    wall = town.wall(user, midday)
    at = midday + (wall // DAY * DAY - wall) + hour * HOUR + rng.integers(0, HOUR // SECOND, len(user)) * SECOND
    known = (at >= np.maximum(people.registered[user], plan.start)) & (at < plan.end)
    user, at = user[known], at[known]
    order = np.lexsort((user, at))
    return user[order], at[order]


def draw(weights: Floats, row: Ints, rng: np.random.Generator) -> Ints:
    """Draw a column for each entry of `row` with the weights (R, K) of that row."""
    ladder = np.cumsum(weights, axis=1)
    ladder = ladder / ladder[:, -1:] + np.arange(len(weights))[:, None]
    place = np.searchsorted(ladder.ravel(), row + rng.random(len(row)), side="right")
    column: Ints = np.clip(place - row * weights.shape[1], 0, weights.shape[1] - 1)
    return column


def _tags(town: Town, visit: tuple[Ints, Ints, Ints], rng: np.random.Generator) -> Ints:
    """One or two tags of one topic for a view, one for a purchase (shop) or progress (learning), none for an opening.

    Interests move during the log: a visit follows the last interests with the share of the log that has passed.
    """
    people, topics = town.people, len(TOPICS)
    user, at, kind = visit
    progress = (at - town.plan.start) / (town.plan.end - town.plan.start)
    moved = rng.random(len(user)) < progress
    liking = np.exp(_SHARP_TOPIC * np.stack([people.liking, people.liking + people.drift], axis=1))
    topic = draw(liking.reshape(-1, topics), 2 * user + moved, rng)
    topic = np.where(kind == _PURCHASE, _PLACES["shop"], topic)
    topic = np.where(kind == _PROGRESS, _PLACES["learning"], topic)
    taste = np.exp(_SHARP_TAG * people.taste).reshape(-1, _PER_TOPIC)
    first, second = (topic * _PER_TOPIC + draw(taste, user * topics + topic, rng) for _ in range(2))
    second = np.where((kind == _VIEW) & (first != second), second, -1)
    return np.stack([np.where(kind == 0, -1, first), np.where(kind == 0, -1, second)], axis=1)
