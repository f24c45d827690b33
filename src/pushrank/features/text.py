"""Text of any language as a few numbers: hashed character n-grams, reduced once per message.

A message is embedded alone, never in a batch: a matrix product gives other last bits for other batch sizes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_GRAMS = (2, 3, 4)
_MOST = 4000  # characters of a text that count
_SPACE = re.compile(r"\s+")


def gram_buckets(text: str, buckets: int) -> npt.NDArray[np.int64]:
    """Bucket of each character n-gram of a text, in order, for n = 2, 3 and 4; digits are all alike."""
    plain = _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold())[:_MOST]
    plain = f" {re.sub(r'[0-9]', '0', plain).strip()} "
    grams = [plain[start : start + n] for n in _GRAMS for start in range(len(plain) - n + 1)]
    return np.array([crc32(gram.encode("utf-8")) % buckets for gram in grams], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class TextBasis:
    """A projection of n-gram counts: `matrix[buckets, dimensions]`."""

    matrix: Floats

    @property
    def dimensions(self) -> int:
        """Number of figures of one text."""
        return int(self.matrix.shape[1])

    def embed(self, text: str) -> Floats:
        """Mean of the rows of the text's n-grams, float64[dimensions]; zeros for an empty text."""
        found = gram_buckets(text, self.matrix.shape[0])
        if not text.strip() or not self.dimensions:
            return np.zeros(self.dimensions)
        return self.matrix[found].sum(axis=0) / np.sqrt(found.size)  # type: ignore[no-any-return]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; floats keep their bits."""
        used = np.flatnonzero(self.matrix.any(axis=1))
        return {
            "buckets": int(self.matrix.shape[0]),
            "dimensions": self.dimensions,
            "rows": used.tolist(),
            "values": self.matrix[used].tolist(),
        }

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> TextBasis:
        """Read what `to_dict` wrote."""
        matrix = np.zeros((plain["buckets"], plain["dimensions"]))
        if plain["rows"]:
            matrix[np.array(plain["rows"], dtype=np.int64)] = np.array(plain["values"], dtype=np.float64)
        return cls(matrix)


def fit_basis(texts: Sequence[str], buckets: int, dimensions: int, seed: int) -> TextBasis:
    """Fit the projection: principal directions of tf-idf weighted n-gram counts (latent semantic analysis).

    Deerwester et al., "Indexing by Latent Semantic Analysis", 1990. With fewer texts than dimensions the rest is zero.
    """
    found = [np.unique(gram_buckets(text, buckets), return_counts=True) for text in dict.fromkeys(texts)]
    matrix = np.zeros((buckets, dimensions))
    rank = min(dimensions, len(found) - 1)
    if rank < 1:
        return TextBasis(matrix)
    # For fitting only: the service never needs these.
    from scipy.sparse import csr_matrix  # noqa: PLC0415
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415

    rows = np.repeat(np.arange(len(found)), [places.size for places, _ in found])
    columns = np.concatenate([places for places, _ in found])
    counts = np.sqrt(np.concatenate([count for _, count in found]).astype(np.float64))
    seen = np.bincount(columns, minlength=buckets)
    weight = np.log((1.0 + len(found)) / (1.0 + seen)) * (seen > 0)
    table = csr_matrix((counts * weight[columns], (rows, columns)), shape=(len(found), buckets))
    _, _, directions = randomized_svd(table, n_components=rank, random_state=seed)
    matrix[:, :rank] = np.round(directions.T * weight[:, None], 9)
    return TextBasis(matrix)
