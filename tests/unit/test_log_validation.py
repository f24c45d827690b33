from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pushrank.logs import ColumnMap, Fault, Severity, TableMap, open_log, validate
from pushrank.logs.files import BrokenRows
from pushrank.logs.keys import Repeats, hashes, repeated

OUTCOMES = (
    "user_id,message_id,sent_at,clicked,clicked_at,opted_out,propensity\n"
    "u1,m-1,2026-11-23T10:00:00Z,1,2026-11-23T11:00:00Z,0,0.5\n"
    "u2,m-1,2026-11-23T10:00:00Z,0,,1,1\n"
)
MESSAGES = "message_id,category,kind,purpose\nm-1,news,inform,recommendation\n"
USERS = "user_id,timezone,birthday\nu1,Asia/Shanghai,02-29\nu2,,\n"
HEAD = "user_id,message_id,sent_at,clicked,clicked_at,opted_out,propensity\n"
GOOD = {"outcomes": OUTCOMES, "messages": MESSAGES, "users": USERS}


def faults(root: Path, **tables: str | None) -> list[Fault]:
    for name, text in (GOOD | tables).items():
        if text is not None:
            (root / f"{name}.csv").write_text(text, encoding="utf-8")
    return validate(open_log(root, ColumnMap()))


def only(found: list[Fault]) -> Fault:
    assert len(found) == 1, found
    return found[0]


def test_a_sound_log_has_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    ("table", "text", "row", "column", "expected", "got", "count"),
    [
        ("outcomes", None, None, None, "outcomes.csv", "no file", 1),
        ("messages", None, None, None, "messages.csv", "no file", 1),
        ("outcomes", "user_id,message_id,sent_at\n", None, "clicked", "clicked or clicked_at", "columns user_id", 1),
        ("users", "", None, "user_id", "a column user_id", "no columns", 1),
        ("outcomes", HEAD, None, None, "at least one row", "none", 1),
        ("outcomes", OUTCOMES + "u3,m-1,soon,0,,0,1\nu4,m-1,now,0,,0,1\n", 3, "sent_at", "ISO 8601", "'soon'", 2),
        ("outcomes", OUTCOMES + "u1,m-1,2026-11-23T10:00:00,0,,0,1\n", 3, "sent_at", "an offset", "10:00:00'", 1),
        ("outcomes", OUTCOMES + "u1,m-1,1700000000,0,,0,1\n", 3, "sent_at", "ISO 8601", "'1700000000'", 1),
        ("outcomes", OUTCOMES + "u1,m-1,,0,,0,1\n", 3, "sent_at", "ISO 8601", "nothing", 1),
        (
            "outcomes",
            OUTCOMES + "u1,m-1,2026-11-24T10:00:00Z,1,2026-11-24T09:59:59Z,0,1\n",
            3,
            "clicked_at",
            "at or after sent_at",
            "09:59:59Z",
            1,
        ),
        (
            "outcomes",
            OUTCOMES + "u2,m-1,2026-11-23T18:00:00+08:00,0,,0,1\n" * 2,
            3,
            "user_id",
            "each user_id and message_id and sent_at once",
            "'u2', 'm-1', '2026-11-23T18:00:00+08:00' again",
            2,
        ),
        ("messages", MESSAGES + "m-1,sport,offer,\n", 2, "message_id", "each message_id once", "'m-1' again", 1),
        ("users", USERS + "u1,,\n", 3, "user_id", "each user_id once", "'u1' again", 1),
        ("preferences", "user_id,push\nu1,1\nu1,0\n", 2, "user_id", "each user_id once", "'u1' again", 1),
        (
            "consents",
            "user_id,purpose,granted\nu1,research,1\nu1,research,0\n",
            2,
            "user_id",
            "each user_id and purpose once",
            "'u1', 'research' again",
            1,
        ),
        ("activity", "user_id,at,kind\nu1,yesterday,view\n", 1, "at", "ISO 8601", "'yesterday'", 1),
        ("activity", "user_id,at\n", None, "kind", "a column kind", "columns user_id, at", 1),
    ],
)
def test_what_makes_a_log_useless_is_fatal(
    tmp_path: Path,
    table: str,
    text: str | None,
    row: int | None,
    column: str | None,
    expected: str,
    got: str,
    count: int,
) -> None:
    fatal = only([fault for fault in faults(tmp_path, **{table: text}) if fault.severity is Severity.FATAL])
    assert fatal.file in {table, f"{table}.csv"}
    assert (fatal.row, fatal.column, fatal.count) == (row, column, count)
    assert expected in fatal.expected
    assert got in fatal.got


