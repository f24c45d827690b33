"""The catalogue."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from pushrank.domain.codes import Kind, Purpose, Urgency
from pushrank.service.wire.values import (
    Address,
    Answer,
    Attributes,
    Body,
    CategoryName,
    Id,
    Line,
    Money,
    Text,
    Time,
    Word,
    Words,
    Worth,
)

MAX_MESSAGES = 1000


class MessageBody(Body, frozen=True):
    """One message that may be sent. `worth` counts ordinary clicks; prices are in the sender's own currency."""

    message_id: Id
    category: CategoryName
    purpose: Purpose | None = None
    kind: Kind = Kind.INFORM
    title: Line = ""
    body: Text = ""
    language: Word | None = None
    tags: Words = ()
    items: Words = ()
    published_at: Time | None = None
    expires_at: Time | None = None
    worth: Worth = 1.0
    campaign: Word | None = None
    urgency: Urgency = Urgency.NORMAL
    event_key: Id | None = None
    occasion: Word | None = None
    link: Address | None = None
    image: Address | None = None
    actions: Words = ()
    sender: Word | None = None
    ad_label: Word | None = None
    price: Money | None = None
    list_price: Money | None = None
    in_stock: bool | None = None
    questions: Words = ()
    attributes: Attributes = msgspec.field(default_factory=dict)


class MessagesBody(Body, frozen=True):
    """1 to 1,000 messages; each replaces the one with its id."""

    messages: Annotated[tuple[MessageBody, ...], Meta(min_length=1, max_length=MAX_MESSAGES)]


class Finding(Answer, frozen=True):
    """What a review of the content found."""

    code: str
    severity: str
    field: str
    detail: str


class ReviewedAnswer(Answer, frozen=True):
    """A message that was taken, with what its review found."""

    message_id: str
    findings: tuple[Finding, ...] = ()


class MessagesAnswer(Answer, frozen=True):
    """The messages that were taken, in the order of the request."""

    messages: tuple[ReviewedAnswer, ...]


class MessagePage(Answer, frozen=True):
    """A page of the catalogue, ordered by id; `next_cursor` is null on the last page."""

    messages: tuple[MessageBody, ...]
    next_cursor: str | None
