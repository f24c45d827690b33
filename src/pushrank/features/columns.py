"""The only ways to raw columns: one user with many candidates, now or at other moments, and impressions of many users.

All fill the same columns by the same kernels. For a request, what belongs to the user stays one number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pushrank.domain.instants import HOUR
from pushrank.features.compiled import compiled
from pushrank.features.counts import COUNT_COLUMNS, CountTable
from pushrank.features.definitions import Column
from pushrank.features.events import EventColumns
from pushrank.features.facts import MessageFacts
from pushrank.features.fold import apply, reset
from pushrank.features.snapshot import PAIR_COLUMNS, USER_COLUMNS, pair_figures, user_figures
from pushrank.features.state import Floats, Ints, UserState, empty_state
from pushrank.features.view import FeatureView


class Impressions(NamedTuple):
    """Impressions sorted by user and moment: user code, instant, UTC offset in seconds, row of the message's facts."""

    user: Ints
    at: Ints
    offset: Ints
    message: Ints


class UserEvents(NamedTuple):
    """Events sorted by user code, then canonically; events of user `u` are rows `start[u]` to `start[u + 1]`."""

    start: Ints
    columns: EventColumns


def from_request(  # noqa: PLR0913 - what a request is made of
    view: FeatureView,
    state: UserState,
    user: Mapping[str, float],
    as_of: int,
    offset: int,
    facts: MessageFacts,
    counts: Floats,
) -> dict[str, Column]:
    """Raw columns of one user at `as_of` (microseconds, UTC offset in seconds) with the candidates of `facts`.

    `user` is `facts.user_row`, `counts` float64[candidates, COUNT_COLUMNS] as of the hour of `as_of`.
    """
    own, pairs = np.empty(len(USER_COLUMNS)), np.empty((facts.key.size, len(PAIR_COLUMNS)))
    user_figures(state, as_of, offset, own)
    _pair_rows(state, as_of, facts.key, facts.category, facts.root, facts.tags, facts.topic, pairs)
    shared: dict[str, Column] = {
        "as_of": float(as_of),
        **view.constants,
        **user,
        **dict(zip(USER_COLUMNS, own.tolist(), strict=True)),
    }
    return {**shared, **facts.columns, **_by_name(PAIR_COLUMNS, pairs), **_by_name(COUNT_COLUMNS, counts)}


def from_moments(  # noqa: PLR0913 - what a request is made of
    view: FeatureView,
    state: UserState,
    user: Mapping[str, float],
    at: Ints,
    offset: Ints,
    facts: MessageFacts,
    counts: Floats,
) -> dict[str, Column]:
    """Raw columns of one user with a row for each message and moment, as if nothing happened until then.

    `at` and `offset` (microseconds, UTC offset in seconds), `facts` and `counts` have an entry for each row.
    """
    own, pairs = np.empty((at.size, len(USER_COLUMNS))), np.empty((at.size, len(PAIR_COLUMNS)))
    _moment_rows(state, at, offset, facts.key, facts.category, facts.root, facts.tags, facts.topic, own, pairs)
    shared: dict[str, Column] = {
        "as_of": at.astype(np.float64),
        **view.constants,
        **user,
        **_by_name(USER_COLUMNS, own),
    }
    return {**shared, **facts.columns, **_by_name(PAIR_COLUMNS, pairs), **_by_name(COUNT_COLUMNS, counts)}


def _by_name(names: Sequence[str], table: Floats) -> dict[str, Floats]:
    return dict(zip(names, np.ascontiguousarray(table.T), strict=True))


def from_impressions(
    view: FeatureView,
    impressions: Impressions,
    events: UserEvents,
    users: Mapping[str, Floats],
    facts: MessageFacts,
    counts: CountTable,
) -> dict[str, Column]:
    """Raw columns of each impression: everything strictly before it counts, nothing at or after it.

    `users` holds the columns of `facts.user_row` by user code; `facts` all messages of the log.
    """
    rows = impressions.at.size
    own, pairs = np.empty((rows, len(USER_COLUMNS))), np.empty((rows, len(PAIR_COLUMNS)))
    keys = (facts.key, facts.category, facts.root, facts.tags, facts.topic)
    _replay(empty_state(), impressions, events, *keys, own, pairs)
    message = impressions.message
    seen = counts.figures(facts.key[message], facts.category[message], impressions.at // HOUR)
    columns: dict[str, Column] = {"as_of": impressions.at.astype(np.float64), **view.constants}
    columns.update({name: values[impressions.user] for name, values in users.items()})
    columns.update({name: values[message] for name, values in facts.columns.items()})
    columns.update({name: own[:, place] for place, name in enumerate(USER_COLUMNS)})
    columns.update({name: pairs[:, place] for place, name in enumerate(PAIR_COLUMNS)})
    columns.update({name: seen[:, place] for place, name in enumerate(COUNT_COLUMNS)})
    return columns


@compiled
def _pair_rows(  # noqa: PLR0913 - a kernel over plain columns
    state: UserState, at: int, message: Ints, category: Ints, root: Ints, tags: Ints, topic: Ints, out: Floats
) -> None:
    for row in range(message.size):
        pair_figures(state, at, message[row], category[row], root[row], tags[row], topic[row], out[row])


@compiled
def _moment_rows(  # noqa: PLR0913 - a kernel over plain columns
    state: UserState,
    at: Ints,
    offset: Ints,
    message: Ints,
    category: Ints,
    root: Ints,
    tags: Ints,
    topic: Ints,
    own: Floats,
    pairs: Floats,
) -> None:
    for row in range(at.size):
        if row > 0 and at[row] == at[row - 1] and offset[row] == offset[row - 1]:
            own[row] = own[row - 1]
        else:
            user_figures(state, at[row], offset[row], own[row])
        pair_figures(state, at[row], message[row], category[row], root[row], tags[row], topic[row], pairs[row])


@compiled
def _replay(  # noqa: PLR0913 - a kernel over plain columns
    state: UserState,
    impressions: Impressions,
    events: UserEvents,
    key: Ints,
    category: Ints,
    root: Ints,
    tags: Ints,
    topic: Ints,
    own: Floats,
    pairs: Floats,
) -> None:
    user, event, end = -1, 0, 0
    for row in range(impressions.at.size):
        if impressions.user[row] != user:
            user = impressions.user[row]
            event, end = events.start[user], events.start[user + 1]
            reset(state)
        at, message = impressions.at[row], impressions.message[row]
        while event < end and events.columns.at[event] < at:
            apply(state, events.columns, event)
            event += 1
        user_figures(state, at, impressions.offset[row], own[row])
        pair_figures(
            state, at, key[message], category[message], root[message], tags[message], topic[message], pairs[row]
        )
