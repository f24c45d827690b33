"""Keys from the command line open the store that the service reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pushrank.cli import app
from pushrank.cli.keys import create_key, ensure_dev_key
from pushrank.cli.serve import served_environment
from pushrank.domain.instants import DAY
from pushrank.rights.keys import SCOPES
from tests.small_service import NOW, service_in_process


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"PUSHRANK_HOME": str(tmp_path)}


def test_a_key_is_shown_once_and_opens_what_it_was_made_for(tmp_path: Path, environment: dict[str, str]) -> None:
    made = CliRunner().invoke(app, ["keys", "create", "--scopes", "rank, preferences"], env=environment)
    assert made.exit_code == 0
    key = made.stdout.strip()
    assert key.encode() not in (tmp_path / "pushrank.sqlite").read_bytes()
    with service_in_process(tmp_path) as service:
        assert service.call("GET", "/v1/users/u/preferences", key=key).status_code == 200
        assert service.call("GET", "/v1/messages", key=key).status_code == 403


def test_a_key_opens_nothing_once_it_has_expired(tmp_path: Path, environment: dict[str, str]) -> None:
    key = create_key(environment, ["preferences"], 1, NOW)
    for clock, status in ((NOW + DAY - 1, 200), (NOW + DAY, 401)):
        with service_in_process(tmp_path, clock) as service:
            assert service.call("GET", "/v1/users/u/preferences", key=key).status_code == status


@pytest.mark.parametrize("wrong", [["--scopes", "everything"], ["--scopes", "rank", "--expires", "0"], []])
def test_a_wrong_command_line_ends_with_2(environment: dict[str, str], wrong: list[str]) -> None:
    assert CliRunner().invoke(app, ["keys", "create", *wrong], env=environment).exit_code == 2


def test_a_store_that_cannot_be_opened_ends_with_1_and_says_why(environment: dict[str, str]) -> None:
    told = {**environment, "PUSHRANK_STORE": "mysql://somewhere"}
    ended = CliRunner().invoke(app, ["keys", "create", "--scopes", "rank"], env=told)
    assert ended.exit_code == 1
    assert "expected sqlite:///PATH" in ended.stderr


def test_the_key_of_development_has_all_scopes_is_kept_and_is_private(tmp_path: Path) -> None:
    environment = {"PUSHRANK_HOME": str(tmp_path)}
    path = ensure_dev_key(environment, NOW)
    text = path.read_text(encoding="ascii")
    assert ensure_dev_key(environment, NOW).read_text(encoding="ascii") == text
    assert path.stat().st_mode & 0o777 == 0o600
    with service_in_process(tmp_path) as service:
        for scope in SCOPES:
            headers = {b"authorization": f"Bearer {text.strip()}".encode()}
            assert scope in service.deployment.keyring.admit(headers, scope).scopes


def test_a_key_of_development_that_opens_nothing_is_replaced(tmp_path: Path) -> None:
    environment = {"PUSHRANK_HOME": str(tmp_path)}
    path = ensure_dev_key(environment, NOW)
    path.write_text("pr_0123456789ab_" + "0" * 48, encoding="ascii")
    ensure_dev_key(environment, NOW)
    assert "0" * 48 not in path.read_text(encoding="ascii")


def test_the_service_gets_absolute_paths_and_no_telemetry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = served_environment({"PUSHRANK_MODEL": "bundle"}, Path("mine.yaml"))
    assert told["PUSHRANK_HOME"] == str(tmp_path / "var")
    assert told["PUSHRANK_CONFIG"] == str(tmp_path / "mine.yaml")
    assert told["PUSHRANK_MODEL"] == str(tmp_path / "bundle")
    assert told["BENTOML_DO_NOT_TRACK"] == "True"
