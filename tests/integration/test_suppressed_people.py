"""Erased by call, then never learned from again: models are marked, lists written and followed, the way back open."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner, Result

from pushrank.cli import app
from pushrank.config import Category
from pushrank.config import load as load_config
from pushrank.config.home import Home, shipped
from pushrank.learning.errors import LearningError
from pushrank.learning.objection import Objection
from pushrank.learning.people import LeftOut, left_out
from pushrank.learning.tracking import open_registry
from pushrank.logs import open_log, write_table
from pushrank.rights.pseudonyms import Pseudonyms, Secret, Secrets, read_secrets
from pushrank.rights.trained_on import TrainedOn, tokens
from pushrank.scoring.bundle import load
from tests import small_town
from tests.small_service import SmallService, lay_champion, service_in_process
from training import export, promote, train

pytestmark = pytest.mark.slow

SECRET = "s" * 64


class Desk:
    """A home with a service, commands and recipes, and a configuration that fits a small log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = Home(folder / "home")
        self.config = folder / "small.yaml"
        tree = json.loads(json.dumps(asdict(small_town.config())))
        self.config.write_text(yaml.safe_dump(tree), encoding="utf-8")
        self.environment = {"PUSHRANK_HOME": str(self.home.root), "PUSHRANK_SECRET_KEY": SECRET, "COLUMNS": "200"}

    @property
    def secrets(self) -> Secrets:
        return read_secrets(self.environment, self.home)

    def run(self, recipe: Typer, *arguments: object, **more: str) -> Result:
        return CliRunner().invoke(recipe, [str(one) for one in arguments], env={**self.environment, **more})

    def done(self, recipe: Typer, *arguments: object) -> str:
        result = self.run(recipe, *arguments)
        assert result.exit_code == 0, result.output
        return result.output

    def train(self, log: Path, *more: object) -> str:
        """Train and give the number of the version."""
        out = self.done(train.app, "--data", log, "--config", self.config, *more)
        return out.strip().splitlines()[-1].rpartition("/")[2]

    def facts(self, version: str) -> dict[str, object]:
        out = self.folder / f"bundle-{version}"
        self.done(export.app, "--model", f"models:/push_ranker/{version}", "--out", out)
        return dict(load(out).facts)

    def learned_from(self, version: str, *user_ids: str) -> list[bool]:
        lists = TrainedOn(self.home.trained_on)
        return [version in lists.of([self.secrets.pseudonyms.of(name)], self.secrets.tomb) for name in user_ids]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.home.root.mkdir()
    lay_champion(desk.home.root)
    return desk


@pytest.fixture(scope="module")
def people(town_log: Path) -> list[str]:
    """Users who are learned from: two to be erased, one to be left out, one who was sent marketing, the others."""
    log = open_log(town_log)
    rows = log.frame("outcomes", columns=["user_id", "message_id"])
    unwanted = {name for name, facts in log.users().items() if facts.is_minor}
    unwanted |= {name for name, said in log.preferences().items() if not said.personalisation}
    busy = [name for name in rows["user_id"].value_counts().index if name not in unwanted]
    tree = load_config(shipped("policy", "categories"), dict[str, Category])
    offered = rows[Objection.of(log, tree, busy).withheld(rows)]["user_id"].value_counts().index
    objector = next(name for name in offered if name not in busy[:3])
    return [*busy[:3], objector, *(name for name in busy[3:] if name != objector)]


@pytest.fixture(scope="module")
def first(desk: Desk, town_log: Path, people: list[str]) -> str:
    """The version that learned from all but the third."""
    (desk.folder / "left-out.txt").write_text(f"{people[2]}\n", encoding="utf-8")
    return desk.train(town_log, "--suppressions", desk.folder / "left-out.txt")


@pytest.fixture
def house(desk: Desk) -> Iterator[SmallService]:
    with service_in_process(desk.home.root, PUSHRANK_SECRET_KEY=SECRET) as service:
        yield service


@pytest.fixture(scope="module")
def listed(desk: Desk, first: str, people: list[str]) -> Path:
    """The list after two erasures and an objection."""
    assert first
    with service_in_process(desk.home.root, PUSHRANK_SECRET_KEY=SECRET) as service:
        for name in people[:2]:
            assert service.call("DELETE", f"/v1/users/{name}").status_code == 200
        assert service.call("PATCH", f"/v1/users/{people[3]}/preferences", {"objected": True}).status_code == 200
    out = desk.folder / "lists" / "suppressions.txt"
    assert "2 erased users, 1 who object" in desk.done(app, "suppressions", "--out", out)
    return out


def test_a_version_remembers_whom_it_learned_from_and_not_who_was_left_out(
    desk: Desk, first: str, people: list[str]
) -> None:
    assert desk.learned_from(first, *people[:4]) == [True, True, False, True]
    assert desk.learned_from(first, "u-nobody") == [False]
    held = (desk.home.trained_on / first).read_bytes()
    keys = [desk.secrets.pseudonyms.of(name) for name in (*people[:2], *people[3:])]
    assert held == np.unique(tokens(keys, desk.secrets.tomb)).astype("<u8").tobytes()


def test_an_erasure_names_the_version_and_expire_marks_it(
    desk: Desk, first: str, listed: Path, house: SmallService, people: list[str]
) -> None:
    assert listed.exists()
    receipt = house.call("DELETE", f"/v1/users/{people[0]}").json()
    assert receipt["models"] == [first]
    assert receipt["retrain_by"] == "2026-12-23T10:00:00+00:00"
    assert house.call("DELETE", f"/v1/users/{people[2]}").json()["models"] == []
    told = desk.done(app, "expire")
    assert f"model {first} was trained with 2 erased since" in told
    version = open_registry(desk.home, desk.environment).resolve(f"models:/push_ranker/{first}")
    assert (version.erased_people, version.retrain_by) == (2, "2026-12-23T10:00:00+00:00")


