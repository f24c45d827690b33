"""The export of a user holds everything that is stored of them, whatever column it stands in, and of nobody else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushrank.config import PrivacyConfig, load
from pushrank.config.home import shipped
from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import SECOND, iso
from pushrank.domain.record import Change, Erasure, StoredEvent, UserRecord
from pushrank.features.state import SENDS, empty_state, encode_state
from pushrank.rights.export import FORMAT, Maker, export
from pushrank.rights.links import Use
from pushrank.rights.trained_on import TrainedOn, tokens
from pushrank.service.decoding import decode
from pushrank.service.wire.export import ExportAnswer
from pushrank.store import open_store
from pushrank.store.register import OWNED
from pushrank.wording import LANGUAGES
from tests import postgres_server
from tests.small_policies import NOON
from tests.small_service import NOW, SmallService, lay_champion, service_in_process
from tests.small_views import shipped_purposes

AT = "2026-11-23T10:00:00Z"
USER_KEY = "p_00000000000000000000000000000001"
JSON_COLUMNS = ["facts", "preferences", "presence", "forgotten", "tags", "body", "entry", "answer"]


def exported(served: SmallService, user: str, query: str = "", **more: Any) -> dict[str, Any]:
    answer = served.call("GET", f"/v1/users/{user}/export{query}", **more)
    assert answer.status_code == 200, answer.text
    decode(answer.content, ExportAnswer)
    found: dict[str, Any] = answer.json()
    return found


def maker() -> Maker:
    privacy = load(shipped("service", "privacy"), PrivacyConfig)
    return Maker("pushrank", NOON, "0a0b0c0d", privacy, shipped_purposes(), "en")


class Canaries:
    """Values for columns, no two alike, and the text by which an export shows each."""

    def __init__(self) -> None:
        self.shown: dict[str, str] = {}

    def value(self, table: str, column: str, kind: str) -> Any:
        """Make a value for a column of the real schema, and remember it."""
        place, number = f"{table}.{column}", NOON + len(self.shown) * SECOND
        name = f"canary-{table}-{column}"
        if (table, column) == ("users", "state"):
            state = empty_state()
            state.total[SENDS] = number
            self.shown[place] = str(float(number))
            return encode_state(state)
        if (table, column) == ("pushes", "state"):
            self.shown[place] = '"state": "held"'
            return "held"
        if column == "reachable":
            self.shown[place] = '"reachable": true'
            return 1
        if kind == "INTEGER":
            self.shown[place] = iso(number) if column.endswith("at") or column == "stopped_until" else str(number)
            return number
        self.shown[place] = name
        text = json.dumps([name]) if column == "tags" else json.dumps({"word": name})
        value = text if column in JSON_COLUMNS else name
        return value.encode() if kind == "BLOB" else value


@pytest.fixture
def canaries(tmp_path: Path) -> Iterator[tuple[Canaries, Mapping[str, list[dict[str, Any]]]]]:
    """A row of one user in every table that knows users, with a canary in every column; and what the store gives."""
    path, made = tmp_path / "store.sqlite", Canaries()
    with closing(open_store(f"sqlite:///{path}")) as store:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            for (trigger,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {trigger}")
            for table, owner in OWNED.items():
                columns = [(name, kind) for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})")]
                row = {name: made.value(table, name, kind) for name, kind in columns} | {owner: USER_KEY}
                made.shown[f"{table}.{owner}"] = USER_KEY
                marks = ", ".join("?" for _ in row)
                connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
            connection.commit()
        yield made, store.everything(USER_KEY)


def test_every_column_of_every_table_that_knows_users_is_in_the_export(
    canaries: tuple[Canaries, Mapping[str, list[dict[str, Any]]]],
) -> None:
    made, stored = canaries
    file = export(maker(), "u-1", UserRecord(USER_KEY), stored, {}, ())
    told = {table: json.dumps(rows) for table, rows in file["stored"].items()}
    missing = [place for place, shown in made.shown.items() if shown not in told[place.split(".")[0]]]
    assert missing == []
    assert len(made.shown) > 60


def test_every_exported_column_is_told_what_for_and_how_long(
    canaries: tuple[Canaries, Mapping[str, list[dict[str, Any]]]],
) -> None:
    made, stored = canaries
    columns = export(maker(), "u-1", UserRecord(USER_KEY), stored, {}, ())["about"]["columns"]
    told = {f"{table}.{name}" for table, known in columns.items() for name in known}
    assert told == made.shown.keys()
    assert all(column["purpose"] and column["retention"] for known in columns.values() for column in known.values())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def home(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[SmallService]:
    """A service over each database."""
    folder = tmp_path_factory.mktemp("exporting")
    lay_champion(folder)
    on_sqlite = f"sqlite:///{folder / 'pushrank.sqlite'}"
    address = postgres_server.shared().address() if request.param == "postgresql" else on_sqlite
    with service_in_process(folder, PUSHRANK_STORE=address) as service:
        message = {"message_id": "m-1", "category": "sport", "title": "canary-title", "tags": ["canary-tag"]}
        assert service.call.post("/v1/messages", {"messages": [message]}).status_code == 200
        yield service


def live_through_everything(served: SmallService, user: str) -> str:
    """Leave a trace in every place that the API opens, and return the id of a decision."""
    events: list[dict[str, Any]] = [
        {"event_id": f"{user}-1", "type": "attribute", "name": "canary-name", "value": "canary-value"},
        {
            "event_id": f"{user}-2",
            "type": "activity",
            "kind": "view",
            "tags": ["canary-seen"],
            "items": ["canary-item"],
        },
        {"event_id": f"{user}-3", "type": "answer", "question": "canary-question", "choice": "canary-choice"},
        {"event_id": f"{user}-4", "type": "attribute", "name": "birthday", "value": "02-03"},
    ]
    sent = [{"user_id": user, "at": AT, **event} for event in events]
    assert served.call.post("/v1/events", {"events": sent}).json()["rejected"] == []
    wanted = {"categories": {"sport": True}, "tags": {"canary-blocked": False}, "max_per_week": 9}
    path = f"/v1/users/{user}/preferences"
    assert served.call("PATCH", path, wanted, headers={"Idempotency-Key": f"k-{user}"}).status_code == 200
    asked = {"user_id": user, "candidates": ["m-1"], "at": AT, "mode": "confirm"}
    decision = served.call.post("/v1/rank", asked, headers={"Idempotency-Key": f"r-{user}"}).json()["decision_id"]
    said = {"user_id": user, "at": AT, "message_id": "m-1", "decision_id": decision}
    comment = said | {"event_id": f"{user}-5", "type": "feedback", "reason": "offensive", "comment": "canary-comment"}
    assert served.call.post("/v1/events", {"events": [comment]}).json()["accepted"] == 1
    name: str = decision
    return name


def test_what_a_user_left_by_any_call_is_in_the_file(home: SmallService) -> None:
    decision = live_through_everything(home, "u-left")
    file = exported(home, "u-left")
    assert (file["format"], file["user"]["user_id"], file["user"]["known"]) == (FORMAT, "u-left", True)
    assert file["user"]["pseudonym"] == home.deployment.pseudonyms.of("u-left")
    text = json.dumps(file["stored"])
    words = ["name", "value", "seen", "item", "question", "choice", "comment", "blocked", "tag"]
    assert [word for word in words if f"canary-{word}" not in text] == []
    assert '"02-03"' in text
    assert [one["decision_id"] for one in file["decisions"]] == [decision]
    assert file["decisions"][0]["chosen"][0]["title"] == "canary-title"
    assert file["decisions"][0]["chosen"][0]["outcome"]["code"] == "sent"
    assert file["preferences"]["max_per_week"] == 9
    assert file["profile"]["events"] == 5
    assert {table for table, rows in file["stored"].items() if rows} >= {
        *("users", "events", "pushes", "decisions", "ledger_entries", "idempotency"),
    }


def test_nothing_of_another_user_is_in_the_file(home: SmallService) -> None:
    live_through_everything(home, "u-other")
    live_through_everything(home, "u-same")
    text = json.dumps(exported(home, "u-same"))
    assert "u-other" not in text
    assert home.deployment.pseudonyms.of("u-other") not in text


def test_a_user_who_was_never_seen_gets_the_same_form_with_nothing_in_it(home: SmallService) -> None:
    live_through_everything(home, "u-known")
    known, unknown = exported(home, "u-known"), exported(home, "never-seen")
    assert unknown.keys() == known.keys()
    assert unknown["stored"].keys() == known["stored"].keys()
    assert not any(unknown["stored"].values())
    assert (unknown["user"]["known"], unknown["decisions"], unknown["profile"]["facts"]) == (False, [], [])


def test_the_file_names_the_model_versions_that_were_trained_with_the_user(home: SmallService) -> None:
    deployment = home.deployment
    keys = [deployment.pseudonyms.of(name) for name in ("u-learned", "u-else")]
    lists = TrainedOn(deployment.home.trained_on)
    lists.write("3", tokens(keys, deployment.secrets.tomb))
    lists.write("4", tokens(keys[1:], deployment.secrets.tomb))
    assert exported(home, "u-learned")["models"] == ["3"]
    assert exported(home, "never-seen")["models"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_says_what_lies_outside_in_the_language_asked_for(home: SmallService, language: str) -> None:
    file = exported(home, "never-seen", f"?language={language}")
    assert file["about"]["language"] == language
    texts = [one["text"] for one in file["outside"]]
    assert [one["code"] for one in file["outside"]][-3:] == ["models", "totals", "batch_answers"]
    assert len(texts) == 9
    assert all(text.isascii() == (language == "en") for text in texts)


def test_only_who_may_gets_the_file(home: SmallService) -> None:
    live_through_everything(home, "u-may")
    key = home.key("preferences", "rank", "events:write")
    assert home.call("GET", "/v1/users/u-may/export", key=key).status_code == 403
    assert home.call("GET", "/v1/users/u-may/export", key="").status_code == 401
    token = home.deployment.links.seal(Use.PREFERENCES, "u-may", NOW + 1)
    assert exported(home, "u-may", key=token)["user"]["known"]
    assert home.call("GET", "/v1/users/u-left/export", key=token).status_code == 401


def test_an_erased_user_has_no_file_and_only_who_may_know_is_told_why(home: SmallService) -> None:
    live_through_everything(home, "u-erased")
    user_key = home.deployment.identities.of("u-erased")
    home.deployment.store.transact(user_key, lambda _: Change(None, erase=Erasure(NOW)), NOW)
    for call in ("export", "decisions"):
        path = f"/v1/users/u-erased/{call}"
        assert home.call("GET", path).status_code == 410
        assert home.call("GET", path, key=home.key("rank")).status_code == 403
        assert home.call("GET", path, key="").status_code == 401


def test_a_user_with_ten_thousand_events_gets_the_whole_file(home: SmallService) -> None:
    user_key, rng = home.deployment.identities.of("u-many"), np.random.default_rng(3)
    moments, tags = NOW - rng.integers(10**13, size=10_000), rng.integers(50, size=10_000)
    events = tuple(
        StoredEvent(Event(f"many-{place}", EventType.ACTIVITY, user_key, at, kind="view", tags=(f"tag-{tag}",)), 0, "")
        for place, (at, tag) in enumerate(zip(moments.tolist(), tags.tolist(), strict=True))
    )
    record = UserRecord(user_key, known=True)
    home.deployment.store.transact(user_key, lambda _: Change(None, record=record, events=events), NOW)
    assert len(exported(home, "u-many")["stored"]["events"]) == 10_000
