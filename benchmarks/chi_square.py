"""Observed frequencies against logged propensities: Pearson's chi-square."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf, isclose, prod
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from scipy.stats import chi2, kstest

FEWEST = 5.0
"""Outcomes that are expected less often count as one."""

Outcome: TypeAlias = tuple[str, ...]
"""Ids of a slate in its order; empty is silence."""


class Logged(NamedTuple):
    """What was logged with an outcome: propensities of its places, the silence that ended it among them; the whole."""

    places: tuple[float, ...]
    whole: float


Wrong: TypeAlias = Callable[[Outcome, Logged], float]
"""What a faulty ranker would have logged for an outcome."""


@dataclass(slots=True)
class Counted:
    """How often each outcome of one question came, and what was logged with it."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    logged: dict[Outcome, Logged] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How often the question was asked."""
        return self.counts.total()

    def add(self, outcome: Outcome, logged: Logged) -> None:
        """Count an outcome. Raises ValueError where it was logged before with another propensity."""
        known = self.logged.setdefault(outcome, logged)
        if not isclose(known.whole, logged.whole, rel_tol=1e-9) or not isclose(prod(known.places), known.whole):
            msg = f"{outcome}: expected one propensity, the product of its places, got {known} and {logged}"
            raise ValueError(msg)
        self.counts[outcome] += 1

    def told(self, wrong: Wrong) -> Counted:
        """Give the same counts with what a faulty ranker would have logged."""
        told = {outcome: logged._replace(whole=wrong(outcome, logged)) for outcome, logged in self.logged.items()}
        return replace(self, logged=told)


class Judged(NamedTuple):
    """A chi-square statistic, its degrees of freedom, and how likely one as large is where all is well."""

    statistic: float
    freedom: int
    p_value: float


def judged(counted: Counted) -> Judged:
    """Hold counts against propensities. What was never seen is expected as often as propensities leave open.

    Propensities of distinct outcomes that add up to more than 1 can't be probabilities: the statistic is infinite.
    """
    total = counted.total
    cells = [(counted.counts[name], logged.whole * total) for name, logged in counted.logged.items()]
    open_ones = total - sum(expected for _, expected in cells)
    if open_ones < -1e-9 * total:
        return Judged(inf, 1, 0.0)
    cells = _gathered(cells, max(open_ones, 0.0))
    statistic = sum((observed - expected) ** 2 / expected for observed, expected in cells)
    freedom = len(cells) - 1
    return Judged(statistic, freedom, float(chi2.sf(statistic, freedom)) if freedom else 1.0)


def _gathered(cells: Sequence[tuple[int, float]], open_ones: float) -> list[tuple[int, float]]:
    """Put rare outcomes together with those never seen: what is rare must not depend on what was seen."""
    often = sorted([cell for cell in cells if cell[1] >= FEWEST], key=lambda cell: cell[1])
    rare = [cell for cell in cells if cell[1] < FEWEST]
    observed, expected = sum(count for count, _ in rare), open_ones + sum(expected for _, expected in rare)
    if often and expected < FEWEST:
        (count, least), *often = often
        observed, expected = observed + count, expected + least
    return [(observed, expected), *often]


def pooled(questions: Sequence[Judged]) -> Judged:
    """Judge independent questions together: statistics and degrees of freedom add up."""
    statistic, freedom = sum(one.statistic for one in questions), sum(one.freedom for one in questions)
    return Judged(statistic, freedom, float(chi2.sf(statistic, freedom)) if freedom else 1.0)


def uniformity(questions: Sequence[Judged]) -> float:
    """How likely p-values as uneven as these are where all is well (Kolmogorov and Smirnov)."""
    return float(kstest([one.p_value for one in questions if one.freedom], "uniform").pvalue)


def faults(share: float) -> Mapping[str, Wrong]:
    """Ways to log what is not the probability, where chance decides in `share` of places."""

    def each(change: Callable[[float], float]) -> Wrong:
        return lambda _, logged: prod(change(place) for place in logged.places)

    def rewritten(place: float, change: Callable[[int], float], sure: float) -> float:
        """Give a place's propensity anew: `change` tells from the number of options what chance gives to each."""
        if place == 1.0:
            return place
        best = place > share / 2 + 1e-9
        options = round(share / (place - (1.0 - share) * best))
        return change(options) + sure * best

    return MappingProxyType(
        {
            "1/m forgotten": each(lambda place: rewritten(place, lambda _: share, 1.0 - share)),
            "one option too many": each(lambda place: rewritten(place, lambda m: share / (m + 1), 1.0 - share)),
            "a tenth less chance": each(lambda place: rewritten(place, lambda m: 0.9 * share / m, 1.0 - 0.9 * share)),
            "silence not logged": lambda outcome, logged: prod(logged.places[: len(outcome)]),
        }
    )
