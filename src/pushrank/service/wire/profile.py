"""What is known of a user."""

from __future__ import annotations

from typing import Literal

from pushrank.domain.message import Attribute
from pushrank.service.wire.rank import FrequencyAnswer
from pushrank.service.wire.values import Answer


class WhyNotAnswer(Answer, frozen=True):
    """Why nothing is chosen by what the user does."""

    code: Literal["personalisation_off", "minor", "no_model"]
    text: str


class FactAnswer(Answer, frozen=True):
    """What a backend told, and when; null where it came with a log, or longer ago than events are kept."""

    name: str
    value: Attribute
    told_at: str | None


class WeightAnswer(Answer, frozen=True):
    """The numbers that the model uses, each fading to a third within a month.

    Pushes, clicks and activity about it; of a category dismissals in place of activity.
    """

    sends: float
    clicks: float
    activity: float
    dismissals: float


class InterestAnswer(Answer, frozen=True):
    """A tag or a category that the user's events speak of.

    `events` counts them, `kinds` by type; they are deleted at `expires_at`, the last one latest. `strength` is null
    where nothing of it is `used`: because it is `blocked`, or deleted at `forgotten_at` and not met since.
    """

    about: Literal["tag", "category"]
    name: str
    title: str
    text: str
    strength: Literal["high", "medium", "low"] | None
    used: bool
    weight: WeightAnswer
    events: int
    kinds: dict[str, int]
    first_at: str | None
    last_at: str | None
    expires_at: str | None
    blocked: bool
    forgotten_at: str | None


class UsageAnswer(Answer, frozen=True):
    """How the app and its pushes are used.

    `activity_per_day`: signs of life a day over about a month; `click_rate` and `opened`: shares of recent pushes, as
    if a few more had been. `hours` are the 24 of the user's clock with the activity and the clicks in each;
    `active_hours` those with half as many again as usual.
    """

    level: Literal["often", "sometimes", "rarely", "never"]
    text: str
    activity_per_day: float
    click_rate: float
    opened: float
    pushes: int
    clicks: int
    hours: tuple[float, ...]
    active_hours: tuple[int, ...]
    last_active_at: str | None


class ProfileAnswer(Answer, frozen=True):
    """All that is known of a user apart from what they chose.

    `usage` and `inferred` are null where the user is not profiled. `events` counts all that are stored; the last one is
    deleted at `expires_at`.
    """

    language: str
    personalised: bool
    text: str
    why_not: tuple[WhyNotAnswer, ...]
    facts: tuple[FactAnswer, ...]
    interests: tuple[InterestAnswer, ...]
    usage: UsageAnswer | None
    inferred: FrequencyAnswer | None
    events: int
    first_at: str | None
    last_at: str | None
    expires_at: str | None
