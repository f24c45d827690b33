"""The newsletter log as its readme asks to read it: who is a robot, which sends say something about leaving."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# On these sends list cleaning dominates the departures.
DIRTY_SENDS = frozenset(f"s{number:02d}" for number in (1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 18))
# The past rate of a user counts as if this many more sends had clicked at the base rate.
PRIOR_SENDS = 10.0
ROBOT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Newsletter:
    """Events (one row per user and send, in order of user and time) and sends; `cut` parts training from evaluation."""

    events: pd.DataFrame
    sends: pd.DataFrame
    cut: pd.Timestamp

    @property
    def before(self) -> NDArray[np.bool_]:
        """Rows before the cut."""
        return (self.events["sent_at"] < self.cut).to_numpy()

    @property
    def clean(self) -> NDArray[np.bool_]:
        """Rows of sends whose departures are mostly people who left."""
        return (~self.events["send_id"].isin(DIRTY_SENDS)).to_numpy()

    def robots(self) -> frozenset[str]:
        """Users who clicked at least half of their sends before the cut."""
        share = self.events[self.before].groupby("user_id")["clicked"].mean()
        return frozenset(share.index[share >= ROBOT_SHARE])


def read(folder: Path, cut: str) -> Newsletter:
    """Read `public_events.csv.gz` and `sends_public.csv`; `cut` is ISO 8601 with offset."""
    events = pd.read_csv(folder / "public_events.csv.gz")
    sends = pd.read_csv(folder / "sends_public.csv")
    for table in (events, sends):
        table["sent_at"] = pd.to_datetime(table["sent_at"], utc=True)
    ordered = events.sort_values(["user_id", "sent_at"], kind="stable", ignore_index=True)
    return Newsletter(ordered, sends, pd.Timestamp(cut))


def past(events: pd.DataFrame, column: str) -> pd.Series[float]:
    """Sum of `column` over the user's earlier sends."""
    return (events.groupby("user_id")[column].cumsum() - events[column]).astype(float)


def user_rate(log: Newsletter, column: str) -> pd.Series[float]:
    """(past positives + 10 x base) / (past sends + 10), the base being the rate before the cut."""
    base = float(log.events.loc[log.before, column].mean())
    sends = log.events.groupby("user_id").cumcount()
    return (past(log.events, column) + PRIOR_SENDS * base) / (sends + PRIOR_SENDS)
