"""The secret changes between two starts, and nobody notices but who looks into the store."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pushrank.cli import app
from pushrank.config.home import Home
from pushrank.domain.record import Change, Erasure
from pushrank.rights.pseudonyms import Pseudonyms, read_secret
from tests.small_service import MESSAGES, NOW, Caller, SmallService, service_in_process

OPEN = {"event_id": "e-1", "type": "activity", "kind": "view", "user_id": "u-1", "at": "2026-11-23T09:00:00Z"}
ASKED = {"user_id": "u-1", "candidates": ["m-news"], "mode": "confirm", "at": "2026-11-23T10:00:00Z"}


def rotated(home: Path) -> None:
    ended = CliRunner().invoke(app, ["keys", "rotate"], env={"PUSHRANK_HOME": str(home)})
    assert ended.exit_code == 0, ended.output


def lived(service: SmallService) -> dict[str, Any]:
    call = service.call
    call.post("/v1/messages", {"messages": MESSAGES})
    call("PATCH", "/v1/users/u-1/preferences", {"max_per_day": 1, "language": "zh"})
    assert call.post("/v1/events", {"events": [OPEN]}).json()["accepted"] == 1
    gone = service.deployment.identities.of("u-gone")
    service.deployment.store.transact(gone, lambda _: Change(None, erase=Erasure(NOW)), 0)
    return {
        "key": call.key,
        "first": call.post("/v1/rank", ASKED, headers={"Idempotency-Key": "k"}).json(),
        "links": call.post("/v1/users/u-1/links", None).json(),
    }


def test_preferences_caps_tombstones_keys_links_and_repeats_outlive_two_rotations(tmp_path: Path) -> None:
    with service_in_process(tmp_path) as service:
        before = lived(service)
    rotated(tmp_path)
    rotated(tmp_path)
    with service_in_process(tmp_path) as service:
        mine = Caller(service.call._client, before["key"])
        token = before["links"]["preferences"].rpartition("/")[2]
        assert mine.post("/v1/rank", ASKED, headers={"Idempotency-Key": "k"}).json() == before["first"]
        assert mine.post("/v1/events", {"events": [OPEN]}).json()["duplicates"] == 1
        full = mine.rank(candidates=["m-match"], mode="look")
        assert [one["code"] for one in full["excluded"]] == ["cap_day"]
        shown = mine("GET", "/v1/users/u-1/preferences", key=token)
        assert (shown.status_code, shown.json()["language"]) == (200, "zh")
        assert mine.post("/v1/users/u-gone/links", None).status_code == 410
        assert mine.post("/v1/users/u-1/links", None).json()["opt_out"] != before["links"]["opt_out"]


def test_nothing_stands_under_the_old_pseudonym_once_a_user_was_met(tmp_path: Path) -> None:
    with service_in_process(tmp_path) as service:
        lived(service)
        old = service.deployment.identities.of("u-1")
    assert old == Pseudonyms(read_secret({}, Home(tmp_path))).of("u-1")
    rotated(tmp_path)
    with service_in_process(tmp_path) as service:
        assert service.call("GET", "/v1/users/u-1/preferences").json()["max_per_day"] == 1
        assert service.deployment.identities.of("u-1") != old
    with closing(sqlite3.connect(tmp_path / "pushrank.sqlite")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        keyed = [name for name in tables if ("user_key",) in columns(database, name)]
        assert {"users", "events", "pushes", "decisions"} <= set(keyed)
        for name in keyed:
            assert database.execute(f"SELECT count(*) FROM {name} WHERE user_key = ?", (old,)).fetchone() == (0,)


def columns(database: sqlite3.Connection, table: str) -> list[tuple[str]]:
    return database.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()


def test_a_secret_of_the_environment_is_not_rotated(tmp_path: Path) -> None:
    told = {"PUSHRANK_HOME": str(tmp_path), "PUSHRANK_SECRET_KEY": "k" * 32}
    ended = CliRunner().invoke(app, ["keys", "rotate"], env=told)
    assert ended.exit_code == 1
    assert "PUSHRANK_FORMER_KEYS" in ended.stderr
    assert not Home(tmp_path).former_keys.exists()


def split(home: Path) -> None:
    """A process with the old secret goes on to write beside one with the new."""
    with service_in_process(home) as old:
        old.call.post("/v1/messages", {"messages": MESSAGES})
        rotated(home)
        with service_in_process(home) as new:
            assert new.call("PATCH", "/v1/users/u-1/preferences", {"language": "zh"}).status_code == 200
        assert old.call.post("/v1/events", {"events": [OPEN]}).json()["accepted"] == 1


def test_who_stands_under_two_pseudonyms_does_not_hold_up_others_and_can_be_erased(tmp_path: Path) -> None:
    split(tmp_path)
    with service_in_process(tmp_path) as service:
        other = {**OPEN, "event_id": "e-2", "user_id": "u-2", "type": "opted_out"}
        out = {name: other[name] for name in ("event_id", "user_id", "type", "at")}
        taken = service.call.post("/v1/events", {"events": [{**OPEN, "event_id": "e-3"}, out]}).json()
        assert (taken["accepted"], [one["code"] for one in taken["rejected"]]) == (1, ["split_user"])
        assert not service.call("GET", "/v1/users/u-2/preferences").json()["push"]
        receipt = service.call("DELETE", "/v1/users/u-1")
        assert receipt.status_code == 200
        store, keys = service.deployment.store, service.deployment.identities.known_as("u-1")
        assert [store.user(key, 0).known for key in keys] == [False] * len(keys)
        assert service.call("GET", "/v1/users/u-1/preferences").status_code == 410
        assert len(list(store.tombstones())) == 1
