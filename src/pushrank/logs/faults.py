"""What can be wrong with a log, said in one form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """A fatal fault keeps a log from being used; a warning does not."""

    FATAL = "fatal"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault in one column of one file.

    `row` is the first data row that has it (the header is not counted, the first row is 1), None where the fault is
    not of a row; `got` is what that row holds; `count` is how many rows have it.
    """

    file: str
    row: int | None
    column: str | None
    expected: str
    got: str
    severity: Severity = Severity.FATAL
    count: int = 1


class LogError(ValueError):
    """A log that cannot be read; the text names file, row, column, what was expected and what came."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        place = "".join([f", row {fault.row}" if fault.row else "", f", {fault.column}" if fault.column else ""])
        super().__init__(f"{fault.file}{place}: expected {fault.expected}, got {fault.got}")
