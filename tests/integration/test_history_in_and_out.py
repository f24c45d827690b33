"""A log goes into the store and comes out of it again; whole users are ranked from a log and from the store."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from pushrank.cli import app
from pushrank.cli.opening import opened
from pushrank.config.home import Home
from pushrank.domain.instants import HOUR, instant, iso
from pushrank.domain.message import Message
from pushrank.learning import dataset
from pushrank.learning.dataset import Rows
from pushrank.learning.source import open_source
from pushrank.logs import open_log, validate
from pushrank.rights.pseudonyms import Pseudonyms, read_secret
from pushrank.scoring.install import install
from pushrank.store.sqlite.schema import TABLES
from pushrank.transfer.batch import SCHEMA
from tests import small_town
from tests.small_service import NOW, service_in_process
from tests.small_service import settings as environment_of

SECRET = "a secret that two deployments share, forty bytes"
SHARED = {"PUSHRANK_SECRET_KEY": SECRET, "PUSHRANK_SUPPRESSION_KEY": SECRET}
LATER = small_town.PLAN.end + HOUR
BEGINNING = "2020-01-01T00:00:00Z"


def command(home: Path, *arguments: object, **more: str) -> Result:
    environment = {**environment_of(home), **SHARED, **more}
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)


def done(home: Path, *arguments: object, **more: str) -> str:
    answer = command(home, *arguments, **more)
    assert answer.exit_code == 0, answer.output
    return answer.output


def contents(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the store, without what says when and in which order it was written."""
    columns = {
        "users": "user_key, facts, preferences, reachable, state, last_event_at, presence",
        "events": "event_id, user_key, at, type, message_id, decision_id, utc_offset, digest, body",
        "pushes": "*",
        "messages": "message_id, body, deleted_at IS NULL",
        "message_counts": "message_id, bucket, sends, clicks, opt_outs, dismissals",
    }
    assert set(columns) < set(TABLES)
    with closing(sqlite3.connect(home / "pushrank.sqlite")) as store:
        return {
            name: store.execute(f"SELECT {what} FROM {name} ORDER BY 1").fetchall() for name, what in columns.items()
        }


