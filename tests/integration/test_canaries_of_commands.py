"""Commands over a log with raw user ids leave none of them in the deployment's files, nor in what they export."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pushrank.cli import app
from pushrank.domain.instants import DAY, HOUR, iso
from pushrank.logs import ColumnMap, open_log, write_table
from pushrank.logs.parts import Windows
from pushrank.transfer import loading
from pushrank.transfer.loading import Destination, load_log
from tests.small_canaries import PERSON, Canaries, files_of
from tests.small_house import House
from tests.small_policies import NOON
from tests.small_service import lay_champion


def written(folder: Path, people: list[str]) -> Path:
    """A log of some people, each with pushes, choices and a consent."""
    write_table(folder, "messages", pd.DataFrame({"message_id": ["m-1", "m-2"], "category": ["news", "shop"]}))
    write_table(folder, "users", pd.DataFrame({"user_id": people, "timezone": "Asia/Shanghai", "language": "zh"}))
    write_table(folder, "preferences", pd.DataFrame({"user_id": people, "max_per_day": 3}))
    outcomes = {"user_id": people * 2, "message_id": ["m-1", "m-2"] * len(people), "sent_at": NOON - DAY}
    opted_out_at = [NOON - HOUR, *[-1] * (2 * len(people) - 1)]
    write_table(folder, "outcomes", pd.DataFrame({**outcomes, "clicked_at": NOON, "opted_out_at": opted_out_at}))
    return folder


def opened(folder: Path) -> dict[str, bytes]:
    """The tables of a folder as text, since Parquet is packed."""
    return {path.name: pd.read_parquet(path).to_csv().encode() for path in folder.rglob("*.parquet")}


def done(home: Path, *arguments: object) -> str:
    ended = CliRunner().invoke(app, [str(one) for one in arguments], env={"PUSHRANK_HOME": str(home)})
    assert ended.exit_code == 0, ended.output
    return ended.output


def test_what_is_loaded_ranked_and_exported_keeps_no_raw_user_id(tmp_path: Path) -> None:
    canaries, home = Canaries(), tmp_path / "home"
    people = [canaries.person() for _ in range(9)]
    log = written(tmp_path / "log", people)
    lay_champion(home)
    (tmp_path / "users").write_text("\n".join(people), encoding="utf-8")
    done(home, "load", "--data", log)
    ranked = "rank", "--store", "--users", tmp_path / "users", "--model", home / "first", "--out"
    done(home, *ranked, tmp_path / "ranked.parquet")
    done(home, "export-log", "--out", home / "exported", "--since", "2020-01-01T00:00:00Z")
    at = iso(NOON)
    done(home, "rank", "--data", log, "--at", at, "--model", home / "first", "--out", tmp_path / "of-log.parquet")
    for name in ("ranked", "of-log"):
        found = pd.read_parquet(tmp_path / f"{name}.parquet")
        assert set(found["user_id"]) == set(people), "whoever asks by name is answered by name"
    assert len(open_log(home / "exported").frame("outcomes")) > 0
    assert canaries.found_in(files_of(home) | opened(home / "exported"), [PERSON]) == []
    there = {hit.partition(": ")[2][: len(people[0])] for hit in canaries.found_in(opened(log), [PERSON])}
    assert there == set(people)


def test_an_event_of_a_load_has_an_id_that_nobody_without_the_key_can_make(tmp_path: Path) -> None:
    log = written(tmp_path / "log", ["u-1"])
    ids = []
    for home in (tmp_path / "one", tmp_path / "other"):
        done(home, "load", "--data", log)
        with closing(sqlite3.connect(home / "pushrank.sqlite")) as database:
            ids.append({name for (name,) in database.execute("SELECT event_id FROM events")})
    assert len(ids[0]) == len(ids[1]) > 0
    assert ids[0] & ids[1] == set()


@pytest.fixture
def destination(tmp_path: Path) -> Destination:
    house = House(tmp_path)
    return Destination(house.store, house.catalogue, house.policy, house.pseudonyms.of)


def test_a_load_that_fails_half_way_leaves_no_part_of_the_log(
    tmp_path: Path, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "ROWS_PER_PART", 2)
    log, work = open_log(written(tmp_path / "log", [f"u-{n}" for n in range(9)]), ColumnMap({})), tmp_path / "work"
    seen: list[int] = []

    def stop(_: int) -> None:
        seen.append(len(files_of(work)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_log(log, destination, Windows(24 * HOUR, 72 * HOUR), work, NOON, progress=stop)
    assert seen[0] > 1
    assert files_of(work) == {}
