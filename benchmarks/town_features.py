"""Seventeen obvious features of a push in a sample town, as of the moment it is sent.

Written without the product's own fold and features, as somebody would who starts from the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pushrank.domain.instants import DAY, HOUR, Instant, utc_offset
from pushrank.logs import Log, open_log

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Shrinkage: a rate counts as if it had seen this many more pushes at the rate above it.
PRIOR_USER = 10.0
PRIOR_CATEGORY = 5.0
PRIOR_MESSAGE = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class Pushes:
    """Pushes, sent or thought of; codes of user, message and category, and microseconds UTC; -1: no click."""

    user: Ints
    message: Ints
    category: Ints
    at: Ints
    clicked_at: Ints


@dataclass(frozen=True, slots=True, eq=False)
class TownLog:
    """What the plain model reads. `messages` has a row for each message, by code; `base` is the rate before the cut."""

    outcomes: pd.DataFrame
    messages: pd.DataFrame
    user_ids: pd.Index[str]
    zones: tuple[str, ...]
    pushes: Pushes
    base: float


def read(folder: Path, cut: Instant) -> TownLog:
    """Read a town's outcomes, messages and time zones."""
    log = open_log(folder)
    outcomes = log.frame("outcomes")
    messages = log.frame("messages").reset_index(drop=True)
    user_ids = pd.Index(sorted(set(outcomes["user_id"])))
    zones = _zones(log, user_ids)
    clicked_at = outcomes["clicked_at"].where(outcomes["clicked"] == 1, -1).to_numpy(np.int64)
    pushes = _coded(user_ids, messages, outcomes, outcomes["sent_at"], clicked_at)
    base = float((clicked_at[pushes.at < cut] >= 0).mean())
    return TownLog(outcomes, messages, user_ids, zones, pushes, base)


def _zones(log: Log, user_ids: pd.Index[str]) -> tuple[str, ...]:
    users = log.users()
    return tuple((users[one].timezone if one in users else None) or "UTC" for one in user_ids)


def thought(log: TownLog, rows: pd.DataFrame, at: pd.Series[int]) -> Pushes:
    """Code pushes that were not sent; a user without any push in the log has the code -1."""
    return _coded(log.user_ids, log.messages, rows, at, np.full(len(rows), -1, dtype=np.int64))


def _coded(
    user_ids: pd.Index[str], messages: pd.DataFrame, rows: pd.DataFrame, at: pd.Series[int], clicked_at: Ints
) -> Pushes:
    user = user_ids.get_indexer(pd.Index(rows["user_id"])).astype(np.int64)
    message = pd.Index(messages["message_id"]).get_indexer(pd.Index(rows["message_id"])).astype(np.int64)
    category = np.asarray(messages["category"].factorize()[0], dtype=np.int64)
    return Pushes(user, message, category[message], np.asarray(at, dtype=np.int64), clicked_at)


def features(log: TownLog, rows: Pushes) -> pd.DataFrame:
    """Seventeen columns for `rows`, from everything in the log strictly before each row."""
    past, clicks = log.pushes, _clicks(log.pushes)
    count = len(log.messages)
    user, both = _keys(past.user, clicks.user, rows.user), _keys(*(_both(one, count) for one in (past, clicks, rows)))
    sends, clicked = _before(user[0], past.at, user[2], rows.at), _before(user[1], clicks.at, user[2], rows.at)
    rate = (clicked + PRIOR_USER * log.base) / (sends + PRIOR_USER)
    own, own_clicked = _before(both[0], past.at, both[2], rows.at), _before(both[1], clicks.at, both[2], rows.at)
    return pd.DataFrame(
        {
            "user_sends": sends,
            "user_clicks": clicked,
            "user_rate": rate,
            "category_sends": own,
            "category_clicks": own_clicked,
            "category_rate": (own_clicked + PRIOR_CATEGORY * rate) / (own + PRIOR_CATEGORY),
            "sends_24h": sends - _before(user[0], past.at, user[2], rows.at - DAY),
            "sends_7d": sends - _before(user[0], past.at, user[2], rows.at - 7 * DAY),
            "hours_since_send": _hours_since(user[0], past.at, user[2], rows.at),
            "hours_since_click": _hours_since(user[1], clicks.at, user[2], rows.at),
            **_clock(log, rows),
            **_message(log, rows),
            "message_rate": message_rate(log, rows),
        }
    )


def message_rate(log: TownLog, rows: Pushes) -> Floats:
    """(clicks + 50 x base) / (sends + 50) of the message, strictly before each row."""
    past, clicks = log.pushes, _clicks(log.pushes)
    sends = _before(past.message, past.at, rows.message, rows.at)
    clicked = _before(clicks.message, clicks.at, rows.message, rows.at)
    return (clicked + PRIOR_MESSAGE * log.base) / (sends + PRIOR_MESSAGE)


def _clicks(past: Pushes) -> Pushes:
    """Clicks as rows of their own, at the time of the click."""
    rows = past.clicked_at >= 0
    return Pushes(
        past.user[rows], past.message[rows], past.category[rows], past.clicked_at[rows], past.clicked_at[rows]
    )


def _both(rows: Pushes, count: int) -> Ints:
    return np.where(rows.user < 0, -1, rows.user * count + rows.category)


def _keys(*parts: Ints) -> Sequence[Ints]:
    return parts


def _before(key: Ints, at: Ints, row_key: Ints, row_at: Ints) -> Floats:
    """For each row, how many events have its key and a time strictly before it."""
    first, last = _span(key, at, row_key, row_at)
    return (last - first).astype(np.float64)


def _hours_since(key: Ints, at: Ints, row_key: Ints, row_at: Ints) -> Floats:
    """Hours since the last event with the row's key strictly before it; nan without one."""
    first, last = _span(key, at, row_key, row_at)
    times = at[np.lexsort((at, key))]
    found = last > first
    since = (row_at - times[np.maximum(last - 1, 0)]) / HOUR
    return np.where(found, since, np.nan)


def _span(key: Ints, at: Ints, row_key: Ints, row_at: Ints) -> tuple[Ints, Ints]:
    """Where each row's key begins, and where its time stands, among the events in order of key and time."""
    start = min(int(at.min()), int(row_at.min()))
    length = max(int(at.max()), int(row_at.max())) - start + 1
    events = np.sort(key * length + (at - start))
    first = np.searchsorted(events, row_key * length)
    return first, np.searchsorted(events, row_key * length + (row_at - start))


def _clock(log: TownLog, rows: Pushes) -> dict[str, Ints]:
    names = [log.zones[user] if user >= 0 else "UTC" for user in rows.user.tolist()]
    offsets = [utc_offset(name, at) for name, at in zip(names, rows.at.tolist(), strict=True)]
    local = rows.at // 1_000_000 + np.asarray(offsets, dtype=np.int64)
    return {"hour": local // 3600 % 24, "weekday": (local // 86400 + 3) % 7}


def _message(log: TownLog, rows: Pushes) -> dict[str, NDArray[np.generic]]:
    table = log.messages
    columns = {
        "category": table["category"].factorize()[0],
        "title_length": table["title"].str.len().fillna(0).to_numpy(),
        "body_length": table["body"].str.len().fillna(0).to_numpy(),
    }
    age = (rows.at - table["published_at"].to_numpy(np.int64)[rows.message]) / HOUR
    return {"age_hours": age, **{name: np.asarray(values)[rows.message] for name, values in columns.items()}}
