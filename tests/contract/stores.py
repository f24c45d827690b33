"""The stores that the contract tests run against: a name and how to get an empty one, or its address if it has one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

from pushrank.store import Store, open_store
from pushrank.store.memory import MemoryStore
from tests import postgres_server


def sqlite_address(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.sqlite'}"


def postgres_address(_: Path) -> str:
    return postgres_server.shared().address()


def tomb(user_key: str) -> str:
    """Give a token that does not hold the user's key, as a real one does not."""
    return sha256(f"a key of its own: {user_key}".encode()).hexdigest()


ADDRESSES: dict[str, Callable[[Path], str]] = {"sqlite": sqlite_address, "postgresql": postgres_address}
"""Those that outlive their process and may be opened more than once."""


def _opened(address: Callable[[Path], str], folder: Path) -> Store:
    return open_store(address(folder), tomb=tomb)


def _in_memory(_: Path) -> Store:
    return MemoryStore(tomb)


STORES: dict[str, Callable[[Path], Store]] = {name: partial(_opened, address) for name, address in ADDRESSES.items()}
STORES["memory"] = _in_memory
