"""What may be remembered of a user: the one place that decides it, for everything that learns from events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from pushrank.config.types import SeenElsewhere
from pushrank.domain.event import Event
from pushrank.domain.instants import Instant
from pushrank.domain.message import MessageOf
from pushrank.domain.record import CountDelta, Presence, Reading, StoredEvent, UserRecord
from pushrank.features.events import EventColumns, KeepTags, encode_events, folds
from pushrank.features.fold import fold
from pushrank.features.presence import presence_of
from pushrank.features.state import decode_state, empty_state, encode_state
from pushrank.features.tallies import Tally, deltas, taken_back, tally


class Remembered(NamedTuple):
    """A user with what may be remembered of them, and what their events add to the figures across users now."""

    record: UserRecord
    counts: tuple[CountDelta, ...]


def kept_tags(record: UserRecord) -> KeepTags | None:
    """Give what leaves out tags that the user blocked, or deleted up to a later moment; None where there are none."""
    blocked, forgotten = record.withheld
    if not blocked and not forgotten:
        return None

    def keep(tags: Sequence[str], at: Instant) -> Sequence[str]:
        return [tag for tag in tags if tag not in blocked and not (tag in forgotten and at <= forgotten[tag])]

    return keep


def columns_of(record: UserRecord, events: Collection[StoredEvent], message_of: MessageOf) -> EventColumns:
    """Give what the fold may read of a user's events: no send that was taken back, no tag that is withheld."""
    failed = taken_back(stored.event for stored in events)
    standing = [stored for stored in events if folds(stored.event) and stored.event.event_id not in failed]
    rows = [(stored.event, message_of(stored.event.message_id or ""), stored.offset) for stored in standing]
    return encode_events(rows, kept_tags(record))


def profile_of(record: UserRecord, events: Collection[StoredEvent], message_of: MessageOf) -> bytes | None:
    """Fold all events of a user, in whatever order they come; None where nothing may be remembered, or nothing is."""
    if not record.profiled:
        return None
    state = empty_state()
    fold(state, columns_of(record, events, message_of))
    return encode_state(state) or None


def extended(record: UserRecord, fresh: Collection[StoredEvent], message_of: MessageOf) -> bytes | None:
    """Fold `fresh` events, younger than all before and none of them a failure, onto the state of a profiled user."""
    columns = columns_of(record, fresh, message_of)
    if not columns.at.size:
        return record.state
    state = decode_state(record.state)
    fold(state, columns)
    return encode_state(state)


def learned(
    record: UserRecord, events: Collection[StoredEvent], message_of: MessageOf, setting: SeenElsewhere | None
) -> UserRecord:
    """Give the record with what all of the user's events may tell of them, and without what they may not.

    `setting` is that of the policy. Of who is not profiled neither habits nor presence are kept.
    """
    if not record.profiled:
        return replace(record, state=None, presence=Presence())
    presence = presence_of([stored.event for stored in events], setting, message_of)
    return replace(record, state=profile_of(record, events, message_of), presence=presence)


def tally_of(record: UserRecord, events: Iterable[Event]) -> Tally:
    """Count what a user's events are in the figures across users: nothing of who is not profiled."""
    return tally(events) if record.profiled else Tally()


def remembered(reading: Reading, after: UserRecord, message_of: MessageOf, setting: SeenElsewhere | None) -> Remembered:
    """Follow a user's word: `after` is the record of `reading` with other preferences, facts or deleted tags.

    The user's events are read, and habits, presence and counts worked out anew, only where the change says something
    about what may be remembered.
    """
    before = reading.record
    if (before.profiled, before.withheld) == (after.profiled, after.withheld):
        return Remembered(after, ())
    stored = reading.events()
    events = [one.event for one in stored]
    counts = deltas(tally_of(before, events), tally_of(after, events))
    return Remembered(learned(after, stored, message_of, setting), counts)
