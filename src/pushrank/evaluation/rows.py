"""The rows that are evaluated: what was sent, what came of it, and every score given to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.int8]
Flags: TypeAlias = NDArray[np.bool_]
Head: TypeAlias = Literal["click", "opt_out"]

HEADS: tuple[Head, ...] = ("click", "opt_out")
MODEL = "model"
NONE = -1
UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRows:
    """One row for each evaluated impression; every array has the same length n.

    Attributes
    ----------
    user, message
        Codes of users and messages; equal codes mean the same user or message.
    sent_at
        Microseconds since 1970 UTC.
    category, categories
        Place of the row's category in `categories`, its names.
    click, opt_out
        1 yes, 0 no, -1 unknown; unknown rows are left out of that head, never taken for negatives.
    decision
        Code of the decision that chose the row, -1 for none.
    propensity
        Probability with which the behaviour policy chose the row, nan for none.
    scores
        For each head the scores by name: `model`, and the baselines. A head without a model is left out.
    known
        Whether the user had any history before the row.
    local_hour
        Hour on the user's clock, 0 to 23.

    Raises
    ------
    ValueError
        An array of another length, a label or hour out of range, a score that is not finite, a head without `model`.
    """

    user: Ints
    message: Ints
    sent_at: Ints
    category: Ints
    categories: tuple[str, ...]
    click: Bytes
    opt_out: Bytes
    decision: Ints
    propensity: Floats
    scores: Mapping[Head, Mapping[str, Floats]]
    known: Flags
    local_hour: Bytes

    def __post_init__(self) -> None:
        for name in ("user", "message", "sent_at", "category", "click", "opt_out", "decision", "propensity", "known"):
            _check_length(name, getattr(self, name), self.size)
        _check_length("local_hour", self.local_hour, self.size)
        _check_range("click", self.click, -1, 1)
        _check_range("opt_out", self.opt_out, -1, 1)
        _check_range("local_hour", self.local_hour, 0, 23)
        _check_range("category", self.category, 0, len(self.categories) - 1)
        for head, by_name in self.scores.items():
            _check_scores(head, by_name, self.size)

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.user)

    def labels(self, head: Head) -> Bytes:
        """Labels of one head: 1, 0, or -1 where unknown."""
        return self.click if head == "click" else self.opt_out


def _check_scores(head: str, by_name: Mapping[str, Floats], size: int) -> None:
    if head not in HEADS:
        msg = f"scores: expected a head of {', '.join(HEADS)}, got {head!r}"
        raise ValueError(msg)
    if MODEL not in by_name:
        msg = f"scores[{head!r}]: expected {MODEL!r} among the names, got {sorted(by_name)}"
        raise ValueError(msg)
    for name, score in by_name.items():
        where = f"scores[{head!r}][{name!r}]"
        _check_length(where, score, size)
        broken = int(size - np.isfinite(score).sum())
        if broken:
            msg = f"{where}: expected finite numbers, got {broken} of {size} that are not"
            raise ValueError(msg)


def _check_length(name: str, values: NDArray[Any], size: int) -> None:
    if values.shape != (size,):
        msg = f"{name}: expected shape ({size},) as `user` has, got {values.shape}"
        raise ValueError(msg)


def _check_range(name: str, values: NDArray[Any], low: int, high: int) -> None:
    if len(values) and (values.min() < low or values.max() > high):
        msg = f"{name}: expected {low} to {high}, got {values.min()} to {values.max()}"
        raise ValueError(msg)
