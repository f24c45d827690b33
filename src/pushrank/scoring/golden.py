"""Golden rows: made inputs with the features and scores that a sound installation reproduces to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from pushrank.domain.instants import DAY, HOUR
from pushrank.features.view import FeatureView
from pushrank.scoring.manifest import BundleError
from pushrank.scoring.scorer import Scorer

Floats = npt.NDArray[np.float64]

ROWS = 32
_AS_OF = 1_764_000_000_000_000.0  # any moment would do; instants as raw columns lie around it


class GoldenRows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`golden.json`. Numbers are written in hexadecimal, which keeps every bit, NaN included."""

    columns: dict[str, list[str]]
    matrix: list[list[str]]
    scores: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Reader:
    """A view and the scorers that read its matrix, by the name under which their scores are kept."""

    view: FeatureView
    scorers: Mapping[str, Scorer]


def made_columns(view: FeatureView, seed: int) -> dict[str, Floats]:
    """Raw columns made from chance, float64[ROWS] each: zeros, counts, fractions, instants; constants kept."""
    rng = np.random.default_rng(seed)
    columns = {name: _made(name, rng) for name in sorted(view.reads)}
    columns.update({name: np.full(ROWS, value) for name, value in view.constants.items() if name in columns})
    return columns


def _made(name: str, rng: np.random.Generator) -> Floats:
    if name == "as_of":
        return _AS_OF + np.floor(rng.uniform(0.0, HOUR, ROWS))
    if name.endswith("_at"):
        instants = _AS_OF - np.floor(rng.uniform(-1.0, 90.0, ROWS) * DAY)
        return np.where(rng.random(ROWS) < 0.2, 0.0, instants)  # noqa: PLR2004 - one in five is unknown
    draws = np.stack(
        (np.zeros(ROWS), rng.poisson(3.0, ROWS).astype(np.float64), rng.random(ROWS), rng.lognormal(2.0, 1.5, ROWS))
    )
    chosen: Floats = draws[rng.integers(0, len(draws), ROWS), np.arange(ROWS)]
    return chosen


def make(reader: Reader, seed: int) -> GoldenRows:
    """Make raw columns and keep what `reader` gives for them."""
    return _answers(reader, made_columns(reader.view, seed))


def _answers(reader: Reader, columns: Mapping[str, Floats]) -> GoldenRows:
    matrix = reader.view.matrix(columns)
    scores = {}
    for name, scorer in reader.scorers.items():
        both = scorer.score(matrix)
        scores[f"{name}_p_click"], scores[f"{name}_p_opt_out"] = _hex(both.p_click), _hex(both.p_opt_out)
    return GoldenRows({name: _hex(column) for name, column in columns.items()}, [_hex(row) for row in matrix], scores)


def check(reader: Reader, stored: bytes) -> None:
    """Compute features and scores anew; BundleError names the first feature or score that differs in any bit."""
    golden = _read(stored)
    if set(golden.columns) != reader.view.reads:
        odd = sorted(set(golden.columns) ^ reader.view.reads)
        msg = f"golden.json: columns: expected those that the feature view reads, but {odd} are on one side only"
        raise BundleError(msg)
    columns = {name: np.array([float.fromhex(text) for text in column]) for name, column in golden.columns.items()}
    found = _answers(reader, columns)
    _compare_matrix(golden.matrix, found.matrix, reader.view.names)
    for name, values in found.scores.items():
        _compare(golden.scores.get(name, []), values, name)


def _read(stored: bytes) -> GoldenRows:
    try:
        return msgspec.json.decode(stored, type=GoldenRows)
    except msgspec.MsgspecError as error:
        msg = f"golden.json: {error}"
        raise BundleError(msg) from None


def _compare_matrix(stored: list[list[str]], found: list[list[str]], names: tuple[str, ...]) -> None:
    if [len(row) for row in stored] != [len(names)] * len(found):
        msg = f"golden.json: matrix: expected {len(found)} rows of {len(names)} features"
        raise BundleError(msg)
    for place, name in enumerate(names):
        _compare([row[place] for row in stored], [row[place] for row in found], f"feature {name}")


def _compare(stored: list[str], found: list[str], name: str) -> None:
    for row, value in enumerate(found):
        if row >= len(stored) or stored[row] != value:
            kept = float.fromhex(stored[row]) if row < len(stored) else None
            msg = f"golden.json: {name}: row {row}: expected {kept!r}, got {float.fromhex(value)!r}"
            raise BundleError(msg)


def _hex(values: Floats) -> list[str]:
    return [float(value).hex() for value in values]
