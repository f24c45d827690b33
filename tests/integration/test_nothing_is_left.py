"""A user who left a word in every field is erased over HTTP, and no file of the whole system holds one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner

from pushrank.cli import app
from pushrank.cli.opening import opened
from pushrank.config import PrivacyConfig, load
from pushrank.config.home import shipped
from pushrank.config.types import AttributeSpec
from pushrank.domain.codes import EventType
from pushrank.ranking.seen import is_kept
from pushrank.store.register import OWNED
from tests import postgres_server, small_town
from tests.deep_scan import hits
from tests.small_pages import get, paths_of, press
from tests.small_service import MESSAGES, RunningService, lay_champion, running_service, settings
from training import evaluate, train

pytestmark = pytest.mark.slow

HEAD = "zkqv7wjr"  # nobody else writes this; a subtag of a language may be so long
USER = f"{HEAD}-raw-id"
DAY = "2026-11-10"
SINCE = "2026-01-01T00:00:00+00:00"
FIELDS = {
    EventType.CONVERTED: ("amount",),
    EventType.OPTED_OUT: ("scope",),
    EventType.OPTED_IN: ("scope",),
    EventType.FEEDBACK: ("reason", "comment"),
    EventType.ANSWER: ("question", "choice"),
    EventType.ACTIVITY: ("kind", "tags", "items", "amount"),
    EventType.ATTRIBUTE: ("name", "value"),
}
NAMES_ANYTHING = (EventType.OPTED_OUT, EventType.OPTED_IN, EventType.REACH_LOST)


def word(of: str) -> str:
    return f"{HEAD}-{of}"


@dataclass
class Life:
    """Somebody's life with a service of its own: the folders that it fills, and what would name them there."""

    home: Path
    folders: list[Path]
    environment: dict[str, str]
    names: list[str] = field(default_factory=list)

    def run(self, command: Typer, *arguments: object) -> str:
        """Run a command as an operator does."""
        environment = {**self.environment, "COLUMNS": "200"}
        answer = CliRunner().invoke(command, [str(argument) for argument in arguments], env=environment)
        assert answer.exit_code == 0, answer.output
        return answer.output

    def left(self) -> dict[str, list[str]]:
        """Files that hold something of the user."""
        return {name: said for folder in self.folders for name, said in hits(folder, [HEAD, *self.names]).items()}


def event(type_: EventType, minute: int) -> dict[str, object]:
    """An event with a word in every field that it may have."""
    more = {
        "amount": 77.25,
        "scope": "promo",
        "reason": "not_relevant",
        "comment": f"<b>{word('comment')}</b> " * 50,
        "question": word("question"),
        "choice": word("choice"),
        "kind": word("kind"),
        "tags": [word("tag"), word("other-tag")],
        "items": [word("item"), word("other-item")],
        "name": word("attribute"),
        "value": word("value"),
    }
    return {
        "event_id": word(f"event-{type_}"),
        "type": type_,
        "user_id": USER,
        "at": f"{DAY}T09:{minute:02}:00Z",
        "message_id": word(f"message-{type_}") if type_ in NAMES_ANYTHING else "m-match",
        "decision_id": word(f"decision-{type_}"),
        "channel": word(f"channel-{type_}"),
        **{name: more[name] for name in FIELDS.get(type_, ())},
    }


def be_ranked(service: RunningService) -> None:
    """Hold, confirm and look, until it was kept what one of the decisions saw."""
    share = load(shipped("service", "privacy"), PrivacyConfig).features_share
    candidate = {"message_id": "m-match", "event_key": word("event-key"), "items": [word("filled-in")]}
    asked = {"user_id": USER, "candidates": [candidate, "m-offer"]}
    asked |= {"at": f"{DAY}T08:00:00Z", "channel": word("channel")}
    assert service.call("PATCH", f"/v1/users/{USER}/preferences", {"max_per_day": 50}).status_code == 200
    for repeat in range(2):
        held = service.call.post("/v1/rank", asked, headers={"Idempotency-Key": word("key-of-rank")})
        assert len(held.json()["slate"]) == 1, (repeat, held.text)
    confirmed = service.call.post(
        f"/v1/decisions/{held.json()['decision_id']}/confirm",
        {"at": f"{DAY}T08:01:00Z"},
        headers={"Idempotency-Key": word("key-of-confirm")},
    )
    assert confirmed.status_code == 200, confirmed.text
    looks = (service.call.rank(**{**asked, "mode": "look"})["decision_id"] for _ in range(3_000))
    assert any(is_kept(decision_id, share) for decision_id in looks)


def speak(service: RunningService) -> None:
    """Report everything that can happen, with what is refused, and choose everything that can be chosen."""
    told = [event(type_, minute) for minute, type_ in enumerate(EventType)]
    told.append({**event(EventType.ATTRIBUTE, 40), "event_id": word("event-of-guild"), "name": "guild"})
    wrong = {**event(EventType.CLICKED, 50), "event_id": word("wrong"), "message_id": word("nothing")}
    sent = {"events": [*told, wrong]}
    answer = service.call.post("/v1/events", sent, headers={"Idempotency-Key": word("key-of-events")})
    assert f'{{"accepted":{len(told)},"duplicates":0,"rejected":[{{"index":{len(told)},' in answer.text, answer.text
    patch = {
        "push": True,
        "categories": {"*": True, f"news.{word('category')}": False},
        "category_caps": {f"news.{word('capped')}": 3},
        "tags": {word("blocked"): False},
        "language": f"en-{HEAD}",
        "timezone": "Asia/Kathmandu",
        "consents": {"marketing": {"granted": True, "policy_version": word("version")}},
    }
    keyed = {"Idempotency-Key": word("key-of-preferences")}
    chosen = service.call("PATCH", f"/v1/users/{USER}/preferences", patch, headers=keyed)
    assert chosen.status_code == 200, chosen.text
    forgotten = service.call("DELETE", f"/v1/users/{USER}/profile/tags/{word('tag')}")
    assert forgotten.status_code == 204, forgotten.text


