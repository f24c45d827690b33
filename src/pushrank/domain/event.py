"""What happened to a user: one report of a backend."""

from __future__ import annotations

from dataclasses import dataclass

from pushrank.domain.codes import EventType, FeedbackReason
from pushrank.domain.instants import Instant
from pushrank.domain.message import Attribute


@dataclass(frozen=True, slots=True)
class Event:
    """One report. Which optional fields matter follows from `type`; the others stay at their defaults.

    `scope` belongs to `opted_out` and `opted_in` (`all` or a category), `reason`, `reverted` and `comment` to
    `feedback`, `question` and `choice` to `answer`, `kind`, `tags` and `items` to `activity`, `name` and `value` to
    `attribute`, `amount` to `converted`.
    """

    event_id: str
    type: EventType
    user_id: str
    at: Instant
    message_id: str | None = None
    decision_id: str | None = None
    channel: str | None = None
    amount: float | None = None
    scope: str | None = None
    reason: FeedbackReason | None = None
    reverted: bool = False
    comment: str | None = None
    question: str | None = None
    choice: str | None = None
    kind: str | None = None
    tags: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    name: str | None = None
    value: Attribute = None
