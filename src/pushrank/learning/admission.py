"""Who and what may enter a training: no log with a fatal fault, and nobody who asked to be left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pushrank.config.home import Home
from pushrank.learning.errors import LearningError
from pushrank.logs import Fault, Log, Severity, validate
from pushrank.rights.pseudonyms import Pseudonyms, read_secret


def refuse_fatal(log: Log, tell: Callable[[str], None]) -> None:
    """Tell every fault of a log in a line; LearningError where one of them is fatal."""
    faults = validate(log)
    for fault in faults:
        tell(sentence(fault))
    fatal = sum(fault.severity is Severity.FATAL for fault in faults)
    if fatal:
        msg = f"{log.root}: {fatal} fatal faults, named above; nothing was made"
        raise LearningError(msg)


def sentence(fault: Fault) -> str:
    """One fault in a line: severity, place, what was expected, what came, in how many rows."""
    place = ", ".join(
        part for part in (fault.file, f"row {fault.row}" if fault.row else "", fault.column or "") if part
    )
    return f"{fault.severity.value}: {place}: expected {fault.expected}, got {fault.got} (rows: {fault.count})"


@dataclass(frozen=True, slots=True)
class Suppressions:
    """Users to leave out: how many asked for it, and every name under which a log may know them."""

    asked: int = 0
    names: frozenset[str] = frozenset()


def read_suppressions(file: Path | None, environment: Mapping[str, str], home: Home) -> Suppressions:
    """Read ids to leave out, one a line; each counts also as its pseudonym, under which an exported log knows it."""
    if file is None:
        return Suppressions()
    ids = {line.strip() for line in file.read_text(encoding="utf-8").splitlines()} - {"", "user_id"}
    pseudonyms = Pseudonyms(read_secret(environment, home))
    return Suppressions(len(ids), frozenset(ids | {pseudonyms.of(user_id) for user_id in ids}))
