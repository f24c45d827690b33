"""From raw logits of a booster to probabilities that mean what they say, also where positives are rare.

Every form is strictly increasing, so that calibration never changes an order, and stays strictly between `FLOOR` and
`1 - FLOOR`: a calibrated zero would call somebody free of risk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pushrank.features.arithmetic import expit, logit

Floats = npt.NDArray[np.float64]

FLOOR = 1e-7
_LARGEST_LOGIT = 30.0


class Calibration(Protocol):
    """A strictly increasing map from logits float64[n] to probabilities float64[n] in (FLOOR, 1 - FLOOR)."""

    @property
    def method(self) -> str:
        """Name under which the form is stored."""
        ...

    def apply(self, raw: Floats) -> Floats:
        """Calibrated probabilities of raw logits, element by element."""
        ...

    def moved(self, by: float) -> Calibration:
        """The same form with every calibrated logit `by` higher."""
        ...


def bounded(logits: Floats) -> Floats:
    """FLOOR + (1 - 2 FLOOR) expit(logit), logits cut at +-30."""
    cut = np.clip(np.ascontiguousarray(logits, dtype=np.float64), -_LARGEST_LOGIT, _LARGEST_LOGIT)
    return FLOOR + (1.0 - 2.0 * FLOOR) * expit(cut)


@dataclass(frozen=True, slots=True)
class Shift:
    """p = expit(raw + offset): corrects the level only. For fewer than 100 positives."""

    offset: float
    method: str = "shift"

    def apply(self, raw: Floats) -> Floats:
        """Calibrated probabilities of raw logits."""
        return bounded(raw + self.offset)

    def moved(self, by: float) -> Shift:
        """The same form with every calibrated logit `by` higher."""
        return Shift(self.offset + by)


@dataclass(frozen=True, slots=True)
class Platt:
    """p = expit(slope x raw + intercept), slope > 0 (Platt 1999). For 100 to 1,000 positives."""

    slope: float
    intercept: float
    method: str = "platt"

    def __post_init__(self) -> None:
        if not self.slope > 0.0:
            msg = f"slope: expected a positive number, got {self.slope}"
            raise ValueError(msg)

    def apply(self, raw: Floats) -> Floats:
        """Calibrated probabilities of raw logits."""
        return bounded(self.slope * raw + self.intercept)

    def moved(self, by: float) -> Platt:
        """The same form with every calibrated logit `by` higher."""
        return Platt(self.slope, self.intercept + by)


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Isotonic regression between block centres, on the logit, continued with slope 1 at both ends.

    `knots` are mean raw logits of the blocks and `values` the logits of their rates, both strictly increasing. Joining
    centres (Oron and Flournoy 2017) leaves no flat steps, hence no ties, and blocks hold enough positives for no zeros.
    """

    knots: tuple[float, ...]
    values: tuple[float, ...]
    method: str = "isotonic"

    def __post_init__(self) -> None:
        for name, numbers in (("knots", self.knots), ("values", self.values)):
            if len(numbers) != len(self.knots) or not numbers or not bool(np.all(np.diff(numbers) > 0.0)):
                msg = f"{name}: expected {len(self.knots)} strictly increasing numbers, at least one, got {numbers}"
                raise ValueError(msg)

    def apply(self, raw: Floats) -> Floats:
        """Calibrated probabilities of raw logits."""
        knots, values, slopes = _pieces(self.knots, self.values)
        piece = np.clip(np.searchsorted(knots, raw, side="right") - 1, 0, len(knots) - 1)
        return bounded(values[piece] + slopes[piece] * (raw - knots[piece]))

    def moved(self, by: float) -> Isotonic:
        """The same form with every calibrated logit `by` higher."""
        return Isotonic(self.knots, tuple(value + by for value in self.values))


@lru_cache(maxsize=64)
def _pieces(knots: tuple[float, ...], values: tuple[float, ...]) -> tuple[Floats, Floats, Floats]:
    """Starts of the straight pieces, their values there and their slopes, with slope 1 before the first and at the end.

    Kept between requests, whose few candidates take less time than this does.
    """
    starts, heights = np.array([knots[0] - 1.0, *knots]), np.array([values[0] - 1.0, *values])
    return starts, heights, np.append(np.diff(heights) / np.diff(starts), 1.0)


FORMS: Mapping[str, type[Shift | Platt | Isotonic]] = {"shift": Shift, "platt": Platt, "isotonic": Isotonic}


def to_dict(calibration: Calibration) -> dict[str, Any]:
    """Write a calibration as plain values for JSON."""
    assert isinstance(calibration, Shift | Platt | Isotonic)
    return asdict(calibration)


def from_dict(tree: Mapping[str, Any]) -> Calibration:
    """Read what `to_dict` wrote; ValueError names the field where it is not a calibration of finite numbers."""
    form = FORMS.get(str(tree.get("method")))
    if form is None:
        msg = f"method: expected one of {', '.join(FORMS)}, got {tree.get('method')!r}"
        raise ValueError(msg)
    fields = {name: _numbers(name, value) for name, value in tree.items() if name != "method"}
    try:
        return form(**fields)
    except TypeError as error:
        msg = f"calibration {form.__name__}: {error}"
        raise ValueError(msg) from None


def _numbers(name: str, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_numbers(name, item) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        msg = f"{name}: expected finite numbers, got {value!r}"
        raise ValueError(msg)
    return float(value)


def logit_of(rate: float) -> float:
    """Logit of one rate strictly between 0 and 1, with the bits of the compiled loop."""
    return float(logit(np.array([rate]))[0])
