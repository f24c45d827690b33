"""How messages did so far with everyone, kept in memory and brought up to date from the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from pushrank.domain.instants import Instant
from pushrank.domain.record import CountDelta
from pushrank.features.counts import COUNTED, CountTable, bucket_of
from pushrank.features.keys import key
from pushrank.features.state import Floats, Ints
from pushrank.store.protocol import Store

_NOTHING = (0,) * len(COUNTED)


@dataclass(frozen=True, slots=True)
class _Known:
    """Figures of some messages, by sorted key, as of one hour and one state of the counts."""

    version: int
    bucket: int
    keys: Ints
    categories: Ints
    figures: Floats

    def rows(self, messages: Ints, categories: Ints) -> Ints | None:
        """Where each message stands; None unless all are there."""
        if not self.keys.size:
            return None if messages.size else messages
        rows = np.minimum(np.searchsorted(self.keys, messages), self.keys.size - 1)
        there = np.array_equal(self.keys[rows], messages) and np.array_equal(self.categories[rows], categories)
        return rows if there else None


class History:
    """Counts of every message and hour. May be shared by threads.

    A message counts for the category that the catalogue names now, also with what happened under a former one.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._version = -1
        self._table = CountTable()
        self._totals: dict[tuple[str, int], tuple[int, ...]] = {}
        self._categories: dict[str, int] = {}
        self._known: _Known | None = None

    def refresh(self, category_of: Callable[[str], int]) -> None:
        """Read what changed since the last time. `category_of` gives the key of a message's category, 0 if unknown."""
        version = self._store.counts_version()
        if version == self._version:
            return
        with self._lock:
            if version > self._version:
                self._add(self._store.counts(self._version), category_of)
                self._version = version

    def recategorise(self, category_of: Callable[[str], int]) -> None:
        """Begin anew where a message has changed its category."""
        with self._lock:
            if any(category_of(name) != known for name, known in self._categories.items()):
                rows = [CountDelta(name, bucket, *counts) for (name, bucket), counts in self._totals.items()]
                self._table, self._totals, self._categories, self._known = CountTable(), {}, {}, None
                self._add(rows, category_of)

    def figures(self, messages: Ints, categories: Ints, as_of: Instant) -> Floats:
        """COUNT_COLUMNS of messages given by their keys, before the hour of `as_of`, float64[messages, columns]."""
        bucket = bucket_of(as_of)
        with self._lock:
            known = self._known
            if known is None or (known.version, known.bucket) != (self._table.version, bucket):
                known = self._learn(messages, categories, bucket)
            rows = known.rows(messages, categories)
            if rows is None:
                both = np.concatenate((messages, known.keys)), np.concatenate((categories, known.categories))
                known = self._learn(*both, bucket)
                rows = known.rows(messages, categories)
                assert rows is not None, "expected each message once"
        return known.figures[rows]

    def _learn(self, messages: Ints, categories: Ints, bucket: int) -> _Known:
        """Work out figures, of a repeated message the first, that hold until the hour or an older one changes."""
        keys, first = np.unique(messages, return_index=True)
        figures = self._table.figures(keys, categories[first], np.full(keys.size, bucket))
        self._known = _Known(self._table.version, bucket, keys, categories[first], figures)
        return self._known

    def _add(self, rows: Sequence[CountDelta], category_of: Callable[[str], int]) -> None:
        if not rows:
            return
        new = [(row.sends, row.clicks, row.opt_outs, row.dismissals) for row in rows]
        old = [self._totals.get((row.message_id, row.bucket), _NOTHING) for row in rows]
        self._categories.update({name: category_of(name) for name in {row.message_id for row in rows}})
        self._totals.update(zip(((row.message_id, row.bucket) for row in rows), new, strict=True))
        self._table.add(
            _ints(key(row.message_id) for row in rows),
            _ints(self._categories[row.message_id] for row in rows),
            _ints(row.bucket for row in rows),
            np.array(new, dtype=np.int64) - np.array(old, dtype=np.int64),
        )


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)
