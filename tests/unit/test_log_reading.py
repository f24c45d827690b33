from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pushrank.domain.codes import Kind, Purpose, QuietAction
from pushrank.domain.instants import DAY, HOUR, instant
from pushrank.domain.user import Consent, QuietWindow
from pushrank.logs import ColumnMap, LogError, TableMap, load_columns, open_log, write_batches, write_table

NONE = ColumnMap()
T = instant("2026-11-23T10:00:00Z")
MESSAGES = "message_id,category\nm-1,news\n"


def csv_log(root: Path, **tables: str) -> Path:
    for name, text in ({"messages": MESSAGES} | tables).items():
        (root / f"{name}.csv").write_text(text, encoding="utf-8")
    return root


def outcomes(root: Path, text: str) -> pd.DataFrame:
    return open_log(csv_log(root, outcomes=text), NONE).frame("outcomes")


def test_flags_are_read_in_every_usual_spelling_and_a_null_stays_unknown(tmp_path: Path) -> None:
    words = ["true", "T", "yes", "1", "Y", "1.0", "false", "f", "NO", "0", "n", "", "null", "maybe"]
    rows = "".join(f"u{place},m-1,2026-11-23T10:00:00Z,{word}\n" for place, word in enumerate(words))
    frame = outcomes(tmp_path, "user_id,message_id,sent_at,clicked\n" + rows)
    assert frame["clicked"].tolist() == [1] * 6 + [0] * 5 + [-1] * 3
    assert frame["clicked"].dtype == np.int8


def test_times_with_any_offset_become_microseconds_of_utc(tmp_path: Path) -> None:
    times = [
        "2026-11-23T10:00:00Z",
        "2026-11-23 18:00:00+08:00",
        "2026-11-23T05:00:00.000000-0500",
        "2026-11-23T10:00:00.000000999Z",
    ]
    rows = "".join(f"u{place},m-1,{time},0\n" for place, time in enumerate(times))
    frame = outcomes(tmp_path, "user_id,message_id,sent_at,clicked\n" + rows)
    assert frame["sent_at"].tolist() == [T] * 4
    assert frame["sent_at"].dtype == np.int64


@pytest.mark.parametrize(
    "time", ["2026-11-23T10:00:00", "2026-11-23", "1700000000", "1700000000000000", "soon", "", "1969-12-31T23:59:59Z"]
)
def test_a_time_without_offset_an_epoch_number_and_nonsense_are_refused_with_their_place(
    tmp_path: Path, time: str
) -> None:
    with pytest.raises(LogError) as caught:
        outcomes(tmp_path, f"user_id,message_id,sent_at,clicked\nu1,m-1,2026-11-23T10:00:00Z,0\nu2,m-1,{time},0\n")
    fault = caught.value.fault
    assert (fault.file, fault.row, fault.column) == ("outcomes.csv", 2, "sent_at")
    assert (time or "nothing") in fault.got
    assert "offset" in fault.expected


def test_a_parquet_number_is_not_a_time(tmp_path: Path) -> None:
    table = {"user_id": ["u"], "message_id": ["m"], "sent_at": [T], "clicked": [True]}
    pq.write_table(pa.table(table), tmp_path / "outcomes.parquet")
    with pytest.raises(LogError, match="row 1, sent_at"):
        open_log(tmp_path, NONE).frame("outcomes")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai"])
def test_parquet_timestamps_of_every_unit_are_utc(tmp_path: Path, unit: str, zone: str | None) -> None:
    stamps = pa.array([T], pa.int64()).cast(pa.timestamp("us")).cast(pa.timestamp(unit)).cast(pa.timestamp(unit, zone))
    expected = T if zone != "Asia/Shanghai" else int(stamps.cast(pa.timestamp("us", zone)).cast(pa.int64())[0].as_py())
    table = {"user_id": ["u"], "message_id": ["m"], "sent_at": stamps, "clicked": [True]}
    pq.write_table(pa.table(table), tmp_path / "outcomes.parquet", coerce_timestamps=None)
    assert open_log(tmp_path, NONE).frame("outcomes")["sent_at"].tolist() == [expected]


