"""Keys are made and ended by the command, and only their hash is kept."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pushrank.cli import app
from pushrank.config.home import Home
from pushrank.rights.keys import verified
from pushrank.rights.pseudonyms import read_secret
from pushrank.service.clock import wall_clock
from pushrank.store.opening import open_store


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PUSHRANK_HOME", str(tmp_path))
    monkeypatch.delenv("PUSHRANK_STORE", raising=False)
    return Home(tmp_path)


def opens(home: Home, text: str) -> bool:
    with closing(open_store(home.store_url({}))) as store:
        return verified(read_secret({}, home), text, store.keys(), wall_clock()) is not None


def test_a_key_opens_until_it_is_revoked(home: Home) -> None:
    runner = CliRunner()
    key = runner.invoke(app, ["keys", "create", "--scopes", "rank"]).stdout.strip()
    assert opens(home, key)

    ended = runner.invoke(app, ["keys", "revoke", key.split("_")[1]])

    assert ended.exit_code == 0
    assert not opens(home, key)


def test_a_key_that_nobody_made_can_not_be_revoked(home: Home) -> None:
    answer = CliRunner().invoke(app, ["keys", "revoke", "none"])

    assert answer.exit_code == 1
    assert "no key has the id 'none'" in answer.stderr
    assert home.root.exists()
