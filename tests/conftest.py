from __future__ import annotations

from pathlib import Path

import pytest

from tests import small_town


@pytest.fixture(scope="session")
def town_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of a small town, once for all tests of a session; nobody changes it."""
    return small_town.write_log(tmp_path_factory.mktemp("town") / "log")


@pytest.fixture(scope="session")
def town_model(town_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a model trained on that log."""
    return small_town.write_model(town_log, tmp_path_factory.mktemp("model") / "bundle")
