"""A service of its own and a browser for the tests of pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import Browser

from tests.browsers import chromium
from tests.small_hand import Hand, phone
from tests.small_pages import Paths, paths_of
from tests.small_service import MESSAGES, RunningService, running_service

_people = count()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running_service(tmp_path_factory.mktemp("browsed")) as found:
        assert found.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        yield found


# Playwright keeps an event loop running in this thread, which tests of other modules must not meet.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def person(service: RunningService) -> Paths:
    """A new user who reads about tennis, and was sent something a moment ago."""
    user_id = f"browsing-{next(_people)}"
    service.call("PATCH", f"/v1/users/{user_id}/preferences", {"timezone": "Asia/Shanghai"})
    asked = {"user_id": user_id, "candidates": ["m-match", "m-old"], "mode": "confirm"}
    answer = service.call.post("/v1/rank", asked)
    assert answer.status_code == 200, answer.text
    told = {"event_id": f"e-{user_id}", "type": "activity", "user_id": user_id, "kind": "view", "tags": ["tennis"]}
    at = (datetime.now(tz=UTC) - timedelta(hours=1)).isoformat()  # noqa: TID251 (the service's clock is the wall's)
    assert service.call.post("/v1/events", {"events": [{**told, "at": at}]}).json()["accepted"] == 1
    return paths_of(service.call, user_id)


@pytest.fixture
def hand(browser: Browser, service: RunningService, person: Paths) -> Iterator[Hand]:
    with phone(browser) as page:
        yield Hand(page, service, person)
