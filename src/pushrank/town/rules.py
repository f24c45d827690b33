"""How the people of the town react: the true probabilities, in stages that no model of the house is made of.

A push is clicked when it is noticed and wanted. Noticing saturates in presence and is crowded out by recent pushes;
wanting is a steep curve in liking x quality x freshness x novelty. People leave when this push is irritating on
top of the irritation that has piled up. Every array is broadcast: users as (n, 1), messages as (n, k) or (1, k).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.domain.instants import DAY, HOUR
from pushrank.town.place import Town
from pushrank.town.plan import Flags, Floats, Ints
from pushrank.town.words import FALLING, TOPICS

_LIFE = np.array([topic.life_hours for topic in TOPICS], dtype=np.float64)
_FALLING = next(place for place, topic in enumerate(TOPICS) if topic.name == FALLING)
_MARKETING = np.array([topic.purpose == "marketing" for topic in TOPICS])
_SERVICE = np.array([topic.purpose == "service" for topic in TOPICS])
_NIGHT = (23, 7)
_SEEN_BEFORE = 0.3


@dataclass(frozen=True, slots=True)
class Standing:
    """What recent pushes have left behind. `load` (n, 1) pushes, `bored` (n, k) pushes of this topic, `irritated`."""

    load: Floats
    bored: Floats
    irritated: Floats


def relevance(town: Town, user: Ints, message: Ints, at: Ints) -> Floats:
    """How much this person likes what the message is about, from 0 to 1, at this point of the log."""
    people, catalogue = town.people, town.catalogue
    topic = catalogue.topic[message]
    progress = np.clip((at - town.plan.start) / (town.plan.end - town.plan.start), 0.0, 1.0)
    taste = sum(people.taste[user, catalogue.tags[message, place]] for place in range(catalogue.tags.shape[1]))
    logit = people.liking[user, topic] + progress * people.drift[user, topic] + 0.5 * taste
    return expit(logit)


def expit(logit: Floats) -> Floats:
    """1 / (1 + exp(-x))."""
    share: Floats = 1.0 / (1.0 + np.exp(-logit))
    return share


def trend(town: Town, topic: Ints, at: Ints) -> Floats:
    """1 for every topic but the falling one, which goes from 1 at the start to 1/4 at the end of the log."""
    progress = np.clip((at - town.plan.start) / (town.plan.end - town.plan.start), 0.0, 1.0)
    factor: Floats = np.where(topic == _FALLING, 1.0 - 0.75 * progress, 1.0)
    return factor


def freshness(town: Town, message: Ints, at: Ints) -> Floats:
    """From 1 when published towards 0.4, faster for what lives shortly."""
    age = np.maximum(at - town.catalogue.published[message], 0) / HOUR
    factor: Floats = 0.4 + 0.6 * np.exp(-age / _LIFE[town.catalogue.topic[message]])
    return factor


def presence(town: Town, user: Ints, at: Ints) -> Floats:
    """Share of time with the phone in hand over this and the next two hours, 1 for an average hour."""
    hour, off = town.clock(user, at)
    habit = town.people.habit
    ahead = habit[user, off, hour] + habit[user, off, (hour + 1) % 24] + habit[user, off, (hour + 2) % 24]
    return 8.0 * ahead


def mismatch(town: Town, user: Ints, message: Ints) -> Floats:
    """1 where the message is not in the person's language."""
    other: Floats = (town.people.chinese[user] != town.catalogue.chinese[message]).astype(np.float64)
    return other


def notice(town: Town, user: Ints, at: Ints, load: Floats) -> Floats:
    """Probability that a push is looked at: 1 - exp(-attention x presence^p), crowded out by recent pushes."""
    sent = town.people.sent
    seen = -np.expm1(-sent.attention[user] * presence(town, user, at) ** town.plan.weights.presence_power)
    return seen / (1.0 + (load / sent.capacity[user]) ** 2)


def want(town: Town, user: Ints, message: Ints, at: Ints, bored: Floats) -> Floats:
    """Probability that a noticed push is opened: a Hill curve x^h / (x^h + k^h)."""
    catalogue, weights = town.catalogue, town.plan.weights
    novelty = np.exp(-weights.boredom * town.people.sent.curiosity[user] * bored)
    spark = catalogue.quality[message] * np.where(catalogue.bait[message], weights.bait_want, 1.0)
    appeal = trend(town, catalogue.topic[message], at) * freshness(town, message, at)
    pull = (relevance(town, user, message, at) * spark * appeal * novelty) ** weights.steepness
    wanted: Floats = pull / (pull + weights.half_want**weights.steepness)
    return wanted


def p_click(town: Town, user: Ints, message: Ints, at: Ints, standing: Standing) -> Floats:
    """True probability of a click within 24 hours."""
    weights = town.plan.weights
    language = 1.0 - (1.0 - weights.other_language) * mismatch(town, user, message)
    mood = np.exp(town.people.mood[user, town.day(at)])
    chance = notice(town, user, at, standing.load) * want(town, user, message, at, standing.bored) * language * mood
    return np.minimum(chance, weights.ceiling)


def irritation(town: Town, user: Ints, message: Ints, at: Ints) -> Floats:
    """What one push adds: irrelevance, night, clickbait, advertising, a foreign language. Depends on no history."""
    catalogue = town.catalogue
    hour, _ = town.clock(user, at)
    night = (hour >= _NIGHT[0]) | (hour < _NIGHT[1])
    topic = catalogue.topic[message]
    irrelevant = (1.0 - relevance(town, user, message, at)) * np.where(_SERVICE[topic], 0.3, 1.0)
    loud = 1.2 * night + 0.9 * catalogue.bait[message] + 0.6 * _MARKETING[topic]
    return irrelevant + loud + 0.8 * mismatch(town, user, message)


def p_opt_out(town: Town, user: Ints, message: Ints, at: Ints, standing: Standing) -> Floats:
    """True probability of leaving within 72 hours: 1 - exp(-temper x this push x what has piled up x newness)."""
    sent, weights = town.people.sent, town.plan.weights
    piled = (standing.irritated / sent.tolerance[user]) ** weights.pile_power
    newness = 1.0 + 1.5 * np.exp(-np.maximum(at - town.people.registered[user], 0) / (10 * DAY))
    push = 0.15 + irritation(town, user, message, at) ** 1.5
    crowd = 1.0 + (standing.load / sent.capacity[user]) ** 2
    hazard = weights.base_hazard * sent.temper[user] * newness * push * (0.25 + piled) * crowd
    chance: Floats = -np.expm1(-hazard)
    return chance


def repeated(chance: Floats, had: Flags) -> Floats:
    """P(click) of a message that this person has had before: three tenths of what it would be."""
    return chance * np.where(had, _SEEN_BEFORE, 1.0)
