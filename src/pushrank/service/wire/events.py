"""What happened to users, as their backends report it."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from pushrank.domain.codes import EventType, FeedbackReason
from pushrank.service.wire.values import Amount, Answer, Body, CategoryName, Id, Text, Time, Value, Word, Words

MAX_EVENTS = 1000


class EventBody(Body, frozen=True):
    """One report. `event_id` makes repeating safe; `at` is when it happened."""

    event_id: Id
    type: EventType
    user_id: Id
    at: Time
    message_id: Id | None = None
    decision_id: Id | None = None
    channel: Id | None = None
    amount: Amount | None = None
    scope: CategoryName | None = None
    reason: FeedbackReason | None = None
    reverted: bool = False
    comment: Text | None = None
    question: Word | None = None
    choice: Word | None = None
    kind: Id | None = None
    tags: Words = ()
    items: Words = ()
    name: Word | None = None
    value: Value | UnsetType = UNSET


class EventsBody(Body, frozen=True):
    """Up to 1,000 reports."""

    events: Annotated[tuple[EventBody, ...], Meta(min_length=1, max_length=MAX_EVENTS)]


class RejectedAnswer(Answer, frozen=True):
    """An event that was not taken; `index` is its place in the request."""

    index: int
    code: str
    detail: str


class EventsAnswer(Answer, frozen=True):
    """How many events are durable, how many were known already, and which were not taken."""

    accepted: int
    duplicates: int
    rejected: tuple[RejectedAnswer, ...]