@pytest.mark.parametrize(
    ("table", "text", "row", "column", "expected", "got", "count"),
    [
        ("outcomes", OUTCOMES + "u1,m-9,2026-11-24T10:00:00Z,0,,0,1\n", 3, "message_id", "table messages", "'m-9'", 1),
        ("outcomes", OUTCOMES + "u9,m-1,2026-11-24T10:00:00Z,0,,0,1\n", 3, "user_id", "table users", "'u9'", 1),
        ("outcomes", OUTCOMES + ",m-1,2026-11-24T10:00:00Z,0,,0,1\n", 3, "user_id", "left out", "nothing", 1),
        ("outcomes", OUTCOMES + "u1,m-1,2026-11-24T10:00:00Z,perhaps,,0,1\n", 3, "clicked", "true", "'perhaps'", 1),
        ("outcomes", OUTCOMES + "u1,m-1,2026-11-24T10:00:00Z,0,,0,1.5\n", 3, "propensity", "at most 1", "'1.5'", 1),
        ("outcomes", OUTCOMES + "u1,m-1,2026-11-24T10:00:00Z,0,,0,0\n", 3, "propensity", "above 0", "'0'", 1),
        ("outcomes", OUTCOMES + "u1,m-1,2026-11-24T10:00:00Z,0,,0,NaN\n", 3, "propensity", "finite", "'NaN'", 1),
        ("outcomes", OUTCOMES + "u1,m-1\nu2,m-1\n", 3, None, "7 cells", "2 cells", 2),
        (
            "outcomes",
            OUTCOMES + "u1,m-1,2026-11-24T10:00:00Z,0,2026-11-24T11:00:00Z,0,1\n",
            3,
            "clicked_at",
            "no time where clicked is false",
            "11:00:00Z",
            1,
        ),
        (
            "outcomes",
            HEAD + "u1,m-1,2026-11-24T10:00:00Z,0,,,1\nu2,m-1,2026-11-24T10:00:00Z,0,,,1\n",
            None,
            "clicked",
            "both yes and no",
            "only no in 2 rows",
            1,
        ),
        (
            "outcomes",
            OUTCOMES.replace("propensity", "propensitty"),
            None,
            "propensitty",
            "did you mean 'propensity'?",
            "kept as an attribute",
            1,
        ),
        ("messages", MESSAGES + "m-2,news,poem,\n", 2, "kind", "one of inform, offer", "'poem'", 1),
        ("messages", MESSAGES + "m-2,news,,spam\n", 2, "purpose", "one of service", "'spam'", 1),
        ("messages", MESSAGES + "m-2,,,\n", 2, "category", "a text", "nothing", 1),
        ("messages", MESSAGES + "m-2,big sale,,\n", 2, "category", "1 to 64", "'big sale'", 1),
        ("messages", MESSAGES + f"{'m' * 65},news,,\n", 2, "message_id", "1 to 64", "mmm", 1),
        ("messages", "message_id,category,worth\nm-1,news,nan\n", 1, "worth", "finite", "'nan'", 1),
        ("messages", "message_id,category,worth\nm-1,news,-2\n", 1, "worth", "at least 0", "'-2'", 1),
        ("messages", "message_id,category,price\nm-1,news,cheap\n", 1, "price", "finite", "'cheap'", 1),
        ("messages", 'message_id,category,tags\nm-1,news,"[1, {"\n', 1, "tags", "a list", "'[1, {'", 1),
        ("messages", "message_id,category,urgency\nm-1,news,soon\n", 1, "urgency", "normal, breaking", "'soon'", 1),
        (
            "messages",
            "message_id,category,published_at,expires_at\nm-1,news,2026-11-24T10:00:00Z,2026-11-24T09:00:00Z\n",
            1,
            "expires_at",
            "at or after published_at",
            "09:00:00Z",
            1,
        ),
        ("users", USERS + "u3,Mars/Base,\nu4,Mars/Base,\n", 3, "timezone", "IANA", "'Mars/Base'", 2),
        ("users", USERS + "u3,,2000-01-01\n", 3, "birthday", "MM-DD", "'2000-01-01'", 1),
        ("users", "user_id,birth_date\nu1,old\nu2,\n", 1, "birth_date", "a date", "'old'", 1),
        ("preferences", "user_id,timezone\nu1,Mars/Base\n", 1, "timezone", "IANA", "'Mars/Base'", 1),
        ("preferences", "user_id,max_per_day\nu1,2.5\nu2,-1\n", 1, "max_per_day", "whole number", "'2.5'", 2),
        ("preferences", 'user_id,quiet_hours\nu1,"[{}]"\n', 1, "quiet_hours", "a time of day", "'[{}]'", 1),
        ("consents", "user_id,purpose,granted\nu1,spam,1\n", 1, "purpose", "one of service", "'spam'", 1),
        ("activity", "user_id,at,kind\nu9,2026-11-24T10:00:00Z,view\n", 1, "user_id", "table users", "'u9'", 1),
        (
            "decisions",
            "decision_id,user_id,decided_at,candidates,chosen,propensity\nd,u1,2026-11-24T10:00:00Z,m-1|m-2,m-3,0.5\n",
            1,
            "chosen",
            "among the candidates",
            "'m-3'",
            1,
        ),
    ],
)
def test_what_can_be_lived_with_is_a_warning(
    tmp_path: Path,
    table: str,
    text: str,
    row: int | None,
    column: str | None,
    expected: str,
    got: str,
    count: int,
) -> None:
    found = only(faults(tmp_path, **{table: text}))
    assert found.severity is Severity.WARNING
    assert found.file in {table, f"{table}.csv"}
    assert (found.row, found.column, found.count) == (row, column, count)
    assert expected in found.expected
    assert got in found.got


