"""The messages in memory: by id, as arrays for a feature view, and with how each has done so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeAlias

import numpy as np

from pushrank.config.types import PolicyConfig
from pushrank.content.likeness import Likeness
from pushrank.domain.decision import RankingRequest
from pushrank.domain.instants import Instant
from pushrank.domain.message import Candidate, Message, MessageOf
from pushrank.features.facts import MessageFacts
from pushrank.features.keys import key
from pushrank.features.state import Floats, Ints
from pushrank.features.view import FeatureView
from pushrank.ranking.arrays import MessageArrays
from pushrank.ranking.history import History
from pushrank.store.protocol import Store

LookUp: TypeAlias = MessageOf
Twins: TypeAlias = Mapping[str, frozenset[str]]

_FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Considered:
    """Candidates of one request: each id with what the catalogue holds under it, as this user would get it.

    `twins` are those of the catalogue as it was when they were brought together.
    """

    candidates: list[tuple[str, Message | None]]
    twins: Twins
    not_considered: int = 0

    def content_keys(self) -> list[str]:
        """What a store is asked for, so that a repetition is seen however old it is."""
        return [message.content_key for _, message in self.candidates if message is not None]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """One version of the catalogue; `ordered` are the live ones in the cheap order, beside first and last moment.

    `twins` gives for messages that say nearly the same as others the ids of all of them.
    """

    version: int
    live: Mapping[str, Message]
    deleted: Mapping[str, Message]
    ordered: tuple[Message, ...]
    published: Ints
    expires: Ints
    twins: Twins

    @classmethod
    def of(cls, version: int, live: Sequence[Message], deleted: Sequence[Message], twins: Twins) -> _Shelf:
        ordered = sorted(live, key=lambda message: (-(message.published_at or 0), message.message_id))
        return cls(
            version,
            {message.message_id: message for message in live},
            {message.message_id: message for message in deleted},
            tuple(ordered),
            np.array([message.published_at or 0 for message in ordered], dtype=np.int64),
            np.array([_FOREVER if m.expires_at is None else m.expires_at for m in ordered], dtype=np.int64),
            twins,
        )

    def find(self, message_id: str) -> Message | None:
        return self.live.get(message_id) or self.deleted.get(message_id)

    def category_of(self, message_id: str) -> int:
        message = self.find(message_id)
        return 0 if message is None else key(message.category)


class Catalogue:
    """What the store holds of messages, kept in memory and brought up to date before each use.

    May be shared by threads. What another process changes is seen at the next use. Which messages say nearly the same
    is worked out as they come, where the policy asks for it.
    """

    def __init__(self, store: Store, policy: PolicyConfig) -> None:
        self._store = store
        self._lock = Lock()
        self._shelf = _Shelf.of(-1, (), (), {})
        self._likeness = None if policy.near_duplicate is None else Likeness(policy.near_duplicate.similarity)
        self._arrays: dict[int, tuple[int, MessageArrays]] = {}
        self._history = History(store)

    def lookup(self) -> LookUp:
        """Return a look-up of messages as of now, deleted ones too: what was sent may still be clicked.

        It does not touch the store, so rules may use it.
        """
        return self._fresh().find

    def live(self, message_id: str) -> Message | None:
        """Look up a message that was not deleted."""
        return self._fresh().live.get(message_id)

    def messages(self) -> tuple[Message, ...]:
        """Return the messages that were not deleted, newest by publication first, then by id."""
        return self._fresh().ordered

    def twins(self) -> Twins:
        """Return for messages whose title and body are nearly like others' the ids of all alike, deleted ones too.

        As of the last look-up, by whichever thread; what was sent may be deleted by now. The mapping stays as it is,
        and is empty where the policy asks for none.
        """
        return self._known().twins

    def consider(self, request: RankingRequest, most: int) -> Considered:
        """Bring a request's candidates together; without any, every message that is published and not expired.

        Above `most` of those, the newest by publication are kept, then the first by id, and the rest is counted.
        Raises ValueError where the request names a message twice.
        """
        shelf = self._fresh()
        if request.candidates is None:
            return _everything(shelf, request.as_of, most)
        _refuse_twice(request.candidates)
        found = ((candidate, shelf.live.get(candidate.message_id)) for candidate in request.candidates)
        candidates = [(c.message_id, None if m is None else _applied(c, m)) for c, m in found]
        return Considered(candidates, shelf.twins)

    def facts(self, view: FeatureView, messages: Sequence[Message]) -> MessageFacts:
        """Messages as arrays, in the given order; what a request filled in counts."""
        return self._arrays_for(view).take(messages)

    def figures(self, facts: MessageFacts, as_of: Instant) -> Floats:
        """How each message did with everyone before the hour of `as_of`, float64[messages, COUNT_COLUMNS]."""
        self._history.refresh(self._known().category_of)
        return self._history.figures(facts.key, facts.category, as_of)

    def _fresh(self) -> _Shelf:
        version = self._store.catalogue_version()
        if version != self._shelf.version:
            with self._lock:
                # The version was read first: what changes meanwhile is read again rather than missed.
                if version > self._shelf.version:
                    live, deleted = self._store.messages(), self._store.messages(deleted=True)
                    shelf = _Shelf.of(version, live, deleted, self._twins_among(live, deleted))
                    self._history.recategorise(shelf.category_of)
                    self._shelf = shelf
        return self._shelf

    def _twins_among(self, live: Sequence[Message], deleted: Sequence[Message]) -> Twins:
        if self._likeness is None:
            return {}
        return self._likeness.brought_to({m.message_id: f"{m.title} {m.body}" for m in (*deleted, *live)})

    def _known(self) -> _Shelf:
        """What the request's first look found; only the very first one reads."""
        return self._shelf if self._shelf.version >= 0 else self._fresh()

    def _arrays_for(self, view: FeatureView) -> MessageArrays:
        shelf = self._known()
        version, arrays = self._arrays.get(id(view), (-1, None))
        if arrays is None or version != shelf.version:
            with self._lock:
                arrays = MessageArrays.of(view, shelf.live) if arrays is None else arrays.brought_to(shelf.live)
                others = [(name, kept) for name, kept in self._arrays.items() if name != id(view)]
                self._arrays = dict([*others[-2:], (id(view), (shelf.version, arrays))])
        return arrays


def _everything(shelf: _Shelf, as_of: Instant, most: int) -> Considered:
    live = np.flatnonzero((shelf.published <= as_of) & (shelf.expires > as_of)).tolist()
    kept = (shelf.ordered[place] for place in live[:most])
    return Considered([(message.message_id, message) for message in kept], shelf.twins, max(len(live) - most, 0))


def _applied(candidate: Candidate, message: Message) -> Message:
    plain = candidate.event_key is None and not candidate.items and candidate.worth is None
    return message if plain else candidate.applied_to(message)


def _refuse_twice(candidates: Sequence[Candidate]) -> None:
    if len({candidate.message_id for candidate in candidates}) == len(candidates):
        return
    seen: set[str] = set()
    for candidate in candidates:
        if candidate.message_id in seen:
            msg = f"candidates: expected each message once, got {candidate.message_id!r} again"
            raise ValueError(msg)
        seen.add(candidate.message_id)
