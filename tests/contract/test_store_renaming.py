from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pushrank.domain.record import Change, Erasure, UserRecord
from pushrank.ranking.intake import digest_of
from pushrank.store import ConflictError, Rule, Store
from tests.contract.store_values import stored, writes
from tests.contract.stores import STORES
from tests.contract.whole_user import canary, event, fill, record

END = Erasure(500, ("3", "4"), 900)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def erases(erasure: Erasure = END) -> Rule[None]:
    return lambda _: Change(None, erase=erasure)


def rows(store: Store, user_key: str) -> dict[str, int]:
    return {table: len(found) for table, found in store.everything(user_key).items()}


def test_a_user_moves_to_a_new_pseudonym_with_everything(store: Store) -> None:
    fill(store, "ada")
    counted = rows(store, "ada")
    assert store.rename("ada", "new")
    assert set(rows(store, "ada").values()) == {0}
    assert rows(store, "new") == counted
    found = store.transact("new", lambda reading: Change((reading.record, list(reading.events()))), 0)
    assert found[0] == replace(record("new"), pushes=found[0].pushes)
    assert [push.push_id for push in found[0].pushes] == [canary("held")]
    assert found[1] == [event("new", number) for number in range(3)]
    kept = store.decision(canary("decision"))
    assert kept is not None
    assert (kept.user_key, kept.body.startswith(b'{"user_id":"new"')) == ("new", True)
    assert [entry.user_key for _, entry in store.words("new")] == ["ada"], "digested words stay as they are"
    assert store.user("ada", 0) == UserRecord("ada")
    store.transact("new", erases(), 0)
    assert [link.entry is None for link in store.chain()] == [True, False]


def test_a_digest_of_an_event_as_it_stands_is_made_anew_for_the_new_pseudonym(store: Store) -> None:
    told, other = event("ada", 1), event("ada", 2)
    change = writes(events=(replace(told, digest=digest_of(told.event)), other))
    store.transact("ada", change, 0)
    store.rename("ada", "new")
    first, second = store.transact("new", lambda reading: Change(tuple(reading.events())), 0)
    assert first.digest == digest_of(event("new", 1).event)
    assert second.digest == other.digest


def test_an_unknown_pseudonym_is_not_renamed_and_none_is_overwritten(store: Store) -> None:
    assert not store.rename("ada", "new")
    fill(store, "ada")
    fill(store, "bob", "bob")
    with pytest.raises(ConflictError, match="something stands already"):
        store.rename("ada", "bob")
    assert min(rows(store, "ada").values()) > 0


def test_a_tombstone_moves_with_its_pseudonym(store: Store) -> None:
    store.transact("ada", erases(), 0)
    assert store.rename("ada", "new")
    assert (store.user("ada", 0).erased, store.user("new", 0).erased) == (False, True)
    store.transact("bob", writes(events=(stored("e-1", "bob"),)), 0)
    with pytest.raises(ConflictError, match="something stands already"):
        store.rename("bob", "new")
