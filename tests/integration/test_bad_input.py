"""Bad input, through the commands as people run them: a clear answer, the right exit code, nothing half-written.

Which test covers which line of what may come in (over HTTP: `test_http_refusals` and `test_bentoml_service`):

- broken rows, unknown columns: `test_what_can_be_lived_with...` here
- duplicate ids: `test_what_makes_a_log_useless...` here; over HTTP
  `test_wire.test_a_batch_names_repeated_ids...` and `test_an_event_id_with_two_bodies...` here
- times without offset: `test_what_makes_a_log_useless...` here; over HTTP `test_a_time_without_offset...`
- a click before its send: `test_what_makes_a_log_useless...` here; over HTTP events may come in any order
- an empty table: `test_what_makes_a_log_useless...` and `test_what_can_be_lived_with...` here
- a log with one class only: `test_a_log_with_one_class_only...` here
- 501 candidates: `test_501_candidates_are_refused_with_the_limit`
- an unknown user or message: `test_an_unknown_user_gets_an_answer`, `test_an_unknown_message_is...`; in a log
  `test_what_can_be_lived_with...` here; in a batch `test_a_batch_has_a_row...`
- NaN: `test_nan_is_broken_json`, `test_nan_in_an_event...` here; in a log `test_what_can_be_lived_with...` here
- a 50 MB body: `test_a_50_mb_body_is_refused_and_the_client_hears_why`
- a wrong key: `test_a_guarded_route_opens_only_to_a_key_with_its_scope`
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from pushrank.logs import write_table
from tests.small_service import ROOT, SmallService

HEAD = "user_id,message_id,sent_at,clicked_at,opted_out,propensity\n"
ROWS = (
    "u1,m-1,2026-11-10T10:00:00Z,2026-11-10T10:05:00Z,0,0.5\n"
    "u2,m-1,2026-11-10T10:00:00Z,,1,1\n"
    "u3,m-2,2026-11-10T11:00:00Z,,0,1\n"
)
MESSAGES = "message_id,category,worth\nm-1,news,1\nm-2,promo,2\n"
GOOD = {"outcomes.csv": HEAD + ROWS, "messages.csv": MESSAGES, "users.csv": "user_id,timezone\nu1,Asia/Shanghai\n"}
KEYS = ("message_id", "category")
VALIDATE, LOAD, TRAIN = ("training.validate",), ("pushrank.cli", "load"), ("training.train",)


class Desk:
    """A log of these files, and a home for what is made of it."""

    def __init__(self, folder: Path, **files: str) -> None:
        self.log, self.home = folder / "log", folder / "home"
        self.log.mkdir()
        for name, text in (GOOD | {f"{name}.csv": text for name, text in files.items()}).items():
            (self.log / name).write_text(text, encoding="utf-8")

    def run(self, *commands: tuple[str, ...]) -> list[tuple[int, str]]:
        """Exit code and output of each command on the log; they run side by side."""
        environment = {**os.environ, "PYTHONPATH": "src", "PUSHRANK_HOME": str(self.home), "COLUMNS": "300"}
        started = [
            subprocess.Popen(
                [sys.executable, "-m", *command, "--data", str(self.log)],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for command in commands
        ]
        ended = [(process.communicate(timeout=240)[0], process.returncode) for process in started]
        for output, _ in ended:
            assert "Traceback" not in output
        return [(code, " ".join(output.split())) for output, code in ended]

    def stored(self) -> dict[str, int]:
        """Rows of the store's tables."""
        with closing(sqlite3.connect(self.home / "pushrank.sqlite")) as store:
            tables = ("users", "events", "messages", "pushes", "message_counts")
            return {name: store.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


@pytest.mark.parametrize(
    ("files", "faults"),
    [
        (
            {
                "outcomes": HEAD + ROWS + "u1,m-2,2026-11-10T10:00:00,,0,1\n",
                "messages": MESSAGES + "m-1,sport,1\n",
                "activity": "user_id,at,kind\nu1,yesterday,view\n",
            },
            [
                ("outcomes.csv, row 4, sent_at", "an ISO 8601 time with an offset", "'2026-11-10T10:00:00'"),
                ("messages.csv, row 3, message_id", "each message_id once", "'m-1' again"),
                ("activity.csv, row 1, at", "an ISO 8601 time with an offset", "'yesterday'"),
            ],
        ),
        (
            {"outcomes": HEAD + ROWS + "u1,m-2,2026-11-11T10:00:00Z,2026-11-11T09:59:59Z,0,1\n" + ROWS},
            [
                ("outcomes.csv, row 4, clicked_at", "a time at or after sent_at", "'2026-11-11T09:59:59Z'"),
                ("outcomes.csv, row 5, user_id", "each user_id and message_id and sent_at once", "'u1', 'm-1', "),
            ],
        ),
        ({"outcomes": HEAD}, [("outcomes", "at least one row", "none")]),
        ({"messages": ""}, [(f"messages.csv, {name}", f"a column {name}", "no columns") for name in KEYS]),
    ],
    ids=["no offsets", "click before send", "no rows", "no bytes"],
)
def test_what_makes_a_log_useless_is_told_and_nothing_is_written(
    tmp_path: Path, files: dict[str, str], faults: list[tuple[str, str, str]]
) -> None:
    desk = Desk(tmp_path, **files)

    (validated, table), (loaded, lines) = desk.run(VALIDATE, LOAD)

    assert (validated, loaded) == (1, 1)
    for place, expected, got in faults:
        assert f"fatal: {place}: expected {expected}" in lines
        assert f", got {got}" in lines
        for part in (*place.replace("row ", "").split(", "), expected, got):
            assert part in table
    assert f"{len(faults)} fatal faults" in lines
    assert f"{len(faults)} fatal faults" in table
    assert set(desk.stored().values()) == {0}


def test_what_can_be_lived_with_is_told_and_the_rest_is_loaded(tmp_path: Path) -> None:
    desk = Desk(
        tmp_path,
        outcomes=HEAD.replace("propensity", "propensitty")
        + ROWS
        + "u1,m-1\nu9,m-9,2026-11-12T10:00:00Z,,0,1\n,m-1,2026-11-12T10:00:00Z,,0,1\n",
        messages=MESSAGES + "m-3,news,nan\n",
        preferences="user_id,push\n",
    )

    (validated, table), (loaded, lines) = desk.run(VALIDATE, LOAD)

    assert (validated, loaded) == (0, 0), table + lines
    for said in (
        "outcomes.csv, propensitty: expected a column of the format; did you mean 'propensity'?",
        "outcomes.csv, row 4: expected 6 cells, or the row is left out, got 2 cells (rows: 1)",
        "outcomes.csv, row 5, message_id: expected an id of the table messages, got 'm-9' (rows: 1)",
        "outcomes.csv, row 6, user_id: expected ",
        "messages.csv, row 3, worth: expected a finite number",
    ):
        assert f"warning: {said}" in lines
        assert said.split(" expected ")[1].split(",")[0] in table
    assert desk.stored() == {"users": 4, "events": 6, "messages": 4, "pushes": 4, "message_counts": 4}


def test_a_folder_that_is_no_log_is_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for file in desk.log.iterdir():
        file.unlink()
    for code, output in desk.run(VALIDATE, LOAD):
        assert code == 1
        for table in ("outcomes", "messages"):
            assert f"{table}.parquet, {table}.csv, {table}.csv.gz or a folder {table}/" in output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "head"), [("clicked_at", "click"), ("opted_out_at", "opt_out")], ids=["clicks", "opt-outs"]
)
def test_a_log_with_one_class_only_is_refused_with_what_to_do(
    town_log: Path, tmp_path: Path, column: str, head: str
) -> None:
    desk = Desk(tmp_path)
    shutil.rmtree(desk.log)
    shutil.copytree(town_log, desk.log)
    rows = pd.read_parquet(desk.log / "outcomes.parquet")
    write_table(desk.log, "outcomes", rows.assign(**{column: rows[column].where(rows[column].isna())}))

    ((code, lines),) = desk.run(TRAIN)

    assert code == 1
    assert f"{head}: expected both outcomes among the sends of the training part, got 0 positives of" in lines
    assert "take a log that has both, or one without this outcome at all" in lines
    keys = {"secret-key", "suppression-key"}
    assert {path.name for path in desk.home.rglob("*") if path.is_file()} <= keys


