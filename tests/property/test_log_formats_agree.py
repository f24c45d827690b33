"""One log means one thing, whichever files carry it."""

from __future__ import annotations

import csv
import gzip
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.domain.instants import DAY, instant, iso
from pushrank.logs import ColumnMap, Log, TableMap, open_log, write_batches, write_table

START = instant("2020-01-01T00:00:00Z")
MOMENTS = st.integers(START, START + 3000 * DAY)
IDS = st.text("abcXYZ019_.:-", min_size=1, max_size=8)
WORDS = st.text("ab c,\"\n'éß中|[", min_size=1, max_size=12).filter(lambda text: text.strip())
TAGS = st.lists(st.text('abé中 ,"', min_size=1, max_size=5).filter(lambda text: text == text.strip()), max_size=4)
FLAGS = st.sampled_from([True, False, None])

OUTCOME = st.fixed_dictionaries(
    {
        "user_id": IDS,
        "message_id": IDS,
        "sent_at": MOMENTS,
        "clicked": FLAGS,
        "clicked_at": st.none() | MOMENTS,
        "opted_out": FLAGS,
        "propensity": st.none() | st.floats(0.001, 1),
        "channel": st.none() | st.sampled_from(["push", "email"]),
        "note": st.none() | WORDS,
    }
)
MESSAGE = st.fixed_dictionaries(
    {
        "message_id": IDS,
        "category": st.sampled_from(["news", "sport.tennis"]),
        "title": st.none() | WORDS,
        "tags": TAGS,
        "expires_at": st.none() | MOMENTS,
        "worth": st.none() | st.floats(0, 9),
        "in_stock": FLAGS,
        "brand": st.none() | st.sampled_from(["007", "Ümlaut", "12a"]),
        "size": st.none() | st.floats(-1e6, 1e6),
    }
)


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    lines: list[str] = []

    class Sink:
        def write(self, text: str) -> None:
            lines.append(text)

    writer = csv.DictWriter(Sink(), fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows({name: cell(name, value) for name, value in row.items()} for row in rows)
    return "".join(lines)


def cell(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return json.dumps(value)
    return iso(value) if name.endswith("_at") and isinstance(value, int) else value


def as_frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    for column in [column for column in frame if str(column).endswith("_at")]:
        frame[column] = pd.array([row[str(column)] for row in rows], dtype="Int64")
    return frame


def seen(log: Log, name: str) -> list[dict[str, Any]]:
    frame = log.frame(name)
    return [
        {str(key): None if isinstance(value, float) and pd.isna(value) else value for key, value in row.items()}
        for row in frame[sorted(frame.columns)].to_dict(orient="records")
    ]


def every_way(root: Path, name: str, rows: Sequence[dict[str, Any]]) -> list[Log]:
    for way in ("parquet", "csv", "gz", "shards"):
        (root / way).mkdir()
    write_table(root / "parquet", name, as_frame(rows))
    (root / "csv" / f"{name}.csv").write_text(as_csv(rows), encoding="utf-8", newline="")
    (root / "gz" / f"{name}.csv.gz").write_bytes(gzip.compress(as_csv(rows).encode()))
    half = (len(rows) + 1) // 2
    folder = root / "shards" / name
    folder.mkdir()
    for place, part in enumerate(part for part in (rows[:half], rows[half:]) if part):
        write_batches(folder, name, [as_frame(part)]).rename(folder / f"{place}.parquet")
    return [open_log(root / way, ColumnMap()) for way in ("parquet", "csv", "gz", "shards")]


@settings(deadline=None, max_examples=25)
@given(st.lists(OUTCOME, min_size=1, max_size=6))
def test_outcomes_are_the_same_from_parquet_csv_gzip_and_shards(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        logs = every_way(Path(folder), "outcomes", rows)
        first, *others = (seen(log, "outcomes") for log in logs)
    assert len(first) == len(rows)
    for other in others:
        assert other == first


@settings(deadline=None, max_examples=25)
@given(st.lists(MESSAGE, min_size=1, max_size=6))
def test_messages_are_the_same_from_parquet_csv_gzip_and_shards(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, *others = (log.messages() for log in every_way(Path(folder), "messages", rows))
    assert [message.message_id for message in first] == [row["message_id"] for row in rows]
    assert [list(message.tags) for message in first] == [row["tags"] for row in rows]
    for other in others:
        assert other == first


@settings(deadline=None, max_examples=20)
@given(st.lists(OUTCOME, min_size=1, max_size=6))
def test_the_normal_form_written_and_read_again_is_itself(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_table(root, "outcomes", as_frame(rows))
        once = open_log(root, ColumnMap()).frame("outcomes")
        write_table(root, "outcomes", once)
        again = open_log(root, ColumnMap()).frame("outcomes")
    pd.testing.assert_frame_equal(once, again)


@settings(deadline=None, max_examples=20)
@given(st.lists(OUTCOME, min_size=1, max_size=6), st.sampled_from(["+00:00", "+08:00", "-05:30"]))
def test_renamed_columns_and_bare_times_are_the_same_under_a_map(rows: list[dict[str, Any]], offset: str) -> None:
    columns = {name: f"their_{name}" for name in rows[0]}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "outcomes.csv").write_text(as_csv(rows), encoding="utf-8", newline="")
        ours = seen(open_log(root, ColumnMap()), "outcomes")
        shift = TableMap(offset=offset).shift()
        assert shift is not None
        moved = [
            {
                columns[name]: iso(value + shift).removesuffix("+00:00") if name.endswith("_at") and value else value
                for name, value in row.items()
            }
            for row in rows
        ]
        (root / "outcomes.csv").write_text(as_csv(moved), encoding="utf-8", newline="")
        mapped = ColumnMap({"outcomes": TableMap(columns=columns, offset=offset)})
        theirs = seen(open_log(root, mapped), "outcomes")
    assert theirs == ours