def test_json_that_is_none_is_told_of_by_its_column(tmp_path: Path) -> None:
    found = faults(tmp_path, preferences='user_id,categories\nu1,"{promo"\n')
    assert {(fault.column, fault.row, fault.severity) for fault in found} == {("categories", 1, Severity.WARNING)}


def test_a_parquet_timestamp_without_a_zone_is_a_warning_unless_the_map_says_what_it_is(tmp_path: Path) -> None:
    stamps = pa.array([1_795_000_000_000_000, 1_795_000_100_000_000], pa.timestamp("us"))
    table = {"user_id": ["u1", "u2"], "message_id": ["m-1"] * 2, "sent_at": stamps, "clicked": [True, False]}
    pq.write_table(pa.table(table), tmp_path / "outcomes.parquet")
    found = only(faults(tmp_path, outcomes=None))
    assert (found.column, found.count, found.severity) == ("sent_at", 2, Severity.WARNING)
    assert "taken as UTC" in found.expected
    assert validate(open_log(tmp_path, ColumnMap({"outcomes": TableMap(offset="+00:00")}))) == []


def test_a_damaged_file_is_fatal_and_the_other_tables_are_still_judged(tmp_path: Path) -> None:
    (tmp_path / "outcomes.csv.gz").write_bytes(gzip.compress(OUTCOMES.encode() * 99)[:80])
    found = faults(tmp_path, outcomes=None, messages=MESSAGES + "m-2,news,poem,\n")
    assert [(fault.file, fault.severity) for fault in found] == [
        ("outcomes.csv.gz", Severity.FATAL),
        ("messages.csv", Severity.WARNING),
    ]


def test_a_key_that_is_there_twice_is_found_across_shards_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "outcomes").mkdir()
    for shard in ("a", "b"):
        (tmp_path / "outcomes" / f"{shard}.csv").write_text(OUTCOMES)
    found = only(faults(tmp_path, outcomes=None))
    assert (found.file, found.row, found.count, found.severity) == ("outcomes/b.csv", 1, 2, Severity.FATAL)


def test_rows_after_a_broken_one_keep_their_numbers(tmp_path: Path) -> None:
    found = faults(tmp_path, outcomes=OUTCOMES + "u1,m-1\nu1,m-1,soon,0,,0,1\n")
    assert [(fault.row, fault.column) for fault in found] == [(4, "sent_at"), (3, None)]


def test_whole_rows_are_numbered_among_broken_ones() -> None:
    broken = BrokenRows()
    assert broken.skipped(np.arange(1, 4)).tolist() == [1, 2, 3]
    for row in (1, 2, 5, 9):
        broken.add(row, 1)
    assert broken.skipped(np.arange(1, 6)).tolist() == [3, 4, 6, 7, 8]
    assert broken.skipped(np.arange(6, 8)).tolist() == [10, 11]


def test_repeats_are_marked_in_any_cut_of_the_rows() -> None:
    frame = pd.DataFrame({"a": ["x", "y", "x", "z", "x", "y"], "b": [1, 2, 1, 1, 1, 2]})
    whole = hashes(frame, ("a", "b"))
    for cut in range(7):
        parts = [whole[:cut], whole[cut:]]
        repeats = Repeats(repeated(parts))
        marked = np.concatenate([repeats.mark(part) for part in parts])
        assert marked.tolist() == [False, False, True, False, True, True]
    assert len(repeated([])) == 0
