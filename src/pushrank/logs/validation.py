"""Every fault of a log, with its place and count, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

import numpy as np
import pyarrow as pa

from pushrank.logs.cells import Mask, known, plain
from pushrank.logs.checks import Finding, Seen, findings
from pushrank.logs.faults import Fault, LogError, Severity
from pushrank.logs.files import Chunk, TableFile
from pushrank.logs.keys import Hashes, Repeats, hashes, repeated
from pushrank.logs.log import Log, cell_text, missing_columns, missing_table
from pushrank.logs.normal import Normal, completed
from pushrank.logs.schema import HEADS, OUTCOMES, TABLES, USERS, TableSpec


@dataclass(slots=True)
class _Tally:
    """Faults found so far, one for each rule of each column of each file, and how often each label was seen."""

    faults: dict[tuple[str, str | None, str], Fault] = field(default_factory=dict)
    labels: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, fault: Fault) -> None:
        """Count a fault; the first one of its kind keeps its row."""
        key = (fault.file, fault.column, fault.expected)
        before = self.faults.get(key)
        self.faults[key] = fault if before is None else replace(before, count=before.count + fault.count)


def validate(log: Log) -> list[Fault]:
    """List every fault of `log`, the fatal ones first, else in order of tables and files.

    Fatal are a missing table or column, a file or time that cannot be read, a duplicate key, an outcome before its
    send, and outcomes without a row. Duplicates are told by 64-bit hashes, so a log of 20 million rows has a false
    alarm once in 100,000. Takes about 8 bytes of memory a row beside one chunk.
    """
    tally = _Tally()
    ids = _ids(log)
    for spec in TABLES.values():
        if log.has(spec.name):
            _table(log, spec, ids, tally)
        elif not spec.optional:
            tally.add(missing_table(spec.name, log.columns))
    _outcomes(tally)
    return sorted(tally.faults.values(), key=lambda fault: fault.severity is not Severity.FATAL)


def _ids(log: Log) -> Mapping[str, pa.Array]:
    found = {}
    for column, name in (("message_id", "messages"), ("user_id", "users")):
        try:
            cells = log.frame(name, columns=[column])[column]
        except LogError:
            continue
        found[column] = pa.array(cells, pa.large_string(), from_pandas=True)
    return found


def _table(log: Log, spec: TableSpec, ids: Mapping[str, pa.Array], tally: _Tally) -> None:
    unknown: set[str] = set()
    whole: list[Hashes] = []
    for file in _readable(log, spec, tally):
        tally.rows.setdefault(spec.name, 0)
        header = log.ours(file, spec.name)
        for fault in _unknown_columns(spec, file, [column for column in header if column not in unknown]):
            tally.add(fault)
        unknown |= set(header)
        try:
            whole.extend(_rows(log, spec, file, ids, tally))
        except LogError as error:
            tally.add(error.fault)
    several = repeated(whole)
    if len(several):
        _duplicates(log, spec, several, tally)


def _readable(log: Log, spec: TableSpec, tally: _Tally) -> Iterator[TableFile]:
    """Open the files of a table that have the columns they must have; tell of the others."""
    for path in log.paths[spec.name]:
        try:
            file = log.file(path)
        except LogError as error:
            tally.add(error.fault)
            continue
        faults = missing_columns(spec, file, log.ours(file, spec.name))
        for fault in faults:
            tally.add(fault)
        if not faults:
            yield file


def _unknown_columns(spec: TableSpec, file: TableFile, header: Sequence[str]) -> Iterator[Fault]:
    """Tell of columns that the format does not know; users may have any, unless it looks like a misspelling."""
    for column in header:
        near = get_close_matches(column, spec.columns, n=1, cutoff=0.8)
        if column not in spec.columns and (near or spec is not USERS):
            hint = f"; did you mean {near[0]!r}?" if near else ""
            expected = f"a column of the format{hint}"
            yield Fault(file.name, None, column, expected, "another, kept as an attribute", Severity.WARNING)


def _rows(log: Log, spec: TableSpec, file: TableFile, ids: Mapping[str, pa.Array], tally: _Tally) -> Iterator[Hashes]:
    """Check the rows of a file, and give the hashes of their keys."""
    shift = log.columns.table(spec.name).shift()
    for chunk in log.chunks(spec, file):
        normal = log.normal(spec, chunk)
        for finding in findings(Seen(spec, chunk.table, normal, ids, shift)):
            _count(finding, file, chunk, tally)
        tally.rows[spec.name] += len(normal.frame)
        if spec is OUTCOMES:
            _count_labels(normal, tally)
        if spec.key:
            yield hashes(normal.frame, spec.key)[_has_key(spec, chunk)]
    broken = file.broken
    if broken.rows:
        expected, got = f"{len(file.header)} cells, or the row is left out", f"{broken.cells} cells"
        tally.add(Fault(file.name, broken.rows[0], None, expected, got, Severity.WARNING, len(broken.rows)))


def _count(finding: Finding, file: TableFile, chunk: Chunk, tally: _Tally) -> None:
    count = int(finding.rows.sum())
    if count:
        first = int(np.argmax(finding.rows))
        got = cell_text(chunk.table, finding.column, first)
        row = int(chunk.rows[first])
        tally.add(Fault(file.name, row, finding.column, finding.expected, got, finding.severity, count))


def _count_labels(normal: Normal, tally: _Tally) -> None:
    labels = list(HEADS.values())
    parts = [column for column in normal.frame.columns if column.removesuffix("_at") in labels]
    frame = completed(OUTCOMES, normal.frame[parts].copy(), labels, None)
    for label in labels:
        for value, word in ((1, "yes"), (0, "no")):
            seen = tally.labels.get((label, word), 0)
            tally.labels[label, word] = seen + int((frame[label] == value).sum())


def _has_key(spec: TableSpec, chunk: Chunk) -> Mask:
    cells = [known(plain(chunk.table[column])) for column in spec.key]
    return np.asarray(np.logical_and.reduce(cells), dtype=np.bool_)


def _duplicates(log: Log, spec: TableSpec, several: Hashes, tally: _Tally) -> None:
    """Read the table again, for the places of rows whose key was there before."""
    repeats = Repeats(several)
    expected = f"each {' and '.join(spec.key)} once"
    for file in _readable(log, spec, _Tally()):
        for chunk in log.chunks(spec, file, columns=spec.key):
            frame = log.normal(spec, chunk).frame
            rows = repeats.mark(hashes(frame, spec.key)) & _has_key(spec, chunk)
            if rows.any():
                first = int(np.argmax(rows))
                got = ", ".join(cell_text(chunk.table, column, first) for column in spec.key)
                row, count = int(chunk.rows[first]), int(rows.sum())
                tally.add(Fault(file.name, row, spec.key[0], expected, f"{got} again", Severity.FATAL, count))


def _outcomes(tally: _Tally) -> None:
    """Tell of outcomes without rows, and of labels that say always the same."""
    if "outcomes" not in tally.rows:
        return
    if not tally.rows["outcomes"]:
        tally.add(Fault("outcomes", None, None, "at least one row", "none"))
        return
    for label in HEADS.values():
        yes, no = (tally.labels.get((label, word), 0) for word in ("yes", "no"))
        if bool(yes) != bool(no):
            got = f"only {'yes' if yes else 'no'} in {yes + no} rows"
            tally.add(
                Fault("outcomes", None, label, "both yes and no, or nothing can be learnt", got, Severity.WARNING)
            )
