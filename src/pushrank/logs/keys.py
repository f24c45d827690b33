"""Rows that are there twice: found by 64-bit hashes of their keys, 8 bytes a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from pushrank.logs.cells import Mask

Hashes: TypeAlias = npt.NDArray[np.uint64]
_PRIME = np.uint64(0x100000001B3)


def hashes(frame: pd.DataFrame, key: Sequence[str]) -> Hashes:
    """Hash the key columns of each row; equal rows have equal hashes in every chunk."""
    whole: Hashes = np.zeros(len(frame), dtype=np.uint64)
    for column in key:
        part = pd.util.hash_pandas_object(frame[column], index=False).to_numpy(dtype=np.uint64)
        whole = np.multiply(whole ^ part, _PRIME, dtype=np.uint64)
    return whole


def repeated(chunks: Iterable[Hashes]) -> Hashes:
    """Sorted hashes that are there more than once, each told once."""
    parts = list(chunks)
    together = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)
    parts.clear()
    together.sort()
    return np.unique(together[1:][together[1:] == together[:-1]])


class Repeats:
    """Marks, chunk after chunk, the rows whose hash was there before."""

    def __init__(self, several: Hashes) -> None:
        self._several = several
        self._seen = np.zeros(len(several), dtype=np.bool_)

    def mark(self, chunk: Hashes) -> Mask:
        """Mark the rows of the next chunk that repeat an earlier row."""
        places = np.searchsorted(self._several, chunk)
        places[places == len(self._several)] = 0
        suspects = np.flatnonzero(self._several[places] == chunk) if len(self._several) else np.zeros(0, dtype=np.intp)
        there = places[suspects]
        later = np.ones(len(suspects), dtype=np.bool_)
        later[np.unique(there, return_index=True)[1]] = False
        rows = np.zeros(len(chunk), dtype=np.bool_)
        rows[suspects] = later | self._seen[there]
        self._seen[there] = True
        return rows
