"""What each row of a log must fulfil: every check marks the rows that do not, under the column to blame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pushrank.domain.codes import Kind, Purpose, QuietAction, Urgency
from pushrank.logs.cells import EXPECTED, Mask, known, plain, texts
from pushrank.logs.faults import Severity
from pushrank.logs.normal import Normal, completed
from pushrank.logs.people import is_birthday, is_zone, preferences_of
from pushrank.logs.schema import LABELS, Form, TableSpec

_ID = r"^[A-Za-z0-9_.:-]{1,64}$"
_CODES: Mapping[tuple[str, str], type[StrEnum]] = {
    ("messages", "kind"): Kind,
    ("messages", "purpose"): Purpose,
    ("messages", "urgency"): Urgency,
    ("consents", "purpose"): Purpose,
    ("preferences", "in_quiet_hours"): QuietAction,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows of a chunk that break one rule of one column."""

    column: str
    expected: str
    rows: Mask
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True)
class Seen:
    """A chunk as it is in the file (our column names), in normal form, and the ids that it may refer to.

    `shift` is what the column map says of times without a zone.
    """

    spec: TableSpec
    table: pa.Table
    normal: Normal
    ids: Mapping[str, pa.Array]
    shift: int | None = None

    def has(self, *columns: str) -> bool:
        """Whether the chunk has all of these columns."""
        return set(columns) <= set(self.table.column_names)

    def cells(self, column: str) -> pa.Array:
        """Cells as they are in the file."""
        return plain(self.table[column])


def findings(seen: Seen) -> Iterator[Finding]:
    """Run every check that applies to the table."""
    for check in (unreadable, absent, zoneless, ids, references, codes, zones, *_OF_TABLE.get(seen.spec.name, ())):
        yield from check(seen)


def unreadable(seen: Seen) -> Iterator[Finding]:
    """Cells that hold something else than the column's form; a time is fatal."""
    for column, bad in seen.normal.bad.items():
        form = seen.spec.columns[column]
        severity = Severity.FATAL if form is Form.TIME else Severity.WARNING
        rows = bad & known(seen.cells(column)) if bad.any() else bad
        yield Finding(column, EXPECTED[form], rows, severity)


def absent(seen: Seen) -> Iterator[Finding]:
    """Cells that must hold something and do not; a time is fatal, a row without an id is left out."""
    for group in seen.spec.required:
        column = group[0]
        if len(group) == 1 and seen.has(column):
            form = seen.spec.columns[column]
            severity = Severity.FATAL if form is Form.TIME else Severity.WARNING
            left_out = ", or the row is left out" if form is Form.ID else ""
            yield Finding(column, EXPECTED[form] + left_out, ~known(seen.cells(column)), severity)


def zoneless(seen: Seen) -> Iterator[Finding]:
    """Timestamps of Parquet that name no zone."""
    for column, form in seen.spec.columns.items():
        if form is Form.TIME and seen.has(column) and seen.shift is None:
            kind = seen.table[column].type
            if pa.types.is_timestamp(kind) and kind.tz is None:
                yield Finding(column, "a timestamp with a zone; it is taken as UTC", known(seen.cells(column)))


def ids(seen: Seen) -> Iterator[Finding]:
    """Ids and categories that the service would not take."""
    for column, form in seen.spec.columns.items():
        if seen.has(column) and (form is Form.ID or column == "category"):
            cells = texts(seen.cells(column))
            fits = _mask(pc.match_substring_regex(cells, _ID))
            yield Finding(column, EXPECTED[Form.ID], ~fits & known(cells))


def references(seen: Seen) -> Iterator[Finding]:
    """Ids that no other table explains."""
    for column, known_ids in seen.ids.items():
        if seen.has(column) and (column,) != seen.spec.key:
            there = pc.is_in(texts(seen.cells(column)), value_set=known_ids)
            rows = ~_mask(there) & known(seen.cells(column))
            yield Finding(column, f"an id of the table {column.removesuffix('_id')}s", rows)


