"""A log opened for learning: what all its parts share, and its users hashed into parts that fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from pushrank.config import Category, TrainingConfig
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.user import Preferences, UserFacts
from pushrank.features.counts import CountTable
from pushrank.features.facts import MessageFacts
from pushrank.learning.errors import LearningError
from pushrank.learning.history import Zones, count_rows, messages_of, with_stubs
from pushrank.learning.objection import NOBODY, Objection
from pushrank.logs import Log
from pushrank.logs.parts import Parts, Windows, newest

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A log with what all its parts share.

    Nothing sent at or after `until` is read (None reads all). A label counts if its window closed by `known_by`:
    `until`, else the last moment of which the log tells. `rows` is how many impressions are read, `sent` which messages
    they sent. Of these `objected` impressions are no rows to learn from, by `objection`: they are read as what happened
    before others, as at serving, and no more. Rows of `suppressed` users are not read at all; `unprofiled` of these
    want no personalisation, or are minors. `people` are all whose rows are read.
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
    objection: Objection = NOBODY
    objected: int = 0
    unprofiled: int = 0
    people: frozenset[str] = frozenset()

    @property
    def message_ids(self) -> tuple[str, ...]:
        """Ids of `messages`, in their order."""
        return tuple(message.message_id for message in self.messages)

    def parts(self, work: Path) -> Parts:
        """Divide the log by users; files of large logs lie below `work`."""
        return Parts(
            self.log, partial(kept, until=self.until, suppressed=self.suppressed), self.rows, self.rows_per_part, work
        )

    def outcomes(self) -> Iterator[pd.DataFrame]:
        """Batches of outcomes in normal form, without what must not be read."""
        for batch in self.log.batches("outcomes", rows=self.rows_per_part):
            yield kept(batch, self.until, self.suppressed)


def open_source(
    log: Log,
    config: TrainingConfig,
    until: Instant | None = None,
    suppressed: Collection[str] = (),
    categories: Mapping[str, Category] | None = None,
    no_marketing: Collection[str] = (),
) -> Source:
    """Read through a log once: which messages it speaks of, how many impressions it has, how far it reaches.

    Given the category tree, the log is to be learned from: marketing to who objected to it is not, and who is not
    profiled is left out like who is `suppressed`, since at serving they are in no figure either. `no_marketing` are
    objectors of whom the log does not tell. Raises LearningError for a log without an impression to learn from before
    `until`.
    """
    users, preferences = log.users(), log.preferences()
    unprofiled = frozenset[str]() if categories is None else _unprofiled(users, preferences)
    left_out = unprofiled.union(suppressed)
    objection = NOBODY if categories is None else Objection.of(log, categories, no_marketing)
    ids, people = set[str](), set[str]()
    rows, end, objected = 0, -1, 0
    for batch in log.batches("outcomes", rows=config.rows_per_part):
        some = kept(batch, until, left_out)
        ids.update(some["message_id"].unique())
        people.update(some["user_id"].unique())
        rows, end = rows + len(some), max(end, newest(some))
        objected += int(objection.withheld(some).sum())
    if rows == objected:
        msg = "outcomes: expected at least one impression before --until, got none"
        raise LearningError(msg)
    return Source(
        log=log,
        messages=tuple(with_stubs(log.messages(), sorted(ids))),
        sent=frozenset(ids),
        users=users,
        zones=Zones(users, preferences, config.default_timezone),
        windows=Windows.of(config),
        rows=rows,
        known_by=end if until is None else until,
        until=until,
        suppressed=left_out,
        rows_per_part=config.rows_per_part,
        objection=objection,
        objected=objected,
        unprofiled=len(unprofiled),
        people=frozenset(people),
    )


def _unprofiled(users: Mapping[str, UserFacts], preferences: Mapping[str, Preferences]) -> frozenset[str]:
    """Users of whom nothing may be learned: who want no personalisation, and minors."""
    minors = {name for name, facts in users.items() if facts.is_minor}
    return frozenset(minors.union(name for name, said in preferences.items() if not said.personalisation))


def kept(batch: pd.DataFrame, until: Instant | None, suppressed: frozenset[str]) -> pd.DataFrame:
    """Return the rows that may be read."""
    keep = np.ones(len(batch), dtype=bool) if until is None else batch["sent_at"].to_numpy(np.int64) < until
    if suppressed:
        keep &= ~batch["user_id"].isin(suppressed).to_numpy()
    return batch if keep.all() else batch[keep]


def count_table(source: Source, parts: Parts, facts: MessageFacts) -> CountTable:
    """How each message did, hour by hour, over all users."""
    table = CountTable()
    for part in parts:
        row, bucket, counts = count_rows(part.outcomes, messages_of(part, facts), source.windows)
        table.add(facts.key[row], facts.category[row], bucket, counts)
    return table
