"""The stores that the contract tests run against: a name and how to get the address of an empty one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests import postgres_server


def sqlite_address(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.sqlite'}"


def postgres_address(_: Path) -> str:
    return postgres_server.shared().address()


ADDRESSES: dict[str, Callable[[Path], str]] = {"sqlite": sqlite_address, "postgresql": postgres_address}
