"""A log in parts that fit into memory: all rows of a user in one, outcomes with the moments at which they happened."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pushrank.config import TrainingConfig
from pushrank.domain.instants import HOUR, Instant
from pushrank.logs.log import Log
from pushrank.logs.schema import LABELS

Ints = npt.NDArray[np.int64]
Keep = Callable[[pd.DataFrame], pd.DataFrame]
_ACTIVITY = ["user_id", "at", "kind", "tags", "items"]
_NO_ACTIVITY = pd.DataFrame({"user_id": pd.Series(dtype="str"), "at": pd.Series(dtype=np.int64)})


@dataclass(frozen=True, slots=True)
class Windows:
    """How long after a send a label is still open, in microseconds."""

    click: int
    opt_out: int

    @classmethod
    def of(cls, config: TrainingConfig) -> Windows:
        """Read the windows of a training configuration."""
        return cls(round(config.click_window_hours * HOUR), round(config.opt_out_window_hours * HOUR))

    def of_outcome(self, name: str) -> int:
        """Window after which an outcome without a time is known."""
        return self.opt_out if name in ("opted_out", "category_opted_out") else self.click


def outcome_at(outcomes: pd.DataFrame, name: str, windows: Windows) -> Ints:
    """When each row's outcome happened, else when it became known (end of the window), else -1 where it did not."""
    if name not in outcomes:
        return np.full(len(outcomes), -1, dtype=np.int64)
    sent, at = outcomes["sent_at"].to_numpy(np.int64), outcomes[f"{name}_at"].to_numpy(np.int64)
    known = np.where(at >= 0, at, sent + windows.of_outcome(name))
    return np.where(outcomes[name].to_numpy() == 1, known, -1)


@dataclass(frozen=True, slots=True)
class Part:
    """The tables of some users in normal form, their ids by code, and the code of each row.

    Outcomes are sorted by user and moment, and each timed opt-out stands at the user's last push before it.
    """

    user_ids: Sequence[str]
    outcomes: pd.DataFrame
    outcome_user: Ints
    activity: pd.DataFrame
    activity_user: Ints

    @classmethod
    def of(cls, outcomes: pd.DataFrame, activity: pd.DataFrame) -> Part:
        """Give codes to all users, sort outcomes by user and moment."""
        everyone = np.concatenate(
            (outcomes["user_id"].to_numpy(dtype=object), activity["user_id"].to_numpy(dtype=object))
        )
        code, ids = pd.factorize(everyone, sort=True)
        user, active = code[: len(outcomes)].astype(np.int64), code[len(outcomes) :].astype(np.int64)
        order = np.lexsort((outcomes["message_id"].to_numpy().astype(str), outcomes["sent_at"].to_numpy(), user))
        user = user[order]
        sorted_outcomes = _last_push_takes_it(outcomes.iloc[order].reset_index(drop=True), user)
        return cls(list(ids), sorted_outcomes, user, activity, active)


class Parts:
    """A log's users in parts; may be gone through again and again.

    `rows` is how many outcomes are kept by `keep`, `rows_per_part` how many a part may have. More than one part lies in
    files below `work`, so that memory does not grow with the log.
    """

    def __init__(self, log: Log, keep: Keep, rows: int, rows_per_part: int, work: Path) -> None:
        self._log, self._keep, self._most = log, keep, rows_per_part
        self._number = max(1, ceil(rows / rows_per_part))
        self._folder = work / "parts"
        self._whole: Part | None = None
        self._like = {"outcomes": next(log.batches("outcomes", rows=1))[:0], "activity": _NO_ACTIVITY}
        if self._number == 1:
            self._whole = Part.of(
                self._joined("outcomes", self._outcomes()), self._joined("activity", self._activity())
            )
            return
        self.close()
        self._folder.mkdir(parents=True)
        try:
            self._split(self._outcomes(), "outcomes")
            self._split(self._activity(), "activity")
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[Part]:
        if self._whole is not None:
            yield self._whole
            return
        for part in range(self._number):
            outcomes, activity = self._read("outcomes", part), self._read("activity", part)
            if len(outcomes) or len(activity):
                yield Part.of(outcomes, activity)

    def close(self) -> None:
        """Remove the files."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _outcomes(self) -> Iterator[pd.DataFrame]:
        return (self._keep(batch) for batch in self._log.batches("outcomes", rows=self._most))

    def _activity(self) -> Iterator[pd.DataFrame]:
        if self._log.has("activity"):
            for batch in self._log.batches("activity", rows=self._most):
                yield batch[[name for name in _ACTIVITY if name in batch]]

    def _split(self, batches: Iterator[pd.DataFrame], name: str) -> None:
        """Write each batch's rows into the file of their part; which part follows from the user alone."""
        for place, batch in enumerate(batches):
            part = pd.util.hash_array(batch["user_id"].to_numpy(dtype=object)) % np.uint64(self._number)
            for chosen in np.unique(part).tolist():
                batch[part == chosen].to_parquet(self._folder / f"{name}-{chosen}-{place:06d}.parquet", index=False)

    def _read(self, name: str, part: int) -> pd.DataFrame:
        files = sorted(self._folder.glob(f"{name}-{part}-*.parquet"))
        return self._joined(name, (pd.read_parquet(file) for file in files))

    def _joined(self, name: str, frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
        some = [frame for frame in frames if len(frame)]
        return pd.concat(some, ignore_index=True) if some else self._like[name].copy()


def _last_push_takes_it(outcomes: pd.DataFrame, user: Ints) -> pd.DataFrame:
    """Move each timed opt-out to the user's last push before it: the one that it answers, and of several the first."""
    if "opted_out_at" not in outcomes:
        return outcomes
    sent, at = outcomes["sent_at"].to_numpy(np.int64), outcomes["opted_out_at"].to_numpy(np.int64).copy()
    flag = outcomes["opted_out"].to_numpy().copy()
    for row in np.flatnonzero((flag == 1) & (at >= 0)).tolist():
        end = int(np.searchsorted(user, user[row], side="right"))
        last = row + int(np.searchsorted(sent[row:end], at[row], side="right")) - 1
        if last > row:
            first = at[row] if flag[last] != 1 or at[last] < 0 else min(at[row], at[last])
            flag[last], at[last], flag[row], at[row] = 1, first, 0, -1
    return outcomes.assign(opted_out=flag, opted_out_at=at)


def newest(outcomes: pd.DataFrame) -> Instant:
    """The last moment of which these rows tell."""
    times = [name for name in ("sent_at", *(f"{name}_at" for name in LABELS)) if name in outcomes]
    return int(outcomes[times].to_numpy(np.int64).max(initial=-1))
