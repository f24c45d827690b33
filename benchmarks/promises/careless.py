"""A store as it must not be: it reads before it locks, and SQL knows no slots. It shows what the checks see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import sleep
from typing import Any, cast

from pushrank.domain.instants import Instant
from pushrank.domain.record import A, Change, Reading
from pushrank.store import Store
from pushrank.store.protocol import Rule

_THINKS_SECONDS = 0.002


class Careless:
    """Stands in front of a store; everything but `transact` is the store's own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def transact(self, user_key: str, rule: Rule[A], since: Instant, content_keys: Sequence[str] = ()) -> A:
        """Decide on what was read a moment ago, and write it without slots."""
        record = self._store.user(user_key, since, content_keys)
        sleep(_THINKS_SECONDS)

        def write(reading: Reading) -> Change[A]:
            return replace(rule(replace(reading, record=record)), slots={})

        return self._store.transact(user_key, write, since, content_keys)


def careless(store: Store) -> Store:
    """Put it in front of a store."""
    return cast("Store", Careless(store))