def codes(seen: Seen) -> Iterator[Finding]:
    """Words outside a closed vocabulary."""
    for (name, column), words in _CODES.items():
        if name == seen.spec.name and seen.has(column):
            fits = pc.is_in(texts(seen.cells(column)), value_set=pa.array(list(words), pa.large_string()))
            yield Finding(column, f"one of {', '.join(words)}", ~_mask(fits) & known(seen.cells(column)))


def zones(seen: Seen) -> Iterator[Finding]:
    """Time zones that nobody knows."""
    if seen.spec.name != "preferences" and "timezone" in seen.spec.columns and seen.has("timezone"):
        cells = texts(seen.cells("timezone"))
        wrong = [name for name in cells.unique().to_pylist() if name is not None and not is_zone(name)]
        rows = _mask(pc.is_in(cells, value_set=pa.array(wrong, pa.large_string())))
        yield Finding("timezone", "an IANA time zone such as Asia/Shanghai", rows)


def before_send(seen: Seen) -> Iterator[Finding]:
    """Outcomes of a push that is not sent yet, and times of what did not happen."""
    frame = seen.normal.frame
    for label in LABELS:
        time = f"{label}_at"
        if time in frame:
            moments = frame[time].to_numpy()
            early = (moments >= 0) & (frame["sent_at"].to_numpy() >= 0) & (moments < frame["sent_at"].to_numpy())
            yield Finding(time, "a time at or after sent_at", early, Severity.FATAL)
            if label in frame:
                yield Finding(time, f"no time where {label} is false", (moments >= 0) & (frame[label] == 0).to_numpy())


def propensities(seen: Seen) -> Iterator[Finding]:
    """Probabilities that are none."""
    frame = seen.normal.frame
    if "propensity" in frame:
        value = frame["propensity"].to_numpy()
        yield Finding("propensity", "a probability above 0 and at most 1", (value <= 0) | (value > 1))


def chosen(seen: Seen) -> Iterator[Finding]:
    """Choices that were not on offer."""
    pairs = zip(seen.normal.frame["chosen"], seen.normal.frame["candidates"], strict=True)
    rows = np.array([not set(taken) <= set(offered) for taken, offered in pairs], dtype=np.bool_)
    yield Finding("chosen", "ids among the candidates", rows)


def messages(seen: Seen) -> Iterator[Finding]:
    """Worths below nothing and messages that expire before they appear."""
    frame = seen.normal.frame
    for column in ("worth", "price", "list_price"):
        if column in frame:
            yield Finding(column, "a number of at least 0", (frame[column] < 0).to_numpy())
    if seen.has("published_at", "expires_at"):
        rows = (frame["expires_at"] >= 0) & (frame["expires_at"] < frame["published_at"])
        yield Finding("expires_at", "a time at or after published_at", rows.to_numpy())


def users(seen: Seen) -> Iterator[Finding]:
    """Birthdays that are no month and day."""
    if seen.has("birthday"):
        wrong = ~is_birthday(seen.normal.frame["birthday"]).to_numpy() & known(seen.cells("birthday"))
        yield Finding("birthday", "a month and day MM-DD", wrong)


def preferences(seen: Seen) -> Iterator[Finding]:
    """Whatever the preferences call of the service would refuse; such a user gets no push."""
    frame = completed(seen.spec, seen.normal.frame.copy(), None, None)
    wrong: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(frame.to_dict(orient="records")):
        for error in preferences_of(row)[1]:
            wrong.setdefault((error.field.split("/")[0], error.detail.split(", got ")[0]), []).append(place)
    for (column, detail), places in wrong.items():
        rows = np.zeros(len(frame), dtype=np.bool_)
        rows[places] = True
        yield Finding(column, detail.removeprefix("expected "), rows)


def _mask(array: pa.ChunkedArray | pa.Array) -> Mask:
    return np.asarray(plain(array).fill_null(False), dtype=np.bool_)  # noqa: FBT003


_OF_TABLE: Mapping[str, tuple[Callable[[Seen], Iterator[Finding]], ...]] = {
    "outcomes": (before_send, propensities),
    "decisions": (propensities, chosen),
    "messages": (messages,),
    "users": (users,),
    "preferences": (preferences,),
}
