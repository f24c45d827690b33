"""Exported logs: where they lie is remembered, and users leave their tables."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pushrank.rights import leftovers, snapshots
from pushrank.store.opening import open_store
from pushrank.store.protocol import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield opened
    opened.close()


def table(users: list[str]) -> pa.Table:
    columns = {
        "user_id": pa.array(users, pa.large_string()),
        "sent_at": pa.array(range(len(users)), pa.timestamp("us", tz="UTC")),
        "candidates": pa.array([["m-1", "m-2"]] * len(users), pa.list_(pa.string())),
        "tier": pa.array(["gold"] * len(users)).dictionary_encode(),
    }
    return pa.table(columns, metadata={"made": "here"})


def test_folders_of_exports_that_start_at_once_are_all_remembered(store: Store, tmp_path: Path) -> None:
    folders = [tmp_path / f"log-{number}" for number in range(12)]
    with ThreadPoolExecutor(6) as workers:
        list(workers.map(lambda folder: snapshots.note_export(store, folder), folders + folders))
    assert snapshots.exports(store) == sorted(map(str, folders))


def test_a_table_without_a_user_has_the_same_schema_and_the_others_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "_ROWS", 7)
    users = [f"p-{number % 5}" for number in range(100)]
    pq.write_table(table(users), tmp_path / "outcomes.parquet", row_group_size=30)
    whole = pq.read_table(tmp_path / "outcomes.parquet")
    pq.write_table(table(["p-1"]), tmp_path / "activity.parquet")
    pq.write_table(table(["p-1"]), tmp_path / "users.parquet")
    untouched = (tmp_path / "activity.parquet").stat().st_mtime_ns
    gone = snapshots.rewrite([str(tmp_path), str(tmp_path / "moved")], ["p-3", "p-0"])
    assert gone.files == (str(tmp_path / "outcomes.parquet"),)
    assert gone.missing == (str(tmp_path / "moved"),)
    assert (tmp_path / "activity.parquet").stat().st_mtime_ns == untouched
    left = pq.read_table(tmp_path / "outcomes.parquet")
    assert left.schema.equals(whole.schema, check_metadata=True)
    assert left.to_pylist() == [row for row in whole.to_pylist() if row["user_id"] not in ("p-3", "p-0")]
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.parquet" for name in ("outcomes", "activity", "users")
    }


def test_a_table_of_one_user_alone_stays_as_an_empty_one(tmp_path: Path) -> None:
    pq.write_table(table(["p-1"] * 3), tmp_path / "users.parquet")
    snapshots.rewrite([str(tmp_path)], ["p-1"])
    assert pq.read_table(tmp_path / "users.parquet").num_rows == 0
