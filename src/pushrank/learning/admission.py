"""What may enter a training: no log with a fatal fault."""

from __future__ import annotations

from collections.abc import Callable

from pushrank.learning.errors import LearningError
from pushrank.logs import Fault, Log, Severity, validate


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
