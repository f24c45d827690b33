"""`pushrank ledger`: heads are anchored, and what was done to the ledger behind its back is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pushrank.cli import app
from pushrank.cli.opening import opened
from pushrank.domain.instants import Instant
from pushrank.rights.preferences import change_preferences
from tests.small_policies import NOON
from tests.small_service import settings


def ledger(home: Path, command: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["ledger", command], env=settings(home))
    return answer.exit_code, answer.output


def say(home: Path, at: Instant, user: str = "u-1") -> None:
    with opened(settings(home)) as deployment:
        change_preferences(deployment.store, deployment.identities.of(user), {"max_per_day": at % 7}, at)


def tamper(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "pushrank.sqlite")) as connection, connection:
        connection.execute(statement)


def test_a_ledger_is_anchored_once_for_what_was_said_and_verified(tmp_path: Path) -> None:
    assert ledger(tmp_path, "anchor") == (0, "nothing was said since the last anchor\n")
    say(tmp_path, NOON)
    code, told = ledger(tmp_path, "anchor")
    assert code == 0
    assert "place 1 is anchored in" in told
    assert ledger(tmp_path, "anchor") == (0, "nothing was said since the last anchor\n")
    say(tmp_path, NOON + 1)
    assert ledger(tmp_path, "verify") == (
        0,
        "2 entries, 1 anchored heads: nothing was changed, removed or put elsewhere\n",
    )


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM ledger WHERE seq = 3", "the chain ends at place 2, but place 3 was anchored"),
        ("DELETE FROM ledger WHERE seq = 2", "place 3: expected place 2 after place 1"),
        ("DELETE FROM ledger_entries WHERE seq = 2", "place 2: its entry is gone, and no erasure lists it"),
        ("UPDATE ledger_entries SET entry = x'7b7d' WHERE seq = 1", "place 1: its entry does not match its digest"),
    ],
)
def test_each_fault_is_told_and_the_exit_code_is_one(tmp_path: Path, statement: str, told: str) -> None:
    for at in range(3):
        say(tmp_path, NOON + at)
    ledger(tmp_path, "anchor")
    tamper(tmp_path, statement)
    code, output = ledger(tmp_path, "verify")
    assert code == 1
    assert told in output


def test_an_anchor_of_somebody_else_is_told(tmp_path: Path) -> None:
    say(tmp_path, NOON)
    ledger(tmp_path, "anchor")
    environment = {**settings(tmp_path), "PUSHRANK_SECRET_KEY": "another secret that is long enough, forty bytes"}
    answer = CliRunner().invoke(app, ["ledger", "verify"], env=environment)
    assert (answer.exit_code, "no secret of this deployment signed it" in answer.output) == (1, True)


def test_a_head_that_was_anchored_before_the_secret_was_rotated_still_counts(tmp_path: Path) -> None:
    say(tmp_path, NOON)
    ledger(tmp_path, "anchor")
    assert CliRunner().invoke(app, ["keys", "rotate"], env=settings(tmp_path)).exit_code == 0
    assert ledger(tmp_path, "verify")[0] == 0
    tamper(tmp_path, "DELETE FROM ledger")
    assert "the chain ends at place 0, but place 1 was anchored" in ledger(tmp_path, "verify")[1]