def test_a_time_alone_makes_the_flag_and_a_flag_that_says_no_undoes_the_time(tmp_path: Path) -> None:
    frame = outcomes(
        tmp_path,
        "user_id,message_id,sent_at,clicked_at,opted_out,opted_out_at\n"
        "u1,m-1,2026-11-23T10:00:00Z,2026-11-23T11:00:00Z,,2026-11-23T11:00:00Z\n"
        "u2,m-1,2026-11-23T10:00:00Z,,no,2026-11-23T11:00:00Z\n"
        "u3,m-1,2026-11-23T10:00:00Z,,,\n",
    )
    assert frame["clicked"].tolist() == [1, 0, 0]
    assert frame["clicked_at"].tolist() == [T + HOUR, -1, -1]
    assert frame["opted_out"].tolist() == [1, 0, -1]
    assert frame["opted_out_at"].tolist() == [T + HOUR, -1, -1]


def test_what_a_log_lacks_is_unknown_and_what_the_format_does_not_know_is_kept(tmp_path: Path) -> None:
    log = open_log(
        csv_log(tmp_path, outcomes="user_id,message_id,sent_at,clicked,score\nu1,m-1,2026-11-23T10:00:00Z,1,0.5\n"),
        NONE,
    )
    row = log.frame("outcomes").iloc[0].to_dict()
    assert (row["opted_out"], row["opted_out_at"], row["dismissed"]) == (-1, -1, -1)
    assert np.isnan(row["propensity"])
    assert row["score"] == 0.5
    assert log.has_label("click")
    assert not log.has_label("opt_out")


def test_rows_without_an_id_and_broken_rows_are_left_out(tmp_path: Path) -> None:
    frame = outcomes(
        tmp_path,
        "user_id,message_id,sent_at,clicked\n"
        ",m-1,2026-11-23T10:00:00Z,1\n"
        "u2,m-1,2026-11-23T10:00:00Z\n"
        "u3,m-1,2026-11-23T10:00:00Z,1,1\n"
        "u4,m-1,2026-11-23T10:00:00Z,1\n",
    )
    assert frame["user_id"].tolist() == ["u4"]


def test_rows_are_numbered_as_in_the_file_past_broken_ones(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="row 3, sent_at"):
        outcomes(tmp_path, "user_id,message_id,sent_at,clicked\nu1,m-1,2026-11-23T10:00:00Z,1\nu2\nu3,m-1,soon,1\n")


def test_lists_are_read_from_json_from_bars_and_from_parquet(tmp_path: Path) -> None:
    csv_log(tmp_path, messages='message_id,category,tags\nm-1,news,"[""a"", ""b""]"\nm-2,news,a| b \nm-3,news,\n')
    assert [message.tags for message in open_log(tmp_path, NONE).messages()] == [("a", "b"), ("a", "b"), ()]
    (tmp_path / "messages.csv").unlink()
    frame = pd.DataFrame({"message_id": ["m-1", "m-2"], "category": "news", "tags": [["a", None, "b"], None]})
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "messages.parquet")
    assert [message.tags for message in open_log(tmp_path, NONE).messages()] == [("a", "b"), ()]


def test_a_message_has_its_values_and_unknown_columns_as_attributes(tmp_path: Path) -> None:
    csv_log(
        tmp_path,
        messages="message_id,category,purpose,kind,worth,published_at,in_stock,brand,size,sale\n"
        "m-1,shop.shoes,marketing,offer,2.5,2026-11-23T10:00:00Z,t,007,42,true\n"
        "m-2,,spam,poem,nan,,,,,\n",
    )
    first, second = open_log(tmp_path, NONE).messages()
    assert (first.purpose, first.kind, first.worth, first.published_at) == (Purpose.MARKETING, Kind.OFFER, 2.5, T)
    assert first.in_stock is True
    assert dict(first.attributes) == {"brand": "007", "size": 42.0, "sale": True}
    assert (second.category, second.purpose, second.kind, second.worth) == ("other", None, Kind.INFORM, 1.0)
    assert second.in_stock is None
    assert dict(second.attributes) == {}


