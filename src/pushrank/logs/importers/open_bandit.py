"""The Open Bandit Dataset (Saito, Aihara, Matsutani, Narita, arXiv 2008.07146): clicks with known propensities.

Two policies (`random`, `bts`) each wrote a log on three campaigns; every pair becomes a log of its own, since what
one policy did is judged by the log of the other. The data has no user id: a user here is a combination of the four
user features. It has no opt-out either.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from pushrank.logs.importers.source import read_source
from pushrank.logs.writing import write_table

POLICIES = ("random", "bts")
CAMPAIGNS = ("all", "men", "women")
ZONE = "Asia/Tokyo"

_FEATURES = [f"user_feature_{place}" for place in range(4)]
_EVENTS = ("timestamp", "item_id", "position", "click", "propensity_score", *_FEATURES)
_ITEMS = ("item_id", *(f"item_feature_{place}" for place in range(4)))
_SHORT = 12


def import_open_bandit(source: Path, out: Path) -> list[Path]:
    """Write the logs of `source` (`random_all.csv.gz`, `item_context_all.csv`, ...) to folders `out/random_all`, ...

    Raises LogError for a missing file or column; nothing is written then.
    """
    items = {campaign: read_source(source, f"item_context_{campaign}.csv", _ITEMS) for campaign in CAMPAIGNS}
    logs = {
        f"{policy}_{campaign}": (read_source(source, f"{policy}_{campaign}.csv.gz", _EVENTS), items[campaign])
        for policy in POLICIES
        for campaign in CAMPAIGNS
    }
    return [_write(out / name, events, catalogue) for name, (events, catalogue) in logs.items()]


def _write(folder: Path, events: pd.DataFrame, items: pd.DataFrame) -> Path:
    events = events.assign(user_id=_user_ids(events))
    write_table(folder, "messages", _messages(items))
    write_table(folder, "users", _users(events))
    write_table(folder, "outcomes", _outcomes(events, items))
    return folder


def _user_ids(events: pd.DataFrame) -> pd.Series[str]:
    """Name each combination of user features by its hash."""
    features = events[_FEATURES].astype(str)
    together = features[_FEATURES[0]].str.cat(features[_FEATURES[1:]], sep="|")
    names = {text: f"u-{hashlib.sha256(text.encode()).hexdigest()[:_SHORT]}" for text in together.unique()}
    return together.map(names)


def _outcomes(events: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    candidates = [_message_id(item) for item in items["item_id"]]
    return pd.DataFrame(
        {
            "user_id": events["user_id"],
            "message_id": events["item_id"].map(_message_id),
            "sent_at": events["timestamp"],
            "clicked": events["click"],
            "channel": "web",
            "propensity": events["propensity_score"],
            "candidates": [candidates] * len(events),
            "position": events["position"],
            "affinity": _affinity(events),
        }
    )


def _affinity(events: pd.DataFrame) -> pd.Series[float]:
    """Clicks of the user on the shown item before, as the data tells them."""
    columns = [column for column in events.columns if column.startswith("user-item_affinity_")]
    told = events[columns].to_numpy(dtype=float)
    place = {int(column.rsplit("_", 1)[1]): index for index, column in enumerate(columns)}
    values = [told[row, place[item]] if item in place else 0.0 for row, item in enumerate(events["item_id"])]
    return pd.Series(values, index=events.index, dtype=float)


def _messages(items: pd.DataFrame) -> pd.DataFrame:
    known = {
        "message_id": items["item_id"].map(_message_id),
        "category": "item." + items["item_feature_1"].str[:_SHORT],
        "purpose": "recommendation",
        "kind": "offer",
        "item_feature_0": items["item_feature_0"],
    }
    return pd.DataFrame(known | {f"item_feature_{n}": items[f"item_feature_{n}"].str[:_SHORT] for n in (2, 3)})


def _users(events: pd.DataFrame) -> pd.DataFrame:
    users = events[["user_id", *_FEATURES]].drop_duplicates("user_id").sort_values("user_id", ignore_index=True)
    shortened = {column: users[column].str[:_SHORT] for column in _FEATURES}
    return pd.DataFrame({"user_id": users["user_id"], "timezone": ZONE} | shortened)


def _message_id(item: int) -> str:
    return f"item-{item}"
