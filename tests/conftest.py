from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres_server, small_house, small_town


@pytest.fixture(scope="session")
def town_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of a small town, once for all tests of a session; nobody changes it."""
    return small_town.write_log(tmp_path_factory.mktemp("town") / "log")


@pytest.fixture(scope="session")
def town_model(town_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a model trained on that log."""
    return small_town.write_model(town_log, tmp_path_factory.mktemp("model") / "bundle")


@pytest.fixture(autouse=True)
def _close_stores() -> Iterator[None]:
    """Close what a test opened in a house of its own: newer Pythons warn of connections that are left open."""
    yield
    while small_house.OPENED:
        small_house.OPENED.pop().close()


@pytest.fixture(scope="session", autouse=True)
def _end_postgres() -> Iterator[None]:
    """Leave no server behind: some tests start one, which the others of the session share."""
    yield
    postgres_server.end()