def test_the_list_names_nobody_and_only_its_owner_may_read_it(desk: Desk, listed: Path, people: list[str]) -> None:
    assert stat.S_IMODE(listed.stat().st_mode) == 0o600
    head, *lines = listed.read_text(encoding="ascii").splitlines()
    assert head.startswith(f"# suppression-key {desk.secrets.suppression.key_id} at 20")
    token = [desk.secrets.tomb(desk.secrets.pseudonyms.of(name)) for name in people]
    assert lines == [*sorted(token[:2]), f"{token[3]} marketing"]
    assert list(listed.parent.iterdir()) == [listed]


def test_a_training_with_the_list_has_no_row_of_who_was_erased_and_no_marketing_row_of_who_objected(
    desk: Desk, listed: Path, people: list[str], town_log: Path
) -> None:
    version = desk.train(town_log, "--suppressions", listed)
    assert desk.learned_from(version, *people[:4]) == [False, False, True, True]
    facts, before = desk.facts(version), desk.facts(desk.train(town_log))
    theirs = int(open_log(town_log).frame("outcomes", columns=["user_id"])["user_id"].isin(people[:2]).sum())
    withheld = _number(facts, "marketing_rows_of_objectors_left_out")
    assert withheld > 0 == _number(before, "marketing_rows_of_objectors_left_out")
    told = (facts["suppressions_listed"], facts["suppressed_users"], facts["users_suppressed_in_marketing"])
    assert told == (3, 2, 1)
    assert _number(before, "users") - _number(facts, "users") == 2
    assert _number(before, "rows") - _number(facts, "rows") == theirs + withheld


def _number(facts: dict[str, object], name: str) -> int:
    found = facts[name]
    assert isinstance(found, int)
    return found


def test_a_log_of_pseudonyms_is_matched_by_raw_id_by_pseudonym_and_by_token_under_any_key(
    desk: Desk, people: list[str], town_log: Path, tmp_path: Path
) -> None:
    former, now = Secret(b"f" * 32), desk.secrets
    both = replace(now, former=(former,))
    rows = pd.read_parquet(town_log / "outcomes.parquet")
    old = {name: Pseudonyms(former).of(name) for name in people[:5]}
    write_table(tmp_path, "outcomes", rows.assign(user_id=[old.get(name, name) for name in rows["user_id"]]))
    write_table(tmp_path, "messages", pd.read_parquet(town_log / "messages.parquet"))
    (tmp_path / "export.json").write_text(json.dumps({"key_id": former.key_id}), encoding="utf-8")
    tokens_of = {name: now.tomb(now.pseudonyms.of(name)) for name in people[5:7]}
    lines = (people[0], old[people[1]], now.tomb(old[people[2]]), f"{people[3]} marketing", *tokens_of.values())
    (tmp_path / "list.txt").write_text("\n".join(lines), encoding="utf-8")
    told: list[str] = []
    found = left_out(tmp_path / "list.txt", open_log(tmp_path), both, told.append)
    assert found == LeftOut(
        6, frozenset({*(old[name] for name in people[:3]), *tokens_of}), frozenset({old[people[3]]})
    )
    assert "former key" in told[0]
    with pytest.raises(LearningError, match=r"export.json: expected pseudonyms under a key of this deployment"):
        left_out(tmp_path / "list.txt", open_log(tmp_path), now, told.append)


def test_a_list_under_a_foreign_key_stops_the_training(desk: Desk, listed: Path, town_log: Path) -> None:
    refused = desk.run(
        train.app, "--data", town_log, "--suppressions", listed, PUSHRANK_SUPPRESSION_KEY="another key " * 4
    )
    assert refused.exit_code == 1
    assert "suppression key" in " ".join(refused.output.split())


def test_who_comes_back_is_let_in(desk: Desk, listed: Path, house: SmallService, people: list[str]) -> None:
    assert listed.exists()
    name = people[1]
    event = {"event_id": "back", "type": "opted_in", "user_id": name, "at": "2026-11-23T09:00:00Z"}
    assert house.call("GET", f"/v1/users/{name}/preferences").status_code == 410
    (desk.folder / "back.txt").write_text(f"{name}\nu-never-erased\n", encoding="utf-8")
    told = desk.done(app, "suppressions", "--lift", desk.folder / "back.txt")
    assert told.startswith("1 of 2 users may come back")
    assert house.call("PATCH", f"/v1/users/{name}/preferences", {"max_per_day": 2}).status_code == 200
    assert house.call.post("/v1/events", {"events": [event]}).json()["accepted"] == 1
    assert "0 of 2" in desk.done(app, "suppressions", "--lift", desk.folder / "back.txt")


def test_out_and_lift_are_asked_for_one_at_a_time(desk: Desk) -> None:
    assert desk.run(app, "suppressions").exit_code == 2


def test_a_promotion_warns_of_people_who_were_erased_since(desk: Desk, first: str) -> None:
    reference, registry = f"models:/push_ranker/{first}", open_registry(desk.home, desk.environment)
    plain = desk.run(promote.app, "--model", reference)
    registry.mark_erased(first, 3, "2999-01-01T00:00:00+00:00")
    soon = desk.run(promote.app, "--model", reference)
    registry.mark_erased(first, 3, "2020-01-01T00:00:00+00:00")
    late = desk.run(promote.app, "--model", reference)
    assert plain.exit_code == soon.exit_code == late.exit_code == 0
    assert "erased since (3); train a version without them by 2999-01-01" in soon.output
    assert "OVERDUE" not in soon.output
    assert "OVERDUE" in late.output
    assert "2020-01-01" in late.output
