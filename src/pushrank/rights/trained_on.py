"""Which model versions were trained with whom: a list of tokens for each version, and nothing that names anybody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Tomb: TypeAlias = Callable[[str], str]
"""Gives the token of a pseudonym under the key of the tombstones: `t_` and hex digits."""

TOKEN_BYTES = 8
_HEX = 2 * TOKEN_BYTES
_TYPE = np.dtype("<u8")


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """The folder that holds for each model version a file of sorted 8-byte tokens of those it was trained with."""

    folder: Path

    def write(self, version: str, tokens: npt.NDArray[np.uint64]) -> Path:
        """Keep the tokens of a version; the file appears whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part, path = self.folder / f".{version}.{os.getpid()}.part", self.folder / version
        with part.open("wb") as file:
            file.write(np.unique(tokens).astype(_TYPE).tobytes())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        return path

    def versions(self) -> tuple[str, ...]:
        """Every version of which a list is kept, oldest first."""
        if not self.folder.is_dir():
            return ()
        names = [path.name for path in self.folder.iterdir() if path.name.isdigit()]
        return tuple(sorted(names, key=int))

    def of(self, user_keys: Iterable[str], tomb: Tomb) -> tuple[str, ...]:
        """Versions that were trained with a user, who is known under each of these pseudonyms."""
        wanted = tokens(user_keys, tomb)
        return tuple(name for name in self.versions() if self.holds(name, wanted).any())

    def holds(self, version: str, wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Tell of each of n tokens whether the list of a version has it, bool[n]."""
        path = self.folder / version
        if not path.stat().st_size:
            return np.zeros(wanted.size, dtype=np.bool_)
        known = np.memmap(path, dtype=_TYPE, mode="r")
        place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        found: npt.NDArray[np.bool_] = np.asarray(known[place] == wanted)
        return found


def tokens(user_keys: Iterable[str], tomb: Tomb) -> npt.NDArray[np.uint64]:
    """The 8-byte tokens of pseudonyms: the first half of what would stand on their tombstones."""
    return of_tombstones(tomb(user_key) for user_key in user_keys)


def of_tombstones(stones: Iterable[str]) -> npt.NDArray[np.uint64]:
    """The 8-byte tokens of whole tokens, as they stand on tombstones."""
    return np.array([int(stone[2 : 2 + _HEX], 16) for stone in stones], dtype=np.uint64)
