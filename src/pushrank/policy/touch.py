"""Who has heard nothing for long is worth a message: silence for ever is forgetting, not kindness."""

from __future__ import annotations

from pushrank.config.types import KeepInTouch
from pushrank.domain.instants import HOUR, Instant
from pushrank.domain.record import UserRecord
from pushrank.features.usage import Usage


def starved(setting: KeepInTouch, record: UserRecord, usage: Usage, as_of: Instant) -> bool:
    """Whether a user has had no push for `after_days`; one that is held or confirmed counts as had."""
    hours = setting.after_days * 24.0
    registered = record.facts.registered_at
    fresh = registered is not None and as_of - registered < hours * HOUR
    return usage.hours_since_sent >= hours and not fresh and not any(push.counts(as_of) for push in record.pushes)
