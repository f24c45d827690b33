"""A disk that forgets: replays the journal of `power_cut.c` as it would be found after the power was cut."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

HEADER = struct.Struct("=QQQQ")


class Step(NamedTuple):
    """One thing that the writer did: `W` wrote, `T` truncated, `U` unlinked, `S` synced, `A` said something."""

    what: str
    name: str
    offset: int
    data: bytes


def steps(journal: Path) -> Iterator[Step]:
    """Read the journal in order."""
    content = journal.read_bytes()
    place = 0
    while place < len(content):
        what, offset, name_length, data_length = HEADER.unpack_from(content, place)
        start = place + HEADER.size
        middle, place = start + name_length, start + name_length + data_length
        yield Step(chr(what), Path(content[start:middle].decode()).name, offset, content[middle:place])


@dataclass
class Disk:
    """What is durable of each file and of the folder, and what was done since the last sync of each.

    A new file is found again, and an unlinked one is gone, only once the folder was synced after it.
    """

    folder: str
    durable: dict[str, bytearray] = field(default_factory=dict)
    pending: dict[str, list[Step]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    durable_names: set[str] = field(default_factory=set)

    def apply(self, step: Step) -> None:
        """Take in one step; the shared memory (`-shm`) is made anew after a crash and so is left out."""
        if step.name.endswith("-shm"):
            return
        if step.what in "WT":
            self._create(step.name)
            self.pending[step.name].append(step)
        elif step.what == "U":
            self.names.discard(step.name)
        elif step.what == "S":
            self._sync(step.name)

    def _create(self, name: str) -> None:
        if name not in self.names:
            self.names.add(name)
            self.durable[name] = bytearray()
            self.pending[name] = []

    def _sync(self, name: str) -> None:
        if name == self.folder:
            self.durable_names = set(self.names)
            return
        self._create(name)
        for step in self.pending[name]:
            _change(self.durable[name], step)
        self.pending[name].clear()

    def after_power_cut(self, folder: Path, chance: np.random.Generator | None) -> None:
        """Write the files as they are found: what was not synced is gone, or each step survived by `chance` (half)."""
        folder.mkdir()
        changed = sorted(self.names ^ self.durable_names)
        for name in sorted(self.durable_names ^ {name for name in changed if _survives(chance)}):
            content = bytearray(self.durable[name])
            for step in self.pending[name]:
                if _survives(chance):
                    _change(content, step)
            (folder / name).write_bytes(content)


def _survives(chance: np.random.Generator | None) -> bool:
    return chance is not None and chance.random() < 0.5


def _change(content: bytearray, step: Step) -> None:
    end = step.offset + len(step.data)
    if step.what == "T":
        del content[end:]
    content.extend(bytes(max(0, end - len(content))))
    content[step.offset : end] = step.data
