"""Facts of messages and of users as numbers: what does not depend on behaviour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from pushrank.domain.codes import Kind, Purpose, Urgency
from pushrank.domain.message import Attribute, Message, lineage
from pushrank.domain.user import UserFacts
from pushrank.features.events import category_keys, tag_keys
from pushrank.features.keys import key
from pushrank.features.state import MESSAGE_TAGS, TOPIC_TAGS, Floats, Ints
from pushrank.features.text import TextBasis

UNKNOWN_LABEL = -1.0


@dataclass(frozen=True, slots=True)
class AttributeCode:
    """How an attribute of a user or a message becomes a number: itself, or the place of its label in `vocabulary`."""

    of: Literal["user", "message"]
    name: str
    kind: Literal["number", "label"]
    vocabulary: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """Name of the raw column, which is also the name of the feature."""
        return f"attribute_{self.of}_{self.name}"

    def code(self, value: Attribute) -> float:
        """The number of one value; an absent or unreadable number is 0, an absent or unknown label is -1."""
        if self.kind == "label":
            return float(self.vocabulary.index(str(value))) if str(value) in self.vocabulary else UNKNOWN_LABEL
        try:
            number = float(value) if value is not None else 0.0
        except ValueError:
            return 0.0
        return number if np.isfinite(number) else 0.0


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """Messages as arrays, one entry per message: keys, tags[n, MESSAGE_TAGS], raw columns by name.

    `topic`, int64[n, TOPIC_TAGS], holds the tags that usually go with the root of the message's category.
    """

    message_ids: tuple[str, ...]
    key: Ints
    category: Ints
    root: Ints
    tags: Ints
    topic: Ints
    columns: Mapping[str, Floats]

    def take(self, rows: Ints) -> MessageFacts:
        """Return the given messages, in the given order."""
        return MessageFacts(
            tuple(self.message_ids[row] for row in rows.tolist()),
            self.key[rows],
            self.category[rows],
            self.root[rows],
            self.tags[rows],
            self.topic[rows],
            {name: column[rows] for name, column in self.columns.items()},
        )


def message_text(message: Message) -> str:
    """The text that a reader of the push sees."""
    return f"{message.title} {message.body}"


def message_row(message: Message, basis: TextBasis, attributes: Sequence[AttributeCode]) -> dict[str, float]:
    """Raw columns of one message by name; times in microseconds, 0 where unknown."""
    price, listed = message.price or 0.0, message.list_price or 0.0
    row = {
        "message_published_at": float(message.published_at or 0),
        "message_expires_at": float(message.expires_at or 0),
        "message_title_length": float(len(message.title)),
        "message_body_length": float(len(message.body)),
        "message_tag_count": float(len(message.tags)),
        "message_item_count": float(len(message.items)),
        "message_worth": message.worth,
        "message_price": price,
        "message_discount": (listed - price) / listed if listed > price > 0.0 else 0.0,
        "message_has_image": float(message.image is not None),
        "message_breaking": float(message.urgency is Urgency.BREAKING),
        "message_personal": float(message.event_key is not None),
        "message_language": float(key(message.language) % (1 << 50)),
    }
    row.update({f"message_kind_{kind.value}": float(message.kind is kind) for kind in Kind})
    row.update({f"message_purpose_{purpose.value}": float(message.purpose is purpose) for purpose in Purpose})
    row.update({f"text_{place}": float(value) for place, value in enumerate(basis.embed(message_text(message)))})
    row.update(
        {code.column: code.code(message.attributes.get(code.name)) for code in attributes if code.of == "message"}
    )
    return row


def message_facts(
    messages: Sequence[Message],
    basis: TextBasis,
    attributes: Sequence[AttributeCode] = (),
    topics: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> MessageFacts:
    """Bring messages into arrays. The text of each is embedded by itself. `topics`: tags by root of a category."""
    rows = [message_row(message, basis, attributes) for message in messages]
    names = message_row(Message("none", "none"), basis, attributes)
    keys = [(key(message.message_id), *category_keys(message.category)) for message in messages]
    table = np.array(keys, dtype=np.int64).reshape(len(messages), 3)
    tags = np.array([tag_keys(message.tags) for message in messages], dtype=np.int64)
    roots = [topics.get(lineage(message.category)[-1], ()) for message in messages]
    topic = np.array([tag_keys(names, TOPIC_TAGS) for names in roots], dtype=np.int64)
    return MessageFacts(
        tuple(message.message_id for message in messages),
        np.ascontiguousarray(table[:, 0]),
        np.ascontiguousarray(table[:, 1]),
        np.ascontiguousarray(table[:, 2]),
        tags.reshape(len(messages), MESSAGE_TAGS),
        topic.reshape(len(messages), TOPIC_TAGS),
        {name: np.array([row[name] for row in rows], dtype=np.float64) for name in names},
    )


def user_row(user: UserFacts, attributes: Sequence[AttributeCode]) -> dict[str, float]:
    """Raw columns of one user's facts by name; times in microseconds, 0 where unknown."""
    row = {
        "user_registered_at": float(user.registered_at or 0),
        "user_language": float(key(user.language) % (1 << 50)),
    }
    row.update({code.column: code.code(user_attribute(user, code.name)) for code in attributes if code.of == "user"})
    return row


def user_attribute(user: UserFacts, name: str) -> Attribute:
    """One attribute of a user, the named facts included; None where unknown."""
    named: dict[str, Attribute] = {
        "tier": user.tier,
        "country": user.country,
        "language": user.language,
        "age_band": user.age_band,
    }
    return named[name] if name in named else user.attributes.get(name)
