from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pushrank.domain.instants import HOUR, MINUTE
from pushrank.service.forgetting import KEPT, Forgetting
from pushrank.store import Answer, Store
from tests.contract.stores import STORES

NOW = 100 * KEPT


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def _keep(store: Store, key: str, at: int) -> None:
    store.remember(key, "route", "abc", Answer(200, b"", at))


def test_an_answer_is_kept_for_two_days_to_the_microsecond(store: Store) -> None:
    assert KEPT > 24 * HOUR
    _keep(store, "old", NOW - KEPT - 1)
    _keep(store, "new", NOW - KEPT)
    assert Forgetting(store).look(NOW) == 1
    assert store.claim("new", "route", "abc", "", NOW, 0).answer is not None
    assert store.claim("old", "route", "abc", "", NOW, 0).answer is None


def test_old_answers_are_looked_for_once_a_minute(store: Store) -> None:
    forgetting = Forgetting(store)
    assert forgetting.look(NOW) == 0
    _keep(store, "old", 0)
    assert forgetting.look(NOW + MINUTE - 1) == 0
    assert forgetting.look(NOW + MINUTE) == 1


def test_a_clock_that_went_back_does_not_stop_the_forgetting(store: Store) -> None:
    forgetting = Forgetting(store)
    forgetting.look(NOW)
    _keep(store, "old", 0)
    assert forgetting.look(NOW - HOUR) == 1


def test_one_look_forgets_a_bounded_number_and_the_oldest_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("sqlite", "postgres", "memory"):
        monkeypatch.setattr(f"pushrank.store.{kind}.claims.AT_ONCE", 3)
    for at in (5, 3, 1, 4, 2):
        _keep(store, f"k-{at}", at)
    forgetting = Forgetting(store)
    assert forgetting.look(NOW) == 3
    assert store.count("idempotency") == 2
    assert store.claim("k-4", "route", "abc", "", NOW, 0).answer is not None
    assert forgetting.look(NOW + MINUTE) == 2


def test_a_store_that_does_not_answer_is_asked_again_later(tmp_path: Path) -> None:
    opened = STORES["sqlite"](tmp_path)
    opened.close()
    assert Forgetting(opened).look(NOW) == 0
