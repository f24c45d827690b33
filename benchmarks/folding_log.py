"""A synthetic log of any size, made shard by shard, so that making it takes little memory.

It is no town: users, messages and moments are drawn evenly, clicks and opt-outs by fixed rates. Only its size and shape
matter: rows in order of time, a hundred impressions and fifty visits for each user.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pushrank.domain.instants import DAY, HOUR, MINUTE, instant

SHARD_ROWS = 1_000_000
IMPRESSIONS_PER_USER = 100
VISITS_PER_IMPRESSION = 0.5
_MESSAGES, _TAGS, _DAYS = 2000, 40, 56
_START = instant("2026-09-01T00:00:00+00:00")
_CLICKED, _DISMISSED, _OPTED_OUT = 0.06, 0.1, 0.002
_ZONES = ("Europe/Berlin", "Asia/Shanghai", "America/New_York", "Asia/Kolkata", "UTC")
_CATEGORIES = ("news", "news.local", "sport", "sport.tennis", "culture", "food", "tech.software", "travel", "health")
_TIME = pa.timestamp("us", tz="UTC")

Ints = npt.NDArray[np.int64]


def write_log(folder: Path, rows: int, seed: int = 1) -> Path:
    """Write a log with `rows` impressions into the new `folder`."""
    rng, users = np.random.default_rng(seed), max(rows // IMPRESSIONS_PER_USER, 1)
    for name in ("outcomes", "activity"):
        (folder / name).mkdir(parents=True)
    _write(folder / "messages.parquet", _messages(rng))
    _write(folder / "users.parquet", _users(rng, users))
    shards = -(-rows // SHARD_ROWS)
    for shard in range(shards):
        size = min(SHARD_ROWS, rows - shard * SHARD_ROWS)
        begin, end = (_START + _DAYS * DAY * place // shards for place in (shard, shard + 1))
        _write(folder / "outcomes" / f"{shard:03d}.parquet", _outcomes(rng, size, users, begin, end))
        visits = int(size * VISITS_PER_IMPRESSION)
        _write(folder / "activity" / f"{shard:03d}.parquet", _activity(rng, visits, users, begin, end))
    return folder


def _outcomes(rng: np.random.Generator, rows: int, users: int, begin: int, end: int) -> Mapping[str, pa.Array]:
    sent = np.sort(rng.integers(begin, end, rows))
    return {
        "user_id": _names("u", rng.integers(0, users, rows), 8),
        "message_id": _names("m", rng.integers(0, _MESSAGES, rows), 5),
        "sent_at": pa.array(sent, _TIME),
        "clicked_at": _later(rng, sent, _CLICKED, HOUR),
        "dismissed_at": _later(rng, sent, _DISMISSED, 10 * MINUTE),
        "opted_out_at": _later(rng, sent, _OPTED_OUT, DAY),
    }


def _activity(rng: np.random.Generator, rows: int, users: int, begin: int, end: int) -> Mapping[str, pa.Array]:
    tags = _names("tag", rng.integers(0, _TAGS, 2 * rows), 2)
    return {
        "user_id": _names("u", rng.integers(0, users, rows), 8),
        "at": pa.array(np.sort(rng.integers(begin, end, rows)), _TIME),
        "kind": pa.array(np.full(rows, "view")),
        "tags": pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32) * 2), tags),
    }


def _messages(rng: np.random.Generator) -> Mapping[str, pa.Array]:
    place = np.arange(_MESSAGES)
    tags = _names("tag", rng.integers(0, _TAGS, 2 * _MESSAGES), 2)
    return {
        "message_id": _names("m", place, 5),
        "category": pa.array([_CATEGORIES[number % len(_CATEGORIES)] for number in place]),
        "title": pa.array([f"Story {number} of the day" for number in place]),
        "published_at": pa.array(_START + place * _DAYS * DAY // _MESSAGES, _TIME),
        "tags": pa.ListArray.from_arrays(pa.array(np.arange(_MESSAGES + 1, dtype=np.int32) * 2), tags),
    }


def _users(rng: np.random.Generator, users: int) -> Mapping[str, pa.Array]:
    return {
        "user_id": _names("u", np.arange(users), 8),
        "timezone": pa.array(np.array(_ZONES)[rng.integers(0, len(_ZONES), users)]),
    }


def _names(prefix: str, numbers: Ints, digits: int) -> pa.Array:
    """Names such as `u-00000042`; each different one is spelt once."""
    found, place = np.unique(numbers, return_inverse=True)
    words = pa.array([f"{prefix}-{number:0{digits}d}" for number in found.tolist()])
    return words.take(pa.array(place))


def _later(rng: np.random.Generator, sent: Ints, share: float, mean: int) -> pa.Array:
    """Moments after `sent` for a share of the rows, nothing for the others."""
    waited = rng.exponential(mean, sent.size).astype(np.int64)
    return pa.array(sent + waited, _TIME, mask=rng.random(sent.size) >= share)


def _write(path: Path, columns: Mapping[str, pa.Array]) -> None:
    pq.write_table(pa.table(dict(columns)), path)
