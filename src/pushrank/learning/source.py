"""A log opened for learning: what all its parts share, and its users hashed into parts that fit into memory."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd

from pushrank.config import TrainingConfig
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.user import UserFacts
from pushrank.features.counts import CountTable
from pushrank.features.facts import MessageFacts
from pushrank.learning.errors import LearningError
from pushrank.learning.history import Part, Windows, Zones, count_rows, newest, with_stubs
from pushrank.logs import Log

Progress = Callable[[int], None]
_ACTIVITY = ["user_id", "at", "tags"]


@dataclass(frozen=True, slots=True)
class Source:
    """A log with what all its parts share.

    Nothing sent at or after `until` is read (None reads all). A label counts if its window closed by `known_by`:
    `until`, else the last moment of which the log tells. `rows` is how many impressions are read, `sent` which messages
    they sent.
    """

    log: Log
    messages: tuple[Message, ...]
    sent: frozenset[str]
    users: dict[str, UserFacts]
    zones: Zones
    windows: Windows
    rows: int
    known_by: Instant
    until: Instant | None
    suppressed: frozenset[str]
    rows_per_part: int

    @property
    def message_ids(self) -> tuple[str, ...]:
        """Ids of `messages`, in their order."""
        return tuple(message.message_id for message in self.messages)

    def outcomes(self) -> Iterator[pd.DataFrame]:
        """Batches of outcomes in normal form, without what must not be read."""
        for batch in self.log.batches("outcomes", rows=self.rows_per_part):
            yield kept(batch, self.until, self.suppressed)


def open_source(
    log: Log, config: TrainingConfig, until: Instant | None = None, suppressed: Collection[str] = ()
) -> Source:
    """Read through a log once: which messages it speaks of, how many impressions it has, how far it reaches.

    Raises LearningError for a log without an impression before `until`.
    """
    users, left_out = log.users(), frozenset(suppressed)
    ids: set[str] = set()
    rows, end = 0, -1
    for batch in log.batches("outcomes", rows=config.rows_per_part):
        some = kept(batch, until, left_out)
        ids.update(some["message_id"].unique())
        rows, end = rows + len(some), max(end, newest(some))
    if not rows:
        msg = "outcomes: expected at least one impression before --until, got none"
        raise LearningError(msg)
    return Source(
        log=log,
        messages=tuple(with_stubs(log.messages(), sorted(ids))),
        sent=frozenset(ids),
        users=users,
        zones=Zones(users, log.preferences(), config.default_timezone),
        windows=Windows.of(config),
        rows=rows,
        known_by=end if until is None else until,
        until=until,
        suppressed=left_out,
        rows_per_part=config.rows_per_part,
    )


def kept(batch: pd.DataFrame, until: Instant | None, suppressed: frozenset[str]) -> pd.DataFrame:
    """Return the rows that may be read."""
    keep = np.ones(len(batch), dtype=bool) if until is None else batch["sent_at"].to_numpy(np.int64) < until
    if suppressed:
        keep &= ~batch["user_id"].isin(suppressed).to_numpy()
    return batch if keep.all() else batch[keep]


class Parts:
    """A log's users in parts, all rows of a user in one; may be gone through again and again.

    More than one part lies in files below `work`, so that memory does not grow with the log.
    """

    def __init__(self, source: Source, work: Path) -> None:
        self._number = max(1, ceil(source.rows / source.rows_per_part))
        self._folder = work / "parts"
        self._whole: Part | None = None
        if self._number == 1:
            self._whole = Part.of(pd.concat(list(source.outcomes()), ignore_index=True), _activity(source))
            return
        self.close()
        self._folder.mkdir(parents=True)
        self._split(source.outcomes(), "outcomes")
        self._split(_activity_batches(source), "activity")

    def __iter__(self) -> Iterator[Part]:
        if self._whole is not None:
            yield self._whole
            return
        for part in range(self._number):
            outcomes = self._read("outcomes", part)
            if len(outcomes):
                yield Part.of(outcomes, self._read("activity", part))

    def close(self) -> None:
        """Remove the files."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _split(self, batches: Iterator[pd.DataFrame], name: str) -> None:
        """Write each batch's rows into the file of their part; which part follows from the user alone."""
        for place, batch in enumerate(batches):
            part = pd.util.hash_array(batch["user_id"].to_numpy(dtype=object)) % np.uint64(self._number)
            for chosen in np.unique(part).tolist():
                batch[part == chosen].to_parquet(self._folder / f"{name}-{chosen}-{place:06d}.parquet", index=False)

    def _read(self, name: str, part: int) -> pd.DataFrame:
        files = sorted(self._folder.glob(f"{name}-{part}-*.parquet"))
        return pd.concat([_NOTHING, *(pd.read_parquet(file) for file in files)], ignore_index=True)


def count_table(source: Source, parts: Parts, facts: MessageFacts) -> CountTable:
    """How each message did, hour by hour, over all users."""
    table = CountTable()
    for part in parts:
        row, bucket, counts = count_rows(part.outcomes, part.messages(facts), source.windows)
        table.add(facts.key[row], facts.category[row], bucket, counts)
    return table


_NOTHING = pd.DataFrame({"user_id": pd.Series(dtype="str"), "at": pd.Series(dtype=np.int64)})


def _activity_batches(source: Source) -> Iterator[pd.DataFrame]:
    if source.log.has("activity"):
        for batch in source.log.batches("activity", rows=source.rows_per_part):
            yield batch[[name for name in _ACTIVITY if name in batch]]


def _activity(source: Source) -> pd.DataFrame:
    return pd.concat([_NOTHING, *_activity_batches(source)], ignore_index=True)
