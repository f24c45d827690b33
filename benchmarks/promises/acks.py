"""What was acknowledged, one line each, in a file of each process: appended before the process asks again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()


class Ack(msgspec.Struct, frozen=True, array_like=True):
    """One line: `what` is `rank`, `confirm`, `release`, or `try_release`, written before a release is asked for.

    `places` of a rank: message, event key, send_at, end of the hold (None where confirmed at once). `sent` are message
    ids that may be sent or that were given back. `refused`: message, code, until. `now`: what the shared clock showed
    when the answer came.
    """

    what: str
    user: str
    as_of: int
    now: int
    decision: str
    places: list[tuple[str, str | None, int, int | None]] = []
    sent: list[str] = []
    refused: list[tuple[str, str, int | None]] = []


class Writer:
    """Appends lines to one file, each in one write."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def add(self, ack: Ack) -> None:
        """Append a line."""
        line = _encoder.encode(ack) + b"\n"
        written = os.write(self._descriptor, line)
        assert written == len(line)


def read(folder: Path) -> Iterator[Ack]:
    """All lines of all processes, file by file. A line cut off by a kill was not acknowledged."""
    decoder = msgspec.json.Decoder(Ack)
    for path in sorted(folder.glob("acks-*.jsonl")):
        content: Any = path.read_bytes().split(b"\n")
        for line in content[:-1]:
            yield decoder.decode(line)
