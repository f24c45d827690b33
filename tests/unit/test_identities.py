"""Who stands under a former pseudonym is moved when first met."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pushrank.domain.record import Change, Erasure
from pushrank.rights.identities import Identities
from pushrank.rights.pseudonyms import Pseudonyms, Secret, Secrets
from pushrank.store.errors import ConflictError
from pushrank.store.memory import MemoryStore

OLDEST, OLD, NEW = (Secret(letter * 32) for letter in (b"a", b"b", b"c"))
TOMB = Secrets(NEW, (OLD, OLDEST), Secret(b"s" * 32)).tomb


class Counting(MemoryStore):
    """A store that counts how often it was asked to move somebody."""

    asked = 0

    def rename(self, old_key: str, new_key: str) -> bool:
        self.asked += 1
        return super().rename(old_key, new_key)


def wish(store: MemoryStore, user_key: str, most: int) -> None:
    def rule(reading: Any) -> Change[None]:
        preferences = replace(reading.record.preferences, max_per_day=most)
        return Change(None, record=replace(reading.record, known=True, preferences=preferences))

    store.transact(user_key, rule, 0)


def test_without_former_secrets_nothing_is_looked_up() -> None:
    store = Counting(tomb=TOMB)
    assert Identities(store, Pseudonyms(NEW)).of("u-1") == Pseudonyms(NEW).of("u-1")
    assert store.asked == 0


@pytest.mark.parametrize("under", [OLD, OLDEST])
def test_everything_of_a_user_stands_under_the_new_key_once_met(under: Secret) -> None:
    store = Counting(tomb=TOMB)
    wish(store, Pseudonyms(under).of("u-1"), 2)
    identities = Identities(store, Pseudonyms(NEW, before=(OLD, OLDEST)))

    key = identities.of("u-1")

    assert key == Pseudonyms(NEW).of("u-1")
    assert store.user(key, 0).preferences.max_per_day == 2
    assert list(store.users()) == [key]
    assert identities.known_as("u-1") == (key, Pseudonyms(OLD).of("u-1"), Pseudonyms(OLDEST).of("u-1"))


def test_a_user_is_looked_for_once() -> None:
    store = Counting(tomb=TOMB)
    identities = Identities(store, Pseudonyms(NEW, before=(OLD, OLDEST)))
    for _ in range(3):
        identities.of("u-1")
        identities.of("u-2")
    assert store.asked == 4


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pushrank.rights.identities._MOST_REMEMBERED", 2)
    store = Counting(tomb=TOMB)
    identities = Identities(store, Pseudonyms(NEW, before=(OLD,)))
    for name in ("u-1", "u-2", "u-3", "u-1"):
        identities.of(name)
    assert store.asked == 4
    assert len(identities._met) <= 2


def test_a_tombstone_moves_along() -> None:
    store = MemoryStore(tomb=TOMB)
    old = Pseudonyms(OLD).of("u-1")
    wish(store, old, 1)
    store.transact(old, lambda _: Change(None, erase=Erasure(1)), 0)

    key = Identities(store, Pseudonyms(NEW, before=(OLD,))).of("u-1")

    assert store.user(key, 0).erased
    assert [stone.token for stone in store.tombstones()] == [TOMB(key)]


def test_who_stands_under_both_is_not_merged_in_silence() -> None:
    store = MemoryStore(tomb=TOMB)
    wish(store, Pseudonyms(OLD).of("u-1"), 1)
    wish(store, Pseudonyms(NEW).of("u-1"), 9)
    with pytest.raises(ConflictError):
        Identities(store, Pseudonyms(NEW, before=(OLD,))).of("u-1")
