"""A feature view: which features, in which order, with the constants that the training log gave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from inspect import signature
from typing import Any

import msgspec
import numpy as np

from pushrank.features.definitions import FEATURES, PLAIN, Column
from pushrank.features.facts import AttributeCode
from pushrank.features.state import Floats
from pushrank.features.text import TextBasis

_READS = {name: tuple(signature(function).parameters) for name, function in FEATURES.items()}


def feature_names(
    dimensions: int, attributes: tuple[AttributeCode, ...], leave_out: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Names of all features with that many figures of text, in the order of a view; those left out are skipped.

    Raises ValueError for a name in `leave_out` that is no feature.
    """
    text = tuple(f"text_{place}" for place in range(dimensions))
    names = (*FEATURES, *PLAIN, *text, *(code.column for code in attributes))
    unknown = [name for name in leave_out if name not in names]
    if unknown:
        msg = f"expected names of features to leave out, got {unknown[0]!r}"
        raise ValueError(msg)
    return tuple(name for name in names if name not in leave_out)


@dataclass(frozen=True, slots=True)
class FeatureView:
    """`names` in the order of the matrix; `constants` are raw columns that are the same for every row.

    `topics` names, by root of a category, the tags that usually go with it: what a user looks at tells of them all.
    """

    names: tuple[str, ...]
    constants: Mapping[str, float]
    basis: TextBasis
    attributes: tuple[AttributeCode, ...] = ()
    default_timezone: str = "UTC"
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def reads(self) -> frozenset[str]:
        """Raw columns that the features read."""
        return frozenset(column for name in self.names for column in _READS.get(name, (name,)))

    def matrix(self, columns: Mapping[str, Column]) -> Floats:
        """Compute float64[n, features], C-contiguous, from raw columns; numbers stand for every row.

        Raises KeyError naming a raw column that is missing.
        """
        rows = max(np.size(columns["message_sends"]), 1)
        out = np.empty((rows, len(self.names)))
        for place, name in enumerate(self.names):
            reads = _READS.get(name)
            out[:, place] = columns[name] if reads is None else FEATURES[name](*[columns[read] for read in reads])
        return out

    @property
    def digest(self) -> str:
        """Short fingerprint of names, constants, text basis and attributes."""
        return sha256(msgspec.json.encode(self.to_dict())).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; floats keep their bits."""
        return {
            "names": list(self.names),
            "constants": dict(self.constants),
            "basis": self.basis.to_dict(),
            "attributes": [asdict(code) for code in self.attributes],
            "default_timezone": self.default_timezone,
            "topics": {root: list(tags) for root, tags in self.topics.items()},
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> FeatureView:
        """Read what `to_dict` wrote. Raises ValueError naming a feature that this version does not know."""
        attributes = tuple(msgspec.convert(code, AttributeCode) for code in plain["attributes"])
        basis = TextBasis.from_dict(plain["basis"])
        known = set(feature_names(basis.dimensions, attributes))
        unknown = [name for name in plain["names"] if name not in known]
        if unknown:
            msg = f"expected features of this version, got {unknown[0]!r}; retrain or take the version that made it"
            raise ValueError(msg)
        topics = {root: tuple(tags) for root, tags in plain["topics"].items()}
        return cls(tuple(plain["names"]), plain["constants"], basis, attributes, plain["default_timezone"], topics)
