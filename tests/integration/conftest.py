from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.small_pages import Paths, paths_of
from tests.small_service import (
    MESSAGES,
    RunningService,
    SmallService,
    lay_champion,
    running_service,
    service_in_process,
)

_people = count()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """The real `bentoml serve` with a small model and a small catalogue, once for all tests of a session."""
    home = tmp_path_factory.mktemp("running")
    lay_champion(home)
    with running_service(home) as service:
        assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        yield service


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallService]:
    """The service in this process, with a small model and a small catalogue."""
    home = tmp_path_factory.mktemp("served")
    lay_champion(home)
    with service_in_process(home) as service:
        assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        yield service


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallService]:
    """The service in this process with the shipped policy, for pages."""
    with service_in_process(tmp_path_factory.mktemp("pages"), PUSHRANK_POLICY="default") as service:
        assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        yield service


@pytest.fixture
def person(pages: SmallService) -> Paths:
    """A user of one test alone, who lives in Shanghai."""
    user_id = f"person-{next(_people)}"
    answer = pages.call("PATCH", f"/v1/users/{user_id}/preferences", {"timezone": "Asia/Shanghai"})
    assert answer.status_code == 200, answer.text
    return paths_of(pages.call, user_id)
