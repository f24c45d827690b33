"""What was kept long enough goes: decisions, what they saw, pushes, events, and what was learned from these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from pushrank.config.service import PrivacyConfig
from pushrank.config.types import SeenElsewhere
from pushrank.domain.instants import DAY, Instant
from pushrank.domain.message import MessageOf
from pushrank.domain.record import Change, Reading, Tombstone
from pushrank.features.profile import learned
from pushrank.rights.trained_on import TrainedOn, of_tombstones
from pushrank.store.protocol import Store

# Rows that one write deletes at most, and users that are read at once: no other writer waits for long.
_ROWS = 5_000
_USERS = 500
_SCRUBBED = "scrubbed_at"

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """Moments before which things go."""

    decisions: Instant
    feature_rows: Instant
    events: Instant

    @classmethod
    def at(cls, config: PrivacyConfig, as_of: Instant) -> Limits:
        """Count back from a moment."""
        days = (config.decisions_days, config.features_days, config.events_days)
        return cls(*(as_of - number * DAY for number in days))


class Deadline(NamedTuple):
    """A model version that was trained with people erased since, and by when it is to be trained anew."""

    version: str
    people: int
    retrain_by: Instant


def expire_rows(store: Store, limits: Limits, progress: Progress = lambda _: None) -> dict[str, int]:
    """Delete old decisions, samples of features and pushes; gives how many of each.

    A push outlives its moment while its message may still be sent, since nothing is sent twice.
    """
    before = {"decisions": limits.decisions, "feature_rows": limits.feature_rows, "pushes": limits.events}
    return {table: _drained(partial(store.expire, table, at, _ROWS), progress) for table, at in before.items()}


def expire_events(
    store: Store,
    limits: Limits,
    message_of: MessageOf,
    setting: SeenElsewhere | None,
    progress: Progress = lambda _: None,
) -> int:
    """Delete old events; what was learned of their users is learned anew from those that stay. Gives how many went.

    `setting` is that of the policy. Figures across users stay: they are sums over all.
    """
    rule, gone = partial(_forgetting, limits.events, message_of, setting), 0
    while users := store.aged(limits.events, _USERS):
        for user_key in users:
            gone += store.transact(user_key, rule, limits.events)
            progress(1)
    return gone


def forget_answers(store: Store, before: Instant, progress: Progress = lambda _: None) -> int:
    """Drop the kept answers to requests that are older than a moment; gives how many."""
    return _drained(lambda: store.forget_answers(before), progress)


def scrub(store: Store, at: Instant) -> bool:
    """Take what was deleted out of the files; False where somebody was in the way, and the next time does it.

    Where a user was erased since the last time the tables are written anew, which no erasure waits for.
    """
    last = int(store.marker(_SCRUBBED) or 0)
    erased = max((stone.at for stone in store.tombstones()), default=0)
    done = store.scrub(thorough=erased >= last)
    if done:
        store.mark(_SCRUBBED, str(at))
    return done


def deadlines(store: Store, lists: TrainedOn, retrain_days: int) -> tuple[Deadline, ...]:
    """Model versions that are to be trained anew, by version; the earliest erasure sets the deadline.

    The lists are asked again: a version may have come after the erasure, from a log that somebody had still read.
    """
    stones = list(store.tombstones())
    people: dict[str, int] = {}
    until: dict[str, Instant] = {}
    for stone, models in zip(stones, _learned_from(stones, lists), strict=True):
        by = stone.retrain_by or stone.at + retrain_days * DAY
        for version in models:
            people[version] = people.get(version, 0) + 1
            until[version] = min(by, until.get(version, by))
    return tuple(Deadline(version, people[version], until[version]) for version in sorted(until, key=_number))


def _learned_from(stones: Sequence[Tombstone], lists: TrainedOn) -> list[set[str]]:
    """For each tombstone the versions that learned from whom it stands for."""
    found = [set(stone.models) for stone in stones]
    versions = lists.versions()
    wanted = of_tombstones(stone.token for stone in stones if versions)
    for version in versions:
        for place in np.flatnonzero(lists.holds(version, wanted)).tolist():
            found[place].add(version)
    return found


def _number(version: str) -> tuple[int, str]:
    return (int(version), "") if version.isdigit() else (0, version)


def _drained(bite: Callable[[], int], progress: Progress) -> int:
    gone = 0
    while some := bite():
        gone += some
        progress(some)
    return gone


def _forgetting(before: Instant, message_of: MessageOf, setting: SeenElsewhere | None, reading: Reading) -> Change[int]:
    stored = reading.events()
    kept = [one for one in stored if one.event.at >= before]
    if len(kept) == len(stored):
        # Somebody else was here in between: another run, or an erasure.
        return Change(0)
    forgotten = {tag: at for tag, at in reading.record.forgotten.items() if at >= before}
    record = replace(
        reading.record, forgotten=forgotten, last_event_at=max((one.event.at for one in kept), default=None)
    )
    return Change(
        len(stored) - len(kept),
        record=learned(record, kept, message_of, setting),
        forget_before=before,
    )
