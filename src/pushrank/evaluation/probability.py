"""Whether probabilities mean what they say: log loss, normalised entropy, calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.evaluation.resampling import Interval, Resample, ratio
from pushrank.evaluation.rows import Bytes, Floats, Ints

# Only so that a probability of 0 or 1, a defect that is counted apart, does not make every other figure infinite.
LEAST = 1e-15
_Z95 = 1.959963984540054


def losses(y: Bytes, p: Floats) -> Floats:
    """Return the log loss of each row in nats, float64[n]."""
    inside = np.clip(np.where(y == 1, p, 1.0 - p), LEAST, None)
    lost: Floats = -np.log(inside)
    return lost


def log_loss(y: Bytes, p: Floats) -> float:
    """Mean of -log P(what happened), in nats; nan without rows."""
    return float(losses(y, p).mean()) if len(y) else float("nan")


def entropy(rate: Floats) -> Floats:
    """Return the entropy of a coin with this chance, in nats; nan for 0 and 1, which no model can be compared with."""
    inside = np.where((rate > 0) & (rate < 1), rate, np.nan)
    lacking: Floats = inside * np.log(inside) + (1 - inside) * np.log1p(-inside)
    return -lacking


def normalized_entropy(y: Bytes, p: Floats) -> float:
    """Log loss over the entropy of the rows' own rate; 1 is as good as the rate, nan with one class only.

    Source: He et al., Practical Lessons from Predicting Clicks on Ads at Facebook, 2014.
    """
    if not len(y):
        return float("nan")
    return log_loss(y, p) / float(entropy(np.asarray(np.mean(y == 1))))


def equal_mass_bins(p: Floats, bins: int) -> Ints:
    """Return each row's bin, int64[n]; bins hold about equally many rows, and equal values share a bin."""
    _, block, size = np.unique(p, return_inverse=True, return_counts=True)
    middle = np.cumsum(size) - size / 2
    return np.minimum((middle * bins / max(len(p), 1)).astype(np.int64), bins - 1)[block]


def expected_calibration_error(y: Bytes, p: Floats, bins: int) -> float:
    """Mean over rows of |mean predicted - observed rate| of the row's bin; nan without rows."""
    if not len(y):
        return float("nan")
    gap = np.bincount(equal_mass_bins(p, bins), weights=p - (y == 1), minlength=bins)
    return float(np.abs(gap).sum() / len(y))


@dataclass(frozen=True, slots=True, eq=False)
class DrawnProbabilities:
    """Figures of each round of a resampling, float64[rounds] each."""

    log_loss: Floats
    normalized_entropy: Floats
    expected_calibration_error: Floats


def drawn_probabilities(y: Bytes, p: Floats, bins: int, draws: Resample) -> DrawnProbabilities:
    """Log loss, normalised entropy and calibration error of each round; the bins are those of all rows."""
    place = equal_mass_bins(p, bins)
    gaps = np.where(place[:, None] == np.arange(bins), (p - (y == 1))[:, None], 0.0)
    columns = np.column_stack([np.ones(len(y)), y == 1, losses(y, p), gaps])
    sums = draws.sums(columns)
    loss = ratio(sums[:, 2], sums[:, 0])
    error = ratio(np.abs(sums[:, 3:]).sum(axis=1), sums[:, 0])
    return DrawnProbabilities(loss, loss / entropy(ratio(sums[:, 1], sums[:, 0])), error)


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability curve: rows, mean predicted, observed rate and its interval."""

    n: int
    predicted: float
    observed: float
    interval: Interval


def reliability(y: Bytes, p: Floats, bins: int) -> tuple[Bin, ...]:
    """Bins of equal mass from the lowest predictions up; empty ones are left out."""
    place = equal_mass_bins(p, bins)
    rows = np.bincount(place, minlength=bins)
    positives = np.bincount(place, weights=y == 1, minlength=bins)
    predicted = np.bincount(place, weights=p, minlength=bins)
    return tuple(
        Bin(int(n), float(total / n), float(k / n), wilson(float(k), int(n)))
        for n, k, total in zip(rows, positives, predicted, strict=True)
        if n
    )


def wilson(positives: float, n: int) -> Interval:
    """95 % interval of a rate by Wilson's score (1927); it takes rows for independent."""
    rate, spread = positives / n, _Z95**2 / n
    middle = (rate + spread / 2) / (1 + spread)
    half = _Z95 * np.sqrt(rate * (1 - rate) / n + spread / (4 * n)) / (1 + spread)
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)
