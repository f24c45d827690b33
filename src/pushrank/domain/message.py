"""Messages that may be sent, and candidates: messages as one user would get them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

import msgspec

from pushrank.domain.codes import Kind, Purpose, Urgency
from pushrank.domain.instants import Instant

Attribute: TypeAlias = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the catalogue. `worth` counts ordinary clicks; prices are in the sender's own currency."""

    message_id: str
    category: str
    purpose: Purpose | None = None
    kind: Kind = Kind.INFORM
    title: str = ""
    body: str = ""
    language: str | None = None
    tags: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    published_at: Instant | None = None
    expires_at: Instant | None = None
    worth: float = 1.0
    campaign: str | None = None
    urgency: Urgency = Urgency.NORMAL
    event_key: str | None = None
    occasion: str | None = None
    link: str | None = None
    image: str | None = None
    actions: tuple[str, ...] = ()
    sender: str | None = None
    ad_label: str | None = None
    price: float | None = None
    list_price: float | None = None
    in_stock: bool | None = None
    questions: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    @property
    def content_key(self) -> str:
        """What may reach a user only once: the id, and the event it speaks of where there is one."""
        return f"{self.message_id}#{self.event_key or ''}"


MessageOf: TypeAlias = Callable[[str], Message | None]
"""Looks a message up by its id."""


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A message that may be sent to a user now, with what the request fills in for this user.

    A struct, since a request makes hundreds of them: it is made in a fraction of a dataclass's time.
    """

    message_id: str
    event_key: str | None = None
    items: tuple[str, ...] = ()
    worth: float | None = None

    def applied_to(self, message: Message) -> Message:
        """Return the message as this user would get it."""
        return replace(
            message,
            event_key=self.event_key or message.event_key,
            items=self.items or message.items,
            worth=message.worth if self.worth is None else self.worth,
        )


@lru_cache(maxsize=1 << 14)
def lineage(category: str) -> tuple[str, ...]:
    """The category and its parents, nearest first: `sport.tennis` gives `sport.tennis`, `sport`."""
    parts = category.split(".")
    return tuple(".".join(parts[:depth]) for depth in range(len(parts), 0, -1))