def test_a_birth_date_is_reduced_as_of_the_newest_send(tmp_path: Path) -> None:
    csv_log(
        tmp_path,
        outcomes="user_id,message_id,sent_at,clicked\nu1,m-1,2026-11-23T10:00:00Z,1\n",
        users="user_id,birth_date,timezone,plan\n"
        "u1,2008-11-23,Asia/Shanghai,gold\nu2,2008-11-24,Mars/Base,\nu3,,,\nu4,1950-02-29,,\nu5,1952-02-29,,\n",
    )
    log = open_log(tmp_path, NONE)
    users = log.users()
    assert (users["u1"].birthday, users["u1"].age_band, users["u1"].minor) == ("11-23", "18-24", False)
    assert (users["u2"].birthday, users["u2"].age_band, users["u2"].minor) == ("11-24", "13-17", True)
    assert (users["u3"].birthday, users["u3"].age_band, users["u3"].minor) == (None, None, None)
    assert users["u4"].birthday is None
    assert (users["u5"].birthday, users["u5"].age_band) == ("02-29", "65+")
    assert (users["u1"].timezone, users["u2"].timezone) == ("Asia/Shanghai", None)
    assert dict(users["u1"].attributes) == {"plan": "gold"}
    assert "birth_date" not in log.frame("users")


def test_without_sends_a_birth_date_tells_only_the_birthday(tmp_path: Path) -> None:
    csv_log(tmp_path, users="user_id,birth_date,birthday,minor\nu1,1990-05-06,01-01,\nu2,,02-30x,true\n")
    users = open_log(tmp_path, NONE).users()
    assert (users["u1"].birthday, users["u1"].age_band, users["u1"].minor) == ("05-06", None, None)
    assert (users["u2"].birthday, users["u2"].minor) == (None, True)


def test_preferences_and_consents_join_and_what_cannot_be_read_is_a_no(tmp_path: Path) -> None:
    quiet = json.dumps([{"from": "22:00", "to": "08:00", "days": ["mon"]}]).replace('"', '""')
    csv_log(
        tmp_path,
        users="user_id,personalisation\nu1,false\nu5,false\nu6,true\n",
        preferences="user_id,push,muted_until,categories,max_per_day,quiet_hours,in_quiet_hours,personalisation\n"
        f'u1,true,2026-11-24T10:00:00Z,"{{""promo"": false}}",3,"{quiet}",drop,true\n'
        "u2,maybe,,,,,,\nu3,,,{promo,,,,\nu4,,,,many,,,\n",
        consents="user_id,purpose,granted,policy_version,at\n"
        "u1,marketing,true,v1,2026-11-23T10:00:00Z\nu1,spam,true,,\nu7,research,perhaps,,\n",
    )
    found = open_log(tmp_path, NONE).preferences()
    first = found["u1"]
    assert (first.push, first.muted_until, first.categories) == (True, T + DAY, {"promo": False})
    assert (first.max_per_day, first.in_quiet_hours) == (3, QuietAction.DROP)
    assert first.quiet_hours == (QuietWindow(1320, 480, (0,)),)
    assert first.personalisation
    assert first.consents == {Purpose.MARKETING: Consent(granted=True, policy_version="v1", at=T)}
    assert [found[user].push for user in ("u2", "u3", "u4")] == [False, False, False]
    assert not found["u5"].personalisation
    assert "u6" not in found
    assert found["u7"].consents == {Purpose.RESEARCH: Consent(granted=False)}