def visit(service: RunningService) -> list[str]:
    """Open every page by its link, say something there, take everything out; gives the tokens of the links."""
    paths = paths_of(service.call, USER)
    said = press(service.call, paths.preferences, ("feedback", "too_often"), ("comment", word("said-on-the-page")))
    assert said.status_code == 303, said.text
    assert press(service.call, paths.preferences, ("topic", "off:news")).status_code in (303, 422)
    assert get(service.call, paths.opt_out).status_code == 200
    assert USER in service.call("GET", f"/v1/users/{USER}/export").text
    return [path.rpartition("/")[2] for path in (paths.preferences, paths.opt_out)]


def learn(life: Life) -> None:
    """Export the log, train on it and judge the model by it, all within the home."""
    log, config = life.home / "exported", life.home / "small.yaml"
    life.run(app, "export-log", "--out", log, "--since", SINCE)
    base = small_town.config()
    heads = {name: replace(getattr(base, name), rounds=3) for name in ("click", "opt_out")}
    learned = replace(base, attributes=(AttributeSpec("user", "guild", "label"),), **heads)
    config.write_text(yaml.safe_dump(json.loads(json.dumps(asdict(learned)))), encoding="utf-8")
    reference = life.run(train.app, "--data", log, "--config", config).splitlines()[-1]
    out = life.home / "judged"
    life.run(evaluate.app, "--data", log, "--model", reference, "--out", out, "--config", config)


def begun(home: Path, log: Path, **more: str) -> Life:
    """A home with a model and with a town that lives there, too."""
    lay_champion(home)
    life = Life(home, [home], settings(home, **more))
    life.run(app, "load", "--data", log)
    with opened(life.environment) as deployment:
        life.names.append(deployment.identities.of(USER))
    return life


@contextmanager
def lived(life: Life, **more: str) -> Iterator[RunningService]:
    """Serve over the home, with everything that the user can leave behind."""
    with running_service(life.home, **more) as service:
        assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        be_ranked(service)
        speak(service)
        life.names += visit(service)
        with opened(life.environment) as deployment:
            stored = deployment.store.everything(deployment.identities.of(USER))
        assert {table for table, rows in stored.items() if rows} == set(OWNED)
        yield service


def erased(life: Life, service: RunningService) -> dict[str, object]:
    answer = service.call("DELETE", f"/v1/users/{USER}")
    assert answer.status_code == 200, answer.text
    life.run(app, "expire")
    receipt: dict[str, object] = answer.json()
    return receipt


@pytest.fixture
def server() -> Iterator[postgres_server.PostgresServer]:
    """A server of its own that keeps no old log of changes."""
    own = postgres_server.PostgresServer()
    for name, value in {"wal_recycle": "off", "wal_keep_size": "0", "min_wal_size": "32MB"}.items():
        own.run(f"ALTER SYSTEM SET {name} = '{value}'")
    own.run("SELECT pg_reload_conf(), pg_sleep(0.1)")
    yield own
    own.remove()


def test_nothing_of_an_erased_user_is_left_with_sqlite_nor_in_what_was_learned(tmp_path: Path, town_log: Path) -> None:
    life = begun(tmp_path, town_log)
    with lived(life) as service:
        learn(life)
        before = life.left()
        tables = ("activity", "decisions", "outcomes", "preferences", "users")
        expected = {"pushrank.sqlite-wal", "judged/predictions.parquet"}
        assert set(before) >= expected | {f"exported/{table}.parquet" for table in tables}
        assert not [name for name in before if name.startswith("ml")], "a model keeps no word of one user alone"
        receipt = erased(life, service)
        assert (receipt["scrubbed"], receipt["models"]) == (True, ["1"])
        assert life.left() == {}
        assert service.call.rank(user_id="somebody-else", candidates=["m-news"])["slate"]
    assert life.left() == {}


def test_nothing_of_an_erased_user_is_left_with_postgresql(
    tmp_path: Path, town_log: Path, server: postgres_server.PostgresServer
) -> None:
    address = {"PUSHRANK_STORE": server.address()}
    life = begun(tmp_path, town_log, **address)
    life.folders.append(server.folder)
    with lived(life, **address) as service:
        life.run(app, "export-log", "--out", life.home / "exported", "--since", SINCE)
        server.run("CHECKPOINT")
        before = life.left()
        assert any("/base/" in name for name in before)
        assert "exported/outcomes.parquet" in before
        erased(life, service)
        for _ in range(2):
            server.run("SELECT pg_switch_wal()")
            server.run("CHECKPOINT")
        assert life.left() == {}
    assert life.left() == {}
