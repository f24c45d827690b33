"""How messages did so far with others: integer counts per hour, so that no order of users or parts changes a figure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pushrank.domain.instants import HOUR
from pushrank.features.state import Floats, Ints

SENDS, CLICKS, OPT_OUTS, DISMISSALS = range(4)
COUNTED = ("sends", "clicks", "opt_outs", "dismissals")
WEEK_BUCKETS = 168
_STRIDE = 1 << 32  # more hours than any log holds
_MOST_ADDED = 1 << 21  # rows that wait to be summed by hour

COUNT_COLUMNS = (
    *(f"message_{name}" for name in COUNTED),
    *(f"category_{name}" for name in COUNTED),
    *(f"category_week_{name}" for name in COUNTED),
    *(f"everyone_{name}" for name in COUNTED),
    *(f"everyone_week_{name}" for name in COUNTED),
)


def bucket_of(at: int) -> int:
    """Hour bucket of an instant."""
    return at // HOUR


@dataclass(frozen=True, slots=True)
class _Series:
    """Cumulative counts of entities: sorted keys, the different places of entity and bucket, sums after a row of zeros.

    How large it is follows from how many hours there are, not from how many rows it was made of.
    """

    keys: Ints
    starts: Ints
    places: Ints
    sums: Ints

    @classmethod
    def of(cls, entity: Ints, bucket: Ints, counts: Ints) -> _Series:
        keys, rank = np.unique(entity, return_inverse=True)
        place = rank * _STRIDE + bucket
        order = np.argsort(place, kind="stable")
        place = place[order]
        last = np.flatnonzero(np.append(place[1:] != place[:-1], place.size > 0))
        sums = np.zeros((last.size + 1, counts.shape[1]), dtype=np.int64)
        for column in range(counts.shape[1]):
            sums[1:, column] = np.cumsum(counts[order, column])[last]
        starts = np.searchsorted(place[last], np.arange(keys.size) * _STRIDE)
        return cls(keys, starts.astype(np.int64), place[last], sums)

    def before(self, entity: Ints, bucket: Ints) -> Ints:
        """Sums over buckets strictly before the given ones, int64[n, counts]; zeros for unknown entities."""
        if not self.keys.size:
            return np.zeros((entity.size, self.sums.shape[1]), dtype=np.int64)
        rank = np.minimum(np.searchsorted(self.keys, entity), self.keys.size - 1)
        upto = np.searchsorted(self.places, rank * _STRIDE + np.maximum(bucket, 0), side="left")
        found = (self.keys[rank] == entity)[:, None]
        return np.where(found, self.sums[upto] - self.sums[self.starts[rank]], 0)


class CountTable:
    """Counts of sends, clicks, opt-outs and dismissals per message and hour, summed by message, category and overall.

    Only complete hours count: figures as of a bucket hold what happened strictly before it.
    """

    def __init__(self) -> None:
        self._added: list[npt.NDArray[np.int64]] = []
        self._table = np.zeros((0, 3 + len(COUNTED)), dtype=np.int64)
        self._series: tuple[_Series, _Series, _Series] | None = None
        self._newest = -1
        self.version = 0

    def add(self, message: Ints, category: Ints, bucket: Ints, counts: Ints) -> None:
        """Add rows: keys of message and category, hour bucket, int64[n, 4] counts in the order of COUNTED."""
        if not len(message):
            return
        self._added.append(np.column_stack((message, category, bucket, counts)).astype(np.int64))
        if sum(map(len, self._added)) > _MOST_ADDED:
            self._gather()
        if int(np.min(bucket)) < self._newest:
            self._series = None
            self.version += 1

    def figures(self, message: Ints, category: Ints, bucket: Ints) -> Floats:
        """COUNT_COLUMNS for each row, float64[n, columns], as of the given hour buckets."""
        by_message, by_category, overall = self._as_of(int(np.max(bucket, initial=-1)))
        week, everyone = bucket - WEEK_BUCKETS, np.zeros_like(message)
        category_before, everyone_before = by_category.before(category, bucket), overall.before(everyone, bucket)
        parts = (
            by_message.before(message, bucket),
            category_before,
            category_before - by_category.before(category, week),
            everyone_before,
            everyone_before - overall.before(everyone, week),
        )
        return np.concatenate(parts, axis=1).astype(np.float64)

    def _as_of(self, newest: int) -> tuple[_Series, _Series, _Series]:
        """Series that hold every row older than `newest`; rows of the running hour wait until it is over."""
        if self._series is None or newest > self._newest:
            self._gather()
            message, category, bucket = self._table[:, 0], self._table[:, 1], self._table[:, 2]
            counts = self._table[:, 3:]
            self._series = (
                _Series.of(message, bucket, counts),
                _Series.of(category, bucket, counts),
                _Series.of(np.zeros_like(message), bucket, counts),
            )
            self._newest = newest
        return self._series

    def _gather(self) -> None:
        """Put what was added into the table, one row for each message, category and hour."""
        if not self._added:
            return
        rows = np.concatenate((self._table, *self._added))
        self._added.clear()
        rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
        first = np.flatnonzero(np.append(True, (rows[1:, :3] != rows[:-1, :3]).any(axis=1)))
        self._table = np.concatenate((rows[first, :3], np.add.reduceat(rows[:, 3:], first)), axis=1)