def test_preferences_are_read_from_native_maps_and_lists(tmp_path: Path) -> None:
    table = pa.table(
        {
            "user_id": ["u1"],
            "categories": pa.array([[("promo", False)]], pa.map_(pa.string(), pa.bool_())),
            "quiet_hours": [[{"from": "22:00", "to": "08:00"}]],
            "max_per_week": [5],
        }
    )
    pq.write_table(table, tmp_path / "preferences.parquet")
    found = open_log(tmp_path, NONE).preferences()["u1"]
    assert found.categories == {"promo": False}
    assert found.quiet_hours == (QuietWindow(1320, 480),)
    assert found.max_per_week == 5


def test_shards_are_read_in_order_of_their_names_and_may_differ_in_kind(tmp_path: Path) -> None:
    head = "user_id,message_id,sent_at,clicked\n"
    folder = tmp_path / "outcomes"
    folder.mkdir()
    (folder / "b.csv.gz").write_bytes(gzip.compress((head + "u2,m-1,2026-11-23T10:00:00Z,0\n").encode()))
    (folder / "a.csv").write_text(head + "u1,m-1,2026-11-23T10:00:00Z,1\n", encoding="utf-8")
    frame = pd.DataFrame({"user_id": ["u3"], "message_id": ["m-1"], "sent_at": [T], "clicked": [1]})
    write_table(tmp_path, "outcomes", frame).rename(folder / "c.parquet")
    (folder / "_SUCCESS").write_text("")
    assert open_log(tmp_path, NONE).frame("outcomes")["user_id"].tolist() == ["u1", "u2", "u3"]


def test_a_table_that_is_there_twice_or_not_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"no such folder"):
        open_log(tmp_path / "nowhere", NONE)
    with pytest.raises(LogError, match=r"outcomes\.parquet, outcomes\.csv"):
        open_log(tmp_path, NONE).frame("outcomes")
    csv_log(tmp_path)
    (tmp_path / "messages.csv.gz").write_bytes(gzip.compress(MESSAGES.encode()))
    with pytest.raises(LogError, match=r"messages\.csv, messages\.csv\.gz"):
        open_log(tmp_path, NONE)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("outcomes.csv", b""),
        ("outcomes.csv", b"user_id,message_id,sent_at\nu,m,2026-11-23T10:00:00Z\n"),
        ("outcomes.csv", b"user_id,user_id,message_id,sent_at,clicked\n"),
        ("outcomes.csv", b"user_id,message_id,sent_at,clicked\n\xff,m,2026-11-23T10:00:00Z,0\n"),
        ("outcomes.csv.gz", b"not gzip"),
        ("outcomes.csv.gz", gzip.compress(b"user_id,message_id,sent_at,clicked\n" + b"u,m,x,0\n" * 9999)[:60]),
        ("outcomes.parquet", b"PAR1 but nothing else PAR1"),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LogError, match=name.replace(".", r"\.")):
        open_log(tmp_path, NONE).frame("outcomes")


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    text = "user_id,message_id,sent_at,clicked_at,opened,x\nu1,m-1,2026-11-23T10:00:00Z,2026-11-23T11:00:00Z,1,7\n"
    log = open_log(csv_log(tmp_path, outcomes=text), NONE)
    (batch,) = log.batches("outcomes", columns=["clicked", "user_id", "opted_out"])
    assert list(batch.columns) == ["clicked", "user_id", "opted_out"]
    assert batch.iloc[0].tolist() == [1, "u1", -1]


def test_batches_are_bounded_and_empty_tables_have_their_columns(tmp_path: Path) -> None:
    rows = "".join(f"u{row},m-1,2026-11-23T10:00:00Z,1\n" for row in range(10))
    log = open_log(csv_log(tmp_path, outcomes="user_id,message_id,sent_at,clicked\n" + rows), NONE)
    assert [len(batch) for batch in log.batches("outcomes", rows=4)] == [4, 4, 2]
    assert [batch.index[0] for batch in log.batches("outcomes", rows=4)] == [0, 0, 0]
    (tmp_path / "outcomes.csv").write_text("user_id,message_id,sent_at,clicked\n")
    empty = log.frame("outcomes")
    assert len(empty) == 0
    assert {"user_id", "clicked", "opted_out_at", "propensity"} <= set(empty.columns)
    assert not log.has_label("click")
    assert log.newest() is None


