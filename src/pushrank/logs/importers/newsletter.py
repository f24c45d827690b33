"""The newsletter of a volunteering non-profit in Raleigh, USA, 2019 to 2020: opens, clicks and departures.

Two traps of the data are settled here. `left_list_after` says that a send was the last one a user ever got; where
the list was being cleaned this is mostly not the user's doing, so in those sends it is unknown. The published
percentages of a send tell its outcome and are left behind.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pushrank.logs.importers.source import read_source
from pushrank.logs.writing import write_table

CLEANED = frozenset(f"s{number:02d}" for number in (1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 18))
"""Sends after which most departures are due to list cleaning."""

ZONE = "America/New_York"
_EVENTS = ("user_id", "send_id", "sent_at", "opened", "clicked", "left_list_after")
_COUNTS = (
    "subject_length",
    "subject_num_words",
    "num_words",
    "num_links",
    "num_clickable_pics",
    "num_unclickable_pics",
)


def import_newsletter(source: Path, out: Path, *, keep_cleaned: bool = False) -> list[Path]:
    """Write the log of `source` (public_events.csv.gz, sends_public.csv) to folder `out`.

    With `keep_cleaned` departures count after every send. Raises LogError for a missing file or column.
    """
    events = read_source(source, "public_events.csv.gz", _EVENTS)
    sends = read_source(source, "sends_public.csv", ("send_id", "sent_at", "subject", *_COUNTS))
    write_table(out, "messages", _messages(sends))
    write_table(out, "users", _users(events))
    write_table(out, "outcomes", _outcomes(events, CLEANED if not keep_cleaned else frozenset()))
    return [out]


def _outcomes(events: pd.DataFrame, cleaned: frozenset[str]) -> pd.DataFrame:
    left = events["left_list_after"].where(~events["send_id"].isin(cleaned), -1)
    return pd.DataFrame(
        {
            "user_id": events["user_id"],
            "message_id": events["send_id"],
            "sent_at": events["sent_at"],
            "clicked": events["clicked"],
            "opted_out": left,
            "opened": events["opened"],
            "channel": "email",
        }
    )


def _messages(sends: pd.DataFrame) -> pd.DataFrame:
    known = {
        "message_id": sends["send_id"],
        "category": "newsletter",
        "purpose": "recommendation",
        "kind": "inform",
        "title": sends["subject"],
        "language": "en",
        "published_at": sends["sent_at"],
    }
    return pd.DataFrame(known | {column: sends[column].astype(float) for column in _COUNTS})


def _users(events: pd.DataFrame) -> pd.DataFrame:
    users = sorted(events["user_id"].unique())
    return pd.DataFrame({"user_id": users, "timezone": ZONE, "language": "en", "country": "US"})
