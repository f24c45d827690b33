"""What arms brought, with intervals: people are drawn again within each seed, the same ones in every arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pushrank.evaluation.resampling import Interval, by_user, interval
from pushrank.town.loop import Result

Floats: TypeAlias = NDArray[np.float64]

METRICS = ("clicks", "ordinary_clicks", "opted_out", "pushes", "starved", "true_clicks", "true_opt_outs")
"""What is counted for each person; the true ones are sums of chances, which have no luck of their own in them."""
ROUNDS = 2000


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over seeds, its 95 % interval over people, and the figure of each seed."""

    value: float
    interval: Interval | None
    by_seed: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Means over people. `seeds` (S, A, M): seed, arm and metric; `drawn` (R, A, M): draws, each over all seeds."""

    arms: tuple[str, ...]
    seeds: Floats
    drawn: Floats

    def mean(self, arm: str, metric: str) -> Figure:
        """What an arm brings for each person."""
        a, m = self._places(arm, metric)
        return _figure(self.seeds[:, a, m], self.drawn[:, a, m], float(self.seeds[:, a, m].mean()))

    def difference(self, arm: str, first: str, metric: str) -> Figure:
        """How much more than the first arm it brings for each person."""
        (a, m), (b, _) = self._places(arm, metric), self._places(first, metric)
        by_seed = self.seeds[:, a, m] - self.seeds[:, b, m]
        return _figure(by_seed, self.drawn[:, a, m] - self.drawn[:, b, m], float(by_seed.mean()))

    def ratio(self, arm: str, first: str, metric: str) -> Figure:
        """The mean over seeds divided by that of the first arm; nan where the first has nothing."""
        (a, m), (b, _) = self._places(arm, metric), self._places(first, metric)
        whole = _divided(self.seeds[:, a, m].mean(keepdims=True), self.seeds[:, b, m].mean(keepdims=True))
        by_seed = _divided(self.seeds[:, a, m], self.seeds[:, b, m])
        return _figure(by_seed, _divided(self.drawn[:, a, m], self.drawn[:, b, m]), float(whole[0]))

    def _places(self, arm: str, metric: str) -> tuple[int, int]:
        return self.arms.index(arm), METRICS.index(metric)


def measure(results: Mapping[str, Sequence[Result]], rounds: int = ROUNDS) -> Measured:
    """Bring together the results of arms, one for each seed, in the same order of seeds in every arm.

    Raises ValueError where the arms of a seed did not follow the same people.
    """
    towns = [_town(results, place) for place in range(len(next(iter(results.values()))))]
    seeds = np.stack([columns.mean(axis=0) for columns in towns])
    drawn = np.mean([_draws(columns, rounds, place) for place, columns in enumerate(towns)], axis=0)
    shape = (-1, len(results), len(METRICS))
    return Measured(tuple(results), seeds.reshape(shape), drawn.reshape(shape))


def counted(result: Result) -> pd.DataFrame:
    """What is counted of each person: `METRICS` by `user_id`, in order of id."""
    chances = result.pushes.groupby("user_id")[["p_click", "p_opt_out"]].sum()
    people = result.people.set_index("user_id").sort_index()
    true = chances.reindex(people.index).fillna(0.0)
    return people.assign(true_clicks=true["p_click"], true_opt_outs=true["p_opt_out"])[list(METRICS)].astype(float)


def _town(results: Mapping[str, Sequence[Result]], place: int) -> Floats:
    """Columns of all arms side by side for one seed, float64[people, arms x metrics]."""
    frames = {arm: counted(one[place]) for arm, one in results.items()}
    first_arm, first = next(iter(frames.items()))
    for arm, frame in frames.items():
        if not frame.index.equals(first.index):
            msg = f"expected {arm} and {first_arm} to follow the same people, got others in seed number {place + 1}"
            raise ValueError(msg)
    return np.hstack([frame.to_numpy(np.float64) for frame in frames.values()])


def _draws(columns: Floats, rounds: int, seed: int) -> Floats:
    people = np.ones((len(columns), 1))
    sums = by_user(np.arange(len(columns)), rounds, seed).sums(np.hstack([people, columns]))
    return sums[:, 1:] / sums[:, :1]


def _divided(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole != 0))


def _figure(by_seed: Floats, drawn: Floats, value: float) -> Figure:
    return Figure(value, interval(drawn), tuple(by_seed.tolist()))
