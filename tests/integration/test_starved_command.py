"""Who hears nothing is counted over the whole store, by the rule that gives the bonus."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pushrank.cli import app
from pushrank.config.home import Home
from pushrank.config.types import KeepInTouch
from pushrank.domain.codes import HoldState
from pushrank.domain.instants import DAY, Instant
from pushrank.domain.record import Change, UserRecord
from pushrank.domain.user import Preferences, UserFacts
from pushrank.ranking.starving import Starved, count_starved
from pushrank.service.clock import wall_clock
from pushrank.store import Store
from pushrank.store.memory import MemoryStore
from pushrank.store.opening import open_store
from tests.small_policies import NOON, policy, sent


def _settle(store: Store, now: Instant) -> None:
    """Four users who may hear, of whom two wait; three who may not."""
    old = UserRecord("", facts=UserFacts(registered_at=now - 40 * DAY))
    people = {
        "waits": old,
        "waits unknown to the model": replace(old, preferences=Preferences(personalisation=False)),
        "had one": replace(old, pushes=(sent("m-1", now - 29 * DAY),)),
        "new": UserRecord("", facts=UserFacts(registered_at=now - DAY)),
        "gone": replace(old, reachable=False),
        "silenced": replace(old, preferences=Preferences(push=False)),
        "paused": replace(old, preferences=Preferences(muted_until=now + DAY)),
    }
    for user_key, record in people.items():
        change = Change(None, replace(record, user_key=user_key), pushes=record.pushes)
        store.transact(user_key, lambda _, change=change: change, 0)  # type: ignore[misc]


@pytest.mark.parametrize(("days", "starved"), [(29.0, 3), (30.0, 2), (40.0, 2), (41.0, 0)])
def test_everybody_who_may_hear_is_looked_at_once(days: float, starved: int) -> None:
    store, seen = MemoryStore(), list[int]()
    _settle(store, NOON)
    found = count_starved(store, policy("default"), KeepInTouch(days, 0.02), NOON, seen.append)
    assert found == Starved(reachable=4, starved=starved)
    assert sum(seen) == 7


def test_a_push_that_was_given_back_was_never_had() -> None:
    store = MemoryStore()
    _settle(store, NOON)
    failed = replace(sent("m-1", NOON - 29 * DAY), state=HoldState.FAILED)
    store.transact("had one", lambda _: Change(None, pushes=(failed,)), 0)
    assert count_starved(store, policy("default"), KeepInTouch(30.0, 0.02), NOON).starved == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "2 of 4 reachable, consenting users (50.0%) had no push for 30 days"),
        (["--days", "41"], "0 of 4 reachable, consenting users (0.0%) had no push for 41 days"),
    ],
)
def test_the_command_counts_in_the_store(
    options: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSHRANK_HOME", str(tmp_path))
    monkeypatch.delenv("PUSHRANK_STORE", raising=False)
    with closing(open_store(Home(tmp_path).store_url({}))) as store:
        _settle(store, wall_clock())
    answer = CliRunner().invoke(app, ["starved", *options])
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.strip() == words


@pytest.mark.parametrize("days", ["0", "367", "month"])
def test_a_span_that_makes_no_sense_is_refused(days: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUSHRANK_HOME", str(tmp_path))
    answer = CliRunner().invoke(app, ["starved", "--days", days])
    assert answer.exit_code == 2
    assert "--days" in answer.stderr


def test_an_empty_store_has_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUSHRANK_HOME", str(tmp_path))
    monkeypatch.delenv("PUSHRANK_STORE", raising=False)
    answer = CliRunner().invoke(app, ["starved"])
    assert answer.stdout.strip() == "0 of 0 reachable, consenting users had no push for 30 days"