def test_an_event_id_with_two_bodies_in_one_call_is_one_rejected_item(served: SmallService) -> None:
    event = {"event_id": "e-two", "type": "activity", "kind": "view", "user_id": "u-two", "at": "2026-11-23T09:00:00Z"}
    answer = served.call.post("/v1/events", {"events": [event, {**event, "kind": "purchase"}, event]}).json()
    assert (answer["accepted"], answer["duplicates"]) == (1, 1)
    assert [(one["index"], one["code"]) for one in answer["rejected"]] == [(1, "conflicting_event")]
    # The index says which; an id may name a person, and answers are kept.
    assert "e-two" not in answer["rejected"][0]["detail"]


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_nan_in_an_event_stores_nothing_of_its_batch(served: SmallService, number: bytes) -> None:
    good = b'{"event_id":"e-nan-1","type":"activity","kind":"view","user_id":"u-nan","at":"2026-11-23T09:00:00Z"}'
    bad = good.replace(b"e-nan-1", b"e-nan-2").replace(b'"kind"', b'"amount":' + number + b',"kind"')
    refused = served.call.post("/v1/events", b'{"events":[' + good + b"," + bad + b"]}")
    assert refused.status_code in (400, 422)
    assert refused.headers["content-type"] == "application/problem+json"
    one = good.replace(b"e-nan-1", b"e-fine-" + number)
    assert served.call.post("/v1/events", b'{"events":[' + one + b"]}").json()["accepted"] == 1
    events = served.deployment.store.events_since(0)
    assert not [stored for stored in events if stored.event.event_id in ("e-nan-1", "e-nan-2")]
