"""From an address to a store."""

from __future__ import annotations

from pathlib import Path

from pushrank.store.errors import StoreError
from pushrank.store.protocol import Store
from pushrank.store.sqlite import SqliteStore
from pushrank.store.turns import Turns

_SQLITE = "sqlite:///"


def open_store(url: str, turns: Turns | None = None) -> Store:
    """Open the store at `sqlite:///PATH`: what follows the third slash is the path, so an absolute one makes four.

    A thread that holds a turn of `turns` gives it up while it waits for the disk.
    Raises StoreError for another scheme and where the file can't be opened. An address may hold a password, so an
    error repeats its scheme only.
    """
    path = url.removeprefix(_SQLITE)
    if path == url or not path or "?" in path:
        msg = f"store address: expected sqlite:///PATH, got one that starts with {url.split(':', 1)[0]!r}"
        raise StoreError(msg)
    return SqliteStore(Path(path).absolute(), turns=turns)
