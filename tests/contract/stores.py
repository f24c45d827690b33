"""The stores that the contract tests run against: a name and how to get the address of an empty one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def sqlite_address(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.sqlite'}"


ADDRESSES: dict[str, Callable[[Path], str]] = {"sqlite": sqlite_address}