def test_a_column_map_renames_joins_translates_and_fills(tmp_path: Path) -> None:
    columns = ColumnMap(
        {
            "messages": TableMap(
                source="campaigns",
                columns={"message_id": ("type", "id"), "kind": "type", "category": "topic"},
                values={"kind": {"bulk": "offer"}},
                constants={"category": "none", "purpose": "marketing"},
                offset="+08:00",
            )
        }
    )
    (tmp_path / "campaigns.csv").write_text(
        "id,type,topic,published_at\n7,bulk,,2026-11-23 18:00:00\n8,inform,sport,2026-11-23T10:00:00Z\n"
    )
    first, second = open_log(tmp_path, columns).messages()
    assert (first.message_id, first.kind, first.category, first.purpose) == (
        "bulk:7",
        Kind.OFFER,
        "none",
        Purpose.MARKETING,
    )
    assert (second.message_id, second.kind, second.category) == ("inform:8", Kind.INFORM, "sport")
    assert (first.published_at, second.published_at) == (T, T)


def test_a_map_is_left_aside_where_its_files_are_absent(tmp_path: Path) -> None:
    csv_log(tmp_path)
    assert open_log(tmp_path, load_columns("columns-rees46")).messages()[0].message_id == "m-1"


def test_the_fingerprint_follows_content_and_names(tmp_path: Path) -> None:
    log = open_log(csv_log(tmp_path), NONE)
    before = log.fingerprint()
    assert before == log.fingerprint()
    (tmp_path / "messages.csv").write_text(MESSAGES.replace("news", "sport"))
    assert log.fingerprint() != before


def test_a_written_table_is_whole_deterministic_and_in_utc(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "user_id": ["u1", "u2"],
            "at": [T, -1],
            "seen_at": pd.to_datetime([T, T], unit="us", utc=True),
            "told_at": ["2026-11-23T18:00:00+08:00", None],
            "kind": ["view", None],
            "tags": [["a"], None],
            "note": [None, None],
        }
    )
    first = write_table(tmp_path / "log", "activity", frame).read_bytes()
    assert write_table(tmp_path / "log", "activity", frame).read_bytes() == first
    assert [path.name for path in (tmp_path / "log").iterdir()] == ["activity.parquet"]
    schema = pq.read_schema(tmp_path / "log" / "activity.parquet")
    assert {str(schema.field(name).type) for name in ("at", "seen_at", "told_at")} == {"timestamp[us, tz=UTC]"}
    rows = pq.read_table(tmp_path / "log" / "activity.parquet").to_pylist()
    assert (rows[0]["told_at"], rows[1]["at"], rows[0]["tags"]) == (rows[0]["at"], None, ["a"])


@pytest.mark.parametrize("times", [["2026-11-23T10:00:00"], pd.to_datetime(["2026-11-23T10:00:00"])])
def test_a_time_without_zone_is_never_written_and_nothing_is_left_behind(tmp_path: Path, times: Any) -> None:
    with pytest.raises(ValueError, match="at: expected"):
        write_table(tmp_path, "activity", pd.DataFrame({"user_id": ["u"], "at": times, "kind": ["view"]}))
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_fails_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    good = pd.DataFrame({"user_id": ["u"], "at": [T], "kind": ["view"]})
    before = write_table(tmp_path, "activity", good).read_bytes()
    bad = pd.DataFrame({"user_id": ["u"], "at": ["soon"], "kind": ["view"]})
    with pytest.raises(ValueError, match="at: expected"):
        write_batches(tmp_path, "activity", [good, bad])
    assert (tmp_path / "activity.parquet").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["activity.parquet"]
    with pytest.raises(ValueError, match="at least one frame"):
        write_batches(tmp_path, "activity", [])
