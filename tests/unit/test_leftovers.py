from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pushrank.rights import leftovers


def written(path: Path, **columns: list[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(pd.DataFrame(columns)), path)
    return path


def test_what_only_an_erased_user_filled_goes_as_a_column_and_by_name(tmp_path: Path) -> None:
    path = written(tmp_path / leftovers.USERS, user_id=["ada", "bob"], tier=[None, "gold"], secret=["x", None])
    assert leftovers.take_out([path], ["ada", "former-ada"]) == (str(path),)
    assert pq.read_table(path).to_pylist() == [{"user_id": "bob", "tier": "gold"}]
    assert b"secret" not in path.read_bytes()


def test_files_without_the_user_stay_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path / leftovers.USERS, user_id=["ada", "bob"], empty=[None, None])
    before = path.stat()
    assert leftovers.take_out([path], ["cleo"]) == ()
    assert path.stat() == before
    assert leftovers.take_out([path], ["ada"]) == (str(path),)
    assert pq.read_table(path).column_names == ["user_id", "empty"], "nobody said anything there, so it tells of nobody"


def test_a_table_of_one_user_alone_keeps_its_ids(tmp_path: Path) -> None:
    path = written(tmp_path / leftovers.USERS, user_id=["ada"], secret=["x"])
    assert leftovers.take_out([path], ["ada"]) == (str(path),)
    assert (pq.read_table(path).num_rows, pq.read_table(path).column_names) == (0, ["user_id"])


def test_predictions_are_found_anywhere_in_a_home_and_users_in_exported_logs(tmp_path: Path) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    deep = written(home / "a" / "b" / "predictions.parquet", user_id=["ada"])
    beside = written(home / "a" / "predictions-baselines.parquet", user_id=["ada"])
    users = written(log / leftovers.USERS, user_id=["ada"])
    written(home / "other.parquet", user_id=["ada"])
    assert sorted(leftovers.files(home, [str(log), str(tmp_path / "gone")])) == sorted([deep, beside, users])
