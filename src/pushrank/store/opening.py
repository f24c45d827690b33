"""From an address to a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pushrank.store.errors import StoreError
from pushrank.store.postgres import PostgresStore
from pushrank.store.protocol import Store
from pushrank.store.sqlite import SqliteStore
from pushrank.store.turns import Turns

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def open_store(url: str, turns: Turns | None = None, tomb: Callable[[str], str] | None = None) -> Store:
    """Open the store at `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.

    What follows the third slash of `sqlite:///` is the path, so an absolute one makes four. A thread that holds a turn
    of `turns` gives it up while it waits for the disk or the server. `tomb` gives the token of a user's tombstone; a
    store without it erases nobody. Raises StoreError for another scheme and where the database can't be opened. An
    address may hold a password, so an error repeats its scheme only.
    """
    if url.startswith(_POSTGRES):
        return PostgresStore(url, turns=turns, tomb=tomb)
    path = url.removeprefix(_SQLITE)
    if path == url or not path or "?" in path:
        scheme = url.split(":", 1)[0]
        msg = f"store address: expected sqlite:///PATH or postgresql://..., got one that starts with {scheme!r}"
        raise StoreError(msg)
    return SqliteStore(Path(path).absolute(), turns=turns, tomb=tomb)
