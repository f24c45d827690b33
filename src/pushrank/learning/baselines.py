"""What a model must beat: fitted on the same rows, kept with the run as plain text and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Protocol

import lightgbm
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from pushrank.domain.instants import DAY
from pushrank.learning.fit import Machine, Sample
from pushrank.scoring.heads import raw_logits
from pushrank.scoring.structure import check_model_text

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LOGISTIC_ROWS = 300_000
_MONDAY = 4 * DAY  # 1970-01-05
_LAMBDARANK_TREES = 100
_OF_THE_USER = ("user_", "hour_", "day_", "everyone_")


class Baseline(Protocol):
    """Scores float64[n] of a feature matrix float64[n, F]."""

    @property
    def form(self) -> str:
        """Name under which it is stored."""
        ...

    def score(self, matrix: Floats) -> Floats:
        """Score rows."""
        ...


@dataclass(frozen=True)
class Constant:
    """The base rate, for everybody."""

    p: float
    form: str = "constant"

    def score(self, matrix: Floats) -> Floats:
        """Give each row the base rate."""
        return np.full(len(matrix), self.p)


@dataclass(frozen=True)
class Column:
    """A feature that is a shrunk rate already: the user's or the message's as of the impression."""

    place: int
    form: str = "column"

    def score(self, matrix: Floats) -> Floats:
        """Return the column."""
        return np.clip(matrix[:, self.place], 1e-7, 1.0 - 1e-7)


@dataclass(frozen=True)
class Survival:
    """10 x base / (sends + 10): the shrunk opt-out rate of a user who is still there, hence never opted out."""

    place: int
    p: float
    form: str = "survival"

    def score(self, matrix: Floats) -> Floats:
        """Return the rate after the sends so far."""
        return np.clip(10.0 * self.p / (matrix[:, self.place] + 10.0), 1e-7, 1.0 - 1e-7)


@dataclass(frozen=True)
class Logistic:
    """Logistic regression on standardised features, cut at 5 standard deviations."""

    mean: Sequence[float]
    scale: Sequence[float]
    weights: Sequence[float]
    intercept: float
    form: str = "logistic"

    def score(self, matrix: Floats) -> Floats:
        """Probabilities of rows."""
        logits = standardised(matrix, np.array(self.mean), np.array(self.scale)) @ np.array(self.weights)
        p: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits + self.intercept, -15.0, 15.0)))
        return p


@dataclass(frozen=True)
class LambdaRank:
    """LightGBM's lambdarank over one user and ISO week; orders rows, says nothing about how likely a click is.

    `places` are the columns that it reads, `names` their names.
    """

    text: str
    names: Sequence[str]
    places: Sequence[int]
    form: str = "lambdarank"

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        check_model_text(self.text, self.names, objective="lambdarank")
        return lightgbm.Booster(model_str=self.text)

    def score(self, matrix: Floats) -> Floats:
        """Scores without a unit."""
        return raw_logits(self._booster, np.ascontiguousarray(matrix[:, list(self.places)]))


_FORMS: Mapping[str, Callable[..., Baseline]] = {
    "constant": Constant,
    "column": Column,
    "survival": Survival,
    "logistic": Logistic,
    "lambdarank": LambdaRank,
}


def fit_click(sample: Sample, user: Ints, machine: Machine) -> dict[str, Baseline]:
    """Fit the baselines of the click head; `user` are the codes of the sample's users."""
    return {
        "constant": Constant(sample.base_rate),
        "user_rate": Column(sample.names.index("user_click_rate")),
        "message_rate": Column(sample.names.index("message_click_rate")),
        "logistic": fit_logistic(sample, machine),
        "lambdarank": fit_lambdarank(sample, user, machine),
    }


def fit_opt_out(sample: Sample, machine: Machine) -> dict[str, Baseline]:
    """Fit the baselines of the opt-out head."""
    return {
        "constant": Constant(sample.base_rate),
        "user_rate": Survival(sample.names.index("user_total_sends"), sample.base_rate),
        "message_rate": Column(sample.names.index("message_opt_out_rate")),
        "logistic": fit_logistic(sample, machine),
    }


def fit_logistic(sample: Sample, machine: Machine) -> Logistic:
    """Fit on all positives and at most 300,000 rows of all, drawn by the seed, with the level corrected for it."""
    some = _drawn(sample, machine)
    mean, scale = some.matrix.mean(axis=0), some.matrix.std(axis=0)
    scale = np.where(scale > 0.0, scale, 1.0)
    model = LogisticRegression(C=0.1, max_iter=200, tol=1e-3).fit(standardised(some.matrix, mean, scale), some.labels)
    moved = np.log(sample.base_rate / (1.0 - sample.base_rate)) - np.log(some.base_rate / (1.0 - some.base_rate))
    return Logistic(mean.tolist(), scale.tolist(), model.coef_[0].tolist(), float(model.intercept_[0] + moved))


def fit_lambdarank(sample: Sample, user: Ints, machine: Machine) -> LambdaRank:
    """Fit an order of the rows of one user and ISO week, clicked before not clicked.

    It reads no figure of the user alone: these are the same for all that could be sent at one moment, and within a week
    they tell whether a click came before, which is no preference.
    """
    places = [place for place, name in enumerate(sample.names) if not name.startswith(_OF_THE_USER)]
    names = [sample.names[place] for place in places]
    week = (sample.sent_at - _MONDAY) // (7 * DAY)
    order = np.lexsort((week, user))
    _, sizes = np.unique(np.column_stack((user, week)), axis=0, return_counts=True)
    parameters = {
        "objective": "lambdarank",
        "num_leaves": 15,
        "learning_rate": 0.05,
        "min_data_in_leaf": 200,
        "lambda_l2": 10.0,
        "deterministic": True,
        "force_row_wise": True,
        "seed": machine.seed,
        "num_threads": machine.threads,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        sample.matrix[np.ix_(order, np.array(places))],
        sample.labels[order].astype(np.float32),
        group=sizes,
        feature_name=names,
    )
    booster = lightgbm.train(parameters, data, _LAMBDARANK_TREES)
    return LambdaRank(str(booster.model_to_string()), names, places)


def standardised(matrix: Floats, mean: Floats, scale: Floats) -> Floats:
    """(matrix - mean) / scale, cut at +-5, so that one odd count does not decide."""
    cut: Floats = np.clip((matrix - mean) / scale, -5.0, 5.0)
    return cut


def to_dict(baselines: Mapping[str, Baseline]) -> dict[str, Any]:
    """Write baselines as plain values for JSON."""
    return {name: asdict(baseline) for name, baseline in baselines.items()}  # type: ignore[call-overload]


def from_dict(tree: Mapping[str, Mapping[str, Any]]) -> dict[str, Baseline]:
    """Read what `to_dict` wrote."""
    return {name: _FORMS[fields["form"]](**fields) for name, fields in tree.items()}


def _drawn(sample: Sample, machine: Machine) -> Sample:
    if len(sample.labels) <= _LOGISTIC_ROWS:
        return sample
    positive, negative = np.flatnonzero(sample.labels == 1), np.flatnonzero(sample.labels == 0)
    rng = np.random.default_rng(machine.seed)
    some = [rng.choice(rows, min(len(rows), _LOGISTIC_ROWS // 2), replace=False) for rows in (positive, negative)]
    return sample.take(np.sort(np.concatenate(some)))
