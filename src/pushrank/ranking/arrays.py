"""Messages as one feature view reads them: each text is embedded once, however often the catalogue changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pushrank.domain.message import Message
from pushrank.features.facts import MessageFacts, message_facts
from pushrank.features.view import FeatureView


@dataclass(frozen=True, slots=True)
class MessageArrays:
    """Facts of all messages; `rows` finds a message, `made_of` tells from which value its row was made."""

    view: FeatureView
    facts: MessageFacts
    rows: Mapping[str, int]
    made_of: Mapping[str, Message]

    @classmethod
    def of(cls, view: FeatureView, messages: Mapping[str, Message]) -> MessageArrays:
        """Make the arrays of these messages."""
        facts = _facts(list(messages.values()), view)
        return cls(view, facts, {name: row for row, name in enumerate(messages)}, dict(messages))

    def brought_to(self, messages: Mapping[str, Message]) -> MessageArrays:
        """Return the arrays of these messages; rows of those that have not changed are kept."""
        kept = [name for name, message in messages.items() if self.made_of.get(name) == message]
        fresh = {name: message for name, message in messages.items() if self.made_of.get(name) != message}
        added = MessageArrays.of(self.view, fresh)
        facts = _joined(self.facts.take(np.array([self.rows[name] for name in kept], dtype=np.int64)), added.facts)
        return MessageArrays(self.view, facts, {name: row for row, name in enumerate((*kept, *fresh))}, dict(messages))

    def take(self, messages: Sequence[Message]) -> MessageFacts:
        """Facts of messages in the given order, with what a request filled in for a user."""
        if not all(self._made(message) for message in messages):
            # The catalogue changed between a request's first look and this one.
            return _facts(messages, self.view)
        rows = np.array([self.rows[message.message_id] for message in messages], dtype=np.int64)
        facts = self.facts.take(rows)
        for place, message in enumerate(messages):
            if message is not self.made_of[message.message_id]:
                _fill_in(facts, place, message)
        return facts

    def _made(self, message: Message) -> bool:
        """Whether the row under this id is that of `message`, up to what a request fills in."""
        known = self.made_of.get(message.message_id)
        if known is None or known is message:
            return known is not None
        plain = replace(message, event_key=known.event_key, items=known.items, worth=known.worth)
        return plain == known


def _facts(messages: Sequence[Message], view: FeatureView) -> MessageFacts:
    return message_facts(messages, view.basis, view.attributes, view.topics)


def _fill_in(facts: MessageFacts, place: int, message: Message) -> None:
    """Write the columns that `Candidate.applied_to` can change; `facts` is a copy of this request alone."""
    facts.columns["message_item_count"][place] = float(len(message.items))
    facts.columns["message_worth"][place] = message.worth
    facts.columns["message_personal"][place] = float(message.event_key is not None)


def _joined(first: MessageFacts, second: MessageFacts) -> MessageFacts:
    return MessageFacts(
        (*first.message_ids, *second.message_ids),
        np.concatenate((first.key, second.key)),
        np.concatenate((first.category, second.category)),
        np.concatenate((first.root, second.root)),
        np.concatenate((first.tags, second.tags)),
        np.concatenate((first.topic, second.topic)),
        {name: np.concatenate((column, second.columns[name])) for name, column in first.columns.items()},
    )
