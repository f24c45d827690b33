"""Events as columns of integers: the form in which the fold reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message, lineage
from pushrank.features.keys import key
from pushrank.features.state import MESSAGE_TAGS, Ints

# Kinds that the fold knows, in the order in which events of one moment are folded.
KIND_ACTIVITY, KIND_SENT, KIND_OPENED, KIND_CLICKED, KIND_DISMISSED, KIND_CONVERTED = range(6)
KIND_CATEGORY_OPTED_OUT, KIND_OPTED_OUT = 6, 7

_KINDS = {
    EventType.ACTIVITY: KIND_ACTIVITY,
    EventType.SENT: KIND_SENT,
    EventType.OPENED: KIND_OPENED,
    EventType.CLICKED: KIND_CLICKED,
    EventType.DISMISSED: KIND_DISMISSED,
    EventType.CONVERTED: KIND_CONVERTED,
    EventType.OPTED_OUT: KIND_OPTED_OUT,
}
EVERYTHING = "all"

KeepTags: TypeAlias = Callable[[Sequence[str], Instant], Sequence[str]]
"""Says which tags of something that happened at a moment may be remembered."""


class EventColumns(NamedTuple):
    """Events, one entry each; `at` in microseconds UTC, `offset` in seconds, keys as int64."""

    kind: npt.NDArray[np.int8]
    at: Ints
    offset: Ints
    message: Ints
    category: Ints
    root: Ints
    tags: Ints

    def take(self, rows: Ints) -> EventColumns:
        """Return the given rows, in the given order."""
        return EventColumns(self.kind[rows], *(column[rows] for column in self[1:]))


def tag_keys(tags: Sequence[str], most: int = MESSAGE_TAGS) -> list[int]:
    """Keys of the first `most` tags, filled up with 0."""
    keys = [key(tag) for tag in tags[:most]]
    return keys + [0] * (most - len(keys))


def category_keys(category: str | None) -> tuple[int, int]:
    """Keys of a category and of the root of its tree; 0 and 0 for None."""
    if category is None:
        return 0, 0
    return key(category), key(lineage(category)[-1])


def folds(event: Event) -> bool:
    """Whether the fold knows this event; all others leave the state as it is."""
    return event.type in _KINDS


def encode_events(events: Sequence[tuple[Event, Message | None, int]], keep: KeepTags | None = None) -> EventColumns:
    """Bring one user's events, each with its message and the user's UTC offset in seconds, into canonical order.

    Events that the fold does not know are left out, and so are tags that `keep` does not let pass. A send that a
    `failed` event took back must not be among them.
    """
    rows = [_row(event, message, offset, keep) for event, message, offset in events if folds(event)]
    return in_order(_columns(rows))


def in_order(columns: EventColumns) -> EventColumns:
    """Sort one user's events canonically: by moment, kind, message, then tags."""
    return columns.take(np.lexsort((columns.tags.sum(axis=1), columns.message, columns.kind, columns.at)))


def _row(event: Event, message: Message | None, offset: int, keep: KeepTags | None) -> tuple[int, ...]:
    about = _KINDS[event.type]
    category = message.category if message else None
    if event.type is EventType.OPTED_OUT and event.scope not in (None, EVERYTHING):
        about, category = KIND_CATEGORY_OPTED_OUT, event.scope
    tags: Sequence[str] = event.tags if event.type is EventType.ACTIVITY else message.tags if message else ()
    if keep is not None:
        tags = keep(tags, event.at)
    return (about, event.at, offset, key(event.message_id), *category_keys(category), *tag_keys(tags))


def _columns(rows: Sequence[tuple[int, ...]]) -> EventColumns:
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 6 + MESSAGE_TAGS)
    kind, at, offset, message, category, root = (np.ascontiguousarray(table[:, place]) for place in range(6))
    return EventColumns(kind.astype(np.int8), at, offset, message, category, root, np.ascontiguousarray(table[:, 6:]))