@pytest.fixture(scope="module")
def loaded(town_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose store holds the whole log; nobody writes to it."""
    home = tmp_path_factory.mktemp("loaded")
    done(home, "load", "--data", town_log)
    return home


@pytest.fixture
def home(loaded: Path, tmp_path: Path) -> Path:
    """A home of one's own that holds the whole log."""
    return Path(shutil.copytree(loaded, tmp_path / "home"))


@pytest.fixture(scope="module")
def exported(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "log"
    done(loaded, "export-log", "--out", out, "--since", BEGINNING)
    return out


def test_a_second_load_changes_nothing(town_log: Path, home: Path) -> None:
    before = contents(home)
    output = done(home, "load", "--data", town_log)
    assert ", 0 new users, 0 new events, " in output
    assert contents(home) == before


_SMALL_BITES = "import pushrank.transfer.loading as l; l._EVENTS_AT_ONCE = 40; from pushrank.cli import app; app()"


@pytest.mark.slow
def test_a_load_that_was_killed_goes_on_to_the_same_end(town_log: Path, loaded: Path, tmp_path: Path) -> None:
    whole, environment = contents(loaded), environment_of(tmp_path, **SHARED)
    process = subprocess.Popen(
        [sys.executable, "-c", _SMALL_BITES, "load", "--data", str(town_log)],
        env={**os.environ, "PYTHONPATH": "src", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 90
    while events_in(tmp_path) < 400 and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 400 <= events_in(tmp_path) < len(whole["events"])

    done(tmp_path, "load", "--data", town_log)

    assert contents(tmp_path) == whole


def events_in(home: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{home / 'pushrank.sqlite'}?mode=ro", uri=True)) as store:
            return int(store.execute("SELECT count(*) FROM events").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_what_was_chosen_and_taken_out_since_outlives_another_load(town_log: Path, home: Path) -> None:
    with service_in_process(home, NOW, **SHARED) as service:
        message = {"message_id": small_town.GONE, "category": "news", "title": "Listed after all"}
        assert service.call.post("/v1/messages", {"messages": [message]}).status_code == 200
        assert service.call("DELETE", "/v1/messages/m-0300").status_code == 204
        assert service.call("PATCH", "/v1/users/u-00003/preferences", {"max_per_day": 1}).status_code == 200

    done(home, "load", "--data", town_log)

    with service_in_process(home, NOW, **SHARED) as service:
        assert service.call("GET", f"/v1/messages/{small_town.GONE}").json()["title"] == "Listed after all"
        assert service.call("GET", "/v1/messages/m-0300").status_code == 404
        assert service.call("GET", "/v1/users/u-00003/preferences").json()["max_per_day"] == 1


def test_an_exported_log_gives_the_same_rows_to_train_on(
    town_log: Path, exported: Path, loaded: Path, tmp_path: Path
) -> None:
    config = small_town.config()
    key_of = Pseudonyms(read_secret({"PUSHRANK_SECRET_KEY": SECRET}, Home(loaded))).of
    source, source_again = (open_source(open_log(log), config) for log in (town_log, exported))
    view, view_again = (dataset.fit_view(one, config) for one in (source, source_again))
    original, again = (dataset.build(one, view, tmp_path / "work") for one in (source, source_again))

    assert (view_again.names, view_again.attributes) == (view.names, view.attributes)
    assert view_again.basis.matrix.tobytes() == view.basis.matrix.tobytes()
    assert len(original) == len(again) > 1000
    names = np.array([key_of(name) for name in original.user_ids], dtype=object)
    one, other = in_order(original, names[original.user]), in_order(again, again.user_ids[again.user])
    for column in ("sent_at", "click", "opt_out", "local_hour", "matrix"):
        ours, theirs = getattr(original, column)[one], getattr(again, column)[other]
        assert ours.tobytes() == theirs.tobytes(), column
    assert original.message_ids[original.message[one]].tolist() == again.message_ids[again.message[other]].tolist()


def in_order(rows: Rows, users: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    return np.lexsort((rows.message_ids[rows.message].astype(str), users.astype(str), rows.sent_at))


def test_an_exported_log_is_sound_and_names_nobody(exported: Path) -> None:
    assert {(fault.column, fault.severity.value) for fault in validate(open_log(exported))} <= {
        ("message_id", "warning"),
        ("brand", "warning"),
    }
    for table in exported.glob("*.parquet"):
        ids = pq.read_table(table).to_pydict().get("user_id", [])
        assert all(name.startswith("p_") for name in ids), table.name


def test_an_exported_log_goes_into_another_store_of_the_same_key(exported: Path, loaded: Path, tmp_path: Path) -> None:
    done(tmp_path, "load", "--data", exported)

    one, other = contents(loaded), contents(tmp_path)
    assert [read(row) for row in other["users"]] == [read(row) for row in one["users"]]
    assert other["messages"] == one["messages"]
    assert other["message_counts"] == one["message_counts"]
    assert len(other["events"]) == len(one["events"])


def read(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Read facts and preferences of a row, so that the order of their fields is none."""
    return (row[0], json.loads(row[1]), json.loads(row[2]), *row[3:])


def test_an_exported_log_of_another_key_is_refused(exported: Path, tmp_path: Path) -> None:
    answer = command(tmp_path, "load", "--data", exported, PUSHRANK_SECRET_KEY=SECRET[::-1])
    assert answer.exit_code == 1
    assert "expected pseudonyms under this deployment's key" in answer.output
    assert events_in(tmp_path) == 0


def test_a_store_does_not_take_its_own_export_back(exported: Path, home: Path) -> None:
    before = contents(home)
    answer = command(home, "load", "--data", exported)
    assert answer.exit_code == 1
    assert "an export of this one" in answer.output
    assert contents(home) == before


def test_decisions_of_the_service_come_out_with_their_propensities(
    home: Path, town_model: Path, tmp_path: Path
) -> None:
    with service_in_process(home, NOW, **SHARED, PUSHRANK_MODEL=str(town_model)) as service:
        answers = [service.call.rank(user_id=f"u-{number:05d}", at=iso(LATER), slots=2) for number in range(1, 9)]
        service.call.rank(user_id="u-00001", at=iso(LATER), mode="look")
        sent = [one for one in answers if one["slate"]]
        events = [event for one in sent for event in send_and_click(one)]
        assert service.call.post("/v1/events", {"events": events}).json()["accepted"] == len(events)

    done(home, "export-log", "--out", tmp_path / "log", "--since", iso(small_town.PLAN.end))

    decisions = {row["decision_id"]: row for row in pq.read_table(tmp_path / "log" / "decisions.parquet").to_pylist()}
    outcomes = {row["decision_id"]: row for row in pq.read_table(tmp_path / "log" / "outcomes.parquet").to_pylist()}
    assert set(decisions) == {one["decision_id"] for one in answers}
    assert set(outcomes) >= {one["decision_id"] for one in sent}
    for one in answers:
        row = decisions[one["decision_id"]]
        assert (row["chosen"], row["propensity"]) == ([c["message_id"] for c in one["slate"]], one["propensity"])
        considered = {entry["message_id"] for entry in (*one["slate"], *one["passed_over"])}
        assert set(row["candidates"]) == considered
    for one in sent:
        row = outcomes[one["decision_id"]]
        assert (row["message_id"], row["propensity"]) == (one["slate"][0]["message_id"], one["propensity"])
        assert row["clicked_at"] == row["sent_at"] + pd.Timedelta(minutes=5)


def send_and_click(answer: dict[str, Any]) -> list[dict[str, Any]]:
    about = {
        "user_id": answer["user_id"],
        "message_id": answer["slate"][0]["message_id"],
        "decision_id": answer["decision_id"],
    }
    moments = (("sent", LATER), ("clicked", LATER + HOUR // 12))
    return [{**about, "type": t, "at": iso(at), "event_id": f"{t}-{answer['decision_id']}"} for t, at in moments]


def ranked(home: Path, *arguments: object, out: Path) -> list[dict[str, Any]]:
    done(home, "rank", *arguments, "--out", out)
    rows: list[dict[str, Any]] = pq.read_table(out).to_pylist()
    return rows


def test_a_batch_has_a_row_for_each_user_and_live_message(town_log: Path, town_model: Path, tmp_path: Path) -> None:
    users = tmp_path / "users.txt"
    users.write_text("u-00001\nu-never-seen\nu-00007\n", encoding="utf-8")
    out = tmp_path / "new" / "rankings.parquet"
    at = "2026-11-10T12:00:00+08:00"

    rows = ranked(
        tmp_path, "--data", town_log, "--at", at, "--model", town_model, "--users", users, "--slots", 2, out=out
    )

    assert pq.read_schema(out).equals(SCHEMA)
    assert SCHEMA.field("send_at").type == pa.timestamp("us", tz="UTC")
    stamp = pd.Timestamp(at)
    listed = pd.read_parquet(town_log / "messages.parquet")
    there = (listed["published_at"] <= stamp) & ~(listed["expires_at"] <= stamp)
    live = set(listed["message_id"][there])
    assert list(dict.fromkeys(row["user_id"] for row in rows)) == ["u-00001", "u-never-seen", "u-00007"]
    for name in ("u-00001", "u-never-seen", "u-00007"):
        assert_in_rank_order([row for row in rows if row["user_id"] == name], live, slots=2)
    assert not [row for row in rows if row["user_id"] == "u-never-seen" and row["code"]]
    assert {row["code"] for row in rows if row["code"]} >= {"already_sent"}


def assert_in_rank_order(rows: list[dict[str, Any]], live: set[str], slots: int) -> None:
    assert len(rows) == len(live)
    assert {row["message_id"] for row in rows} == live
    slate, others = rows[:slots], rows[slots:]
    assert [row["rank"] for row in slate] == list(range(1, slots + 1))
    assert all(row["send_at"] is not None for row in slate)
    assert all(row["rank"] is None and row["send_at"] is None for row in others)
    for row in rows:
        scored = [row[name] is not None for name in ("p_click", "p_opt_out", "net_value")]
        assert scored == [row["code"] is None] * 3
    values = [row["net_value"] for row in rows if row["code"] is None]
    assert values == sorted(values, reverse=True)


def test_a_batch_without_users_takes_all_of_the_log(town_log: Path, town_model: Path, tmp_path: Path) -> None:
    install(town_model, Home(tmp_path).champion)
    at = iso(small_town.PLAN.start + 3 * HOUR)
    rows = ranked(tmp_path, "--data", town_log, "--at", at, out=tmp_path / "all.parquet")
    listed = set(pd.read_parquet(town_log / "users.parquet")["user_id"])
    assert {row["user_id"] for row in rows} == listed | {small_town.STRANGER}


def test_what_a_batch_holds_can_be_confirmed_over_http(home: Path, town_model: Path, tmp_path: Path) -> None:
    users, out = tmp_path / "users.txt", tmp_path / "held.parquet"
    users.write_text("u-new-1\nu-new-2\n", encoding="utf-8")
    with opened(environment_of(home, **SHARED)) as deployment:
        deployment.store.put_messages([Message("m-evergreen", "news", title="Always true")], LATER)

    rows = ranked(home, "--store", "--model", town_model, "--users", users, out=out)

    slate = [row for row in rows if row["rank"] == 1]
    assert [row["user_id"] for row in slate] == ["u-new-1", "u-new-2"]
    for row in slate:
        confirm(home, row)


def confirm(home: Path, row: dict[str, Any]) -> None:
    at = {"at": row["send_at"].isoformat()}
    with service_in_process(home, clock=instant(at["at"]), **SHARED) as service:
        assert service.call("GET", f"/v1/decisions/{row['decision_id']}").json()["slate"][0]["hold_expires_at"]
        answer = service.call.post(f"/v1/decisions/{row['decision_id']}/confirm", at)
        assert answer.json() == {"send": [row["message_id"]], "stop": []}
        again = service.call.rank(user_id=row["user_id"], candidates=[row["message_id"]], mode="look", **at)
        assert [one["code"] for one in again["excluded"]] == ["already_sent"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--data", "."),
        ("--at", BEGINNING),
        ("--store",),
        ("--store", "--data", "."),
        ("--store", "--at", BEGINNING, "--users", "pyproject.toml"),
        ("--data", ".", "--at", "2026-11-10T12:00:00"),
        ("--data", ".", "--at", "yesterday"),
        ("--data", "nowhere", "--at", BEGINNING),
        ("--data", ".", "--at", BEGINNING, "--slots", "0"),
        ("--data", ".", "--at", BEGINNING, "--slots", "21"),
        ("--data", ".", "--at", BEGINNING, "--users", "nowhere.txt"),
    ],
)
def test_a_wrong_command_line_ends_with_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    answer = command(tmp_path, "rank", "--out", tmp_path / "out.parquet", *arguments)
    assert answer.exit_code == 2, answer.output
    assert not (tmp_path / "out.parquet").exists()


def test_a_time_of_an_export_needs_an_offset(tmp_path: Path) -> None:
    answer = command(tmp_path, "export-log", "--out", tmp_path / "log", "--since", "2026-11-10T12:00:00")
    assert answer.exit_code == 2
    assert "offset" in answer.output
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("", "champion, which is not there; train and promote one first"),
        ("nowhere", "expected the folder of a model, got nowhere, which is not there"),
        ("models:/push_ranker@champion", "models:/push_ranker@champion is not registered"),
    ],
)
def test_a_model_that_is_not_there_is_said_in_a_sentence(
    town_log: Path, tmp_path: Path, model: str, sentence: str
) -> None:
    out = tmp_path / "out.parquet"
    answer = command(tmp_path, "rank", "--data", town_log, "--at", BEGINNING, "--model", model, "--out", out)
    assert answer.exit_code == 1, answer.output
    assert sentence in answer.output
    assert "Traceback" not in answer.output
    assert not out.exists()
