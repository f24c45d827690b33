"""A log's rows as the columns that the fold reads: who was sent what, and everything that happened, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from pushrank.domain.instants import HOUR, MINUTE, utc_offset
from pushrank.domain.message import Message
from pushrank.domain.user import Preferences, UserFacts
from pushrank.features.columns import Impressions, UserEvents
from pushrank.features.events import (
    KIND_ACTIVITY,
    KIND_CATEGORY_OPTED_OUT,
    KIND_CLICKED,
    KIND_CONVERTED,
    KIND_DISMISSED,
    KIND_OPENED,
    KIND_OPTED_OUT,
    KIND_SENT,
    EventColumns,
    tag_keys,
)
from pushrank.features.facts import MessageFacts
from pushrank.features.state import MESSAGE_TAGS, Ints
from pushrank.logs.parts import Part, Windows, outcome_at

Codes = npt.NDArray[np.int8]

OUTCOMES = {
    "clicked": KIND_CLICKED,
    "opened": KIND_OPENED,
    "dismissed": KIND_DISMISSED,
    "converted": KIND_CONVERTED,
    "category_opted_out": KIND_CATEGORY_OPTED_OUT,
    "opted_out": KIND_OPTED_OUT,
}
_QUARTER = 15 * MINUTE


def message_rows(message_ids: Sequence[str], ids: pd.Series[str]) -> Ints:
    """Row of each id in `message_ids`. Raises KeyError naming an id that the catalogue lacks."""
    rows = pd.Index(message_ids).get_indexer(pd.Index(ids))
    if (rows < 0).any():
        raise KeyError(str(ids.iloc[int(np.argmin(rows))]))
    return rows.astype(np.int64)


def with_stubs(messages: Sequence[Message], ids: Sequence[str]) -> list[Message]:
    """Return the catalogue, completed by a bare message for each id that only the outcomes know."""
    known = {message.message_id for message in messages}
    return [*messages, *(Message(name, "unknown") for name in sorted(set(ids) - known))]


def count_rows(outcomes: pd.DataFrame, message: Ints, windows: Windows) -> tuple[Ints, Ints, Ints]:
    """Message row, hour bucket and int64[n, 4] counts (sends, clicks, opt-outs, dismissals), summed by hour.

    An opt-out counts for a push only inside its window: later it answers no push.
    """
    sent = outcomes["sent_at"].to_numpy(np.int64)
    parts = [(sent, 0), *((outcome_at(outcomes, name, windows), place) for name, place in _COUNTED)]
    parts[_OPT_OUTS] = (np.where(parts[_OPT_OUTS][0] - sent <= windows.opt_out, parts[_OPT_OUTS][0], -1), _OPT_OUTS)
    rows = np.concatenate([message[at >= 0] for at, _ in parts])
    bucket = np.concatenate([at[at >= 0] for at, _ in parts]) // HOUR
    column = np.repeat([place for _, place in parts], [int((at >= 0).sum()) for at, _ in parts])
    cells, place = np.unique(rows << 32 | bucket, return_inverse=True)
    counts = np.bincount(place * 4 + column, minlength=4 * cells.size).reshape(-1, 4)
    return cells >> 32, cells & ((1 << 32) - 1), counts.astype(np.int64)


_OPT_OUTS = 2
_COUNTED = (("clicked", 1), ("opted_out", _OPT_OUTS), ("dismissed", 3))


class Zones:
    """UTC offsets of users at many moments: one look-up for each zone and quarter of an hour."""

    def __init__(self, users: Mapping[str, UserFacts], preferences: Mapping[str, Preferences], default: str) -> None:
        self._users, self._preferences, self._default = users, preferences, default

    def zone(self, user_id: str) -> str:
        """What the user chose, else what is known of the user, else the default."""
        chosen, facts = self._preferences.get(user_id), self._users.get(user_id)
        return (chosen and chosen.timezone) or (facts and facts.timezone) or self._default

    def offsets(self, user_ids: Sequence[str], user: Ints, at: Ints) -> Ints:
        """Offset in seconds for each row, given by user code and instant."""
        zones = pd.factorize(np.array([self.zone(name) for name in user_ids], dtype=object))
        quarter = at // _QUARTER
        place = zones[0][user].astype(np.int64) << 40 | quarter
        cells, inverse = np.unique(place, return_inverse=True)
        offsets = [utc_offset(zones[1][cell >> 40], (cell & ((1 << 40) - 1)) * _QUARTER) for cell in cells.tolist()]
        return np.array(offsets, dtype=np.int64)[inverse]


def messages_of(part: Part, facts: MessageFacts) -> Ints:
    """Row of each outcome's message in `facts`."""
    return message_rows(facts.message_ids, part.outcomes["message_id"])


def impressions_of(part: Part, message: Ints, zones: Zones) -> Impressions:
    """Impressions in the order of the part's outcomes; `message` gives each row's place in the facts."""
    at = part.outcomes["sent_at"].to_numpy(np.int64)
    return Impressions(part.outcome_user, at, zones.offsets(part.user_ids, part.outcome_user, at), message)


def events_of(part: Part, message: Ints, facts: MessageFacts, zones: Zones, windows: Windows) -> UserEvents:
    """Everything that happened to the part's users, by user and in canonical order."""
    pushes = [_push_events(part, name, kind, message, windows) for name, kind in _HAPPENED.items()]
    user, at, kind, row = (np.concatenate(column) for column in zip(*pushes, strict=True))
    tags = _activity_tags(part.activity)
    user, at = np.concatenate((user, part.activity_user)), np.concatenate((at, _at(part.activity)))
    kind = np.concatenate((kind, np.full(len(tags), KIND_ACTIVITY, dtype=np.int8)))
    none = np.zeros(len(tags), dtype=np.int64)
    key, category, root = (np.concatenate((v[row], none)) for v in (facts.key, facts.category, facts.root))
    offset = zones.offsets(part.user_ids, user, at)
    columns = EventColumns(kind, at, offset, key, category, root, np.concatenate((facts.tags[row], tags)))
    order = np.lexsort((columns.tags.sum(axis=1), columns.message, columns.kind, columns.at, user))
    start = np.searchsorted(user[order], np.arange(len(part.user_ids) + 1)).astype(np.int64)
    return UserEvents(start, columns.take(order))


_HAPPENED = {"sent": KIND_SENT, **OUTCOMES}


def _push_events(part: Part, name: str, kind: int, message: Ints, windows: Windows) -> tuple[Ints, Ints, Codes, Ints]:
    sent = part.outcomes["sent_at"].to_numpy(np.int64)
    at = sent if kind == KIND_SENT else outcome_at(part.outcomes, name, windows)
    rows = np.flatnonzero(at >= 0)
    return part.outcome_user[rows], at[rows], np.full(rows.size, kind, dtype=np.int8), message[rows]


def _at(activity: pd.DataFrame) -> Ints:
    return activity["at"].to_numpy(np.int64)


def _activity_tags(activity: pd.DataFrame) -> Ints:
    """Keys of the tags of each row, int64[n, MESSAGE_TAGS]; equal lists are looked up once."""
    if "tags" not in activity or not len(activity):
        return np.zeros((len(activity), MESSAGE_TAGS), dtype=np.int64)
    lists = [tuple(tags) if tags is not None else () for tags in activity["tags"]]
    code, found = pd.factorize(pd.Series(lists, dtype=object))
    return np.array([tag_keys(tags) for tags in found], dtype=np.int64)[code]
