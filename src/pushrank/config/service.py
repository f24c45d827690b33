"""The frozen types of `configs/service`: the shell, and how long what is stored of people is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pushrank.config.types import AtLeastOne, Positive, Share


@dataclass(frozen=True, slots=True)
class PrivacyConfig:
    """How long what is stored of people is kept, and what the pages and links for them need.

    Decisions with their scores are kept for `decisions_days`, of `features_share` of them also what they saw, for
    `features_days`; events, and what was learned from them, for `events_days`. A link to the preference centre opens it
    for `link_days`; the one that opts out does not end. Models that were trained with somebody erased are to be trained
    anew within `retrain_days`. `public_url` is where users reach this service; null: links are paths. `sender` is the
    name that pages speak in, by language, and `contact` where a person can write to.
    """

    decisions_days: AtLeastOne
    features_share: Share
    features_days: AtLeastOne
    events_days: AtLeastOne
    link_days: AtLeastOne
    retrain_days: AtLeastOne
    sender: Mapping[str, str]
    contact: str | None = None
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """The service's shell. Sizes in bytes, times in seconds."""

    clock: Literal["server", "request"]
    policy: str
    max_candidates: AtLeastOne = 500
    max_slots: AtLeastOne = 20
    max_rank_bytes: AtLeastOne = 1 << 20
    max_write_bytes: AtLeastOne = 4 << 20
    max_events: AtLeastOne = 1000
    max_messages: AtLeastOne = 1000
    champion_poll_seconds: Positive = 5.0
    request_timeout_seconds: Positive = 10.0
    access_log: bool = True
    context: tuple[str, ...] = ()
    languages: tuple[str, ...] = field(default=("en", "zh"))
