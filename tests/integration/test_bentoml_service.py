"""The real `bentoml serve`: what it lets in, what it hides, and how it takes a new champion while serving."""

from __future__ import annotations

import threading
import time

import pytest

from pushrank.config.home import Home
from pushrank.scoring.bundle import save
from pushrank.scoring.install import install
from pushrank.service.routes import Route
from pushrank.service.table import ROUTES
from tests.small_models import small_trained
from tests.small_service import RunningService

GUARDED = [route for route in ROUTES if route.scope is not None]


def attempt(running: RunningService, route: Route, key: str) -> int:
    path = route.template.replace("{id}", "nothing")
    body: dict[str, str] | None = None if route.body is None else {}
    return running.call(route.method, path, body, key=key).status_code


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{route.method} {route.template}")
def test_a_guarded_route_opens_only_to_a_key_with_its_scope(running: RunningService, route: Route) -> None:
    assert route.scope is not None
    others = [scope for scope in {one.scope for one in GUARDED} if scope not in (route.scope, None)]
    right = running.key(route.scope)
    assert attempt(running, route, "") == 401
    assert attempt(running, route, right[:-1] + ("0" if right[-1] != "0" else "1")) == 401
    assert attempt(running, route, "Bearer") == 401
    assert attempt(running, route, running.key(*[scope for scope in others if scope is not None])) == 403
    assert attempt(running, route, right) not in (401, 403, 500, 503)


def test_the_open_routes_need_no_key(running: RunningService) -> None:
    for path in ("/livez", "/readyz", "/openapi.json"):
        assert running.call("GET", path, key="").status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs.json", "/schema.json", "/healthz", "/assets"])
def test_pages_of_bentoml_are_hidden(running: RunningService, path: str) -> None:
    answer = running.call("GET", path, key="")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "server" not in answer.headers


def test_a_50_mb_body_is_refused_and_the_client_hears_why(running: RunningService) -> None:
    answer = running.call.post("/v1/rank", b" " * 50_000_000)
    assert answer.status_code == 413
    assert running.call.rank(candidates=["m-news"], mode="look")["slate"]


def test_pickles_are_not_opened(running: RunningService) -> None:
    headers = {"Content-Type": "application/vnd.bentoml+pickle"}
    assert running.call.post("/v1/rank", b"cos\nsystem\n(S'true'\ntR.", headers=headers).status_code == 415


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # inside BentoML
def test_there_is_one_service_and_no_other_to_call() -> None:
    from pushrank.service.app import PushRank  # noqa: PLC0415 (BentoML warns on import)

    assert (PushRank.dependencies, PushRank.apis) == ({}, {})


def test_nothing_personal_is_logged(running: RunningService) -> None:
    running.call.rank(user_id="u-very-secret", candidates=["m-news"])
    running.call("GET", "/v1/users/u-very-secret/preferences")
    running.call.post("/v1/rank", {"user_id": "u-very-secret", "slots": 99})
    time.sleep(0.2)
    assert '"route":"/v1/users/{id}/preferences"' in running.log
    assert "u-very-secret" not in running.log


def test_acknowledged_events_count_at_once_for_the_next_ranking(running: RunningService) -> None:
    event = {"event_id": "e-live", "type": "opted_out", "user_id": "u-live", "at": "2026-11-23T09:00:00Z"}
    assert running.call.post("/v1/events", {"events": [event]}).json()["accepted"] == 1
    answer = running.call.rank(user_id="u-live", candidates=["m-news"], mode="look")
    assert [entry["code"] for entry in answer["excluded"]] == ["opted_out"]


@pytest.mark.slow
def test_a_new_champion_is_taken_without_a_failed_request(running: RunningService) -> None:
    before = running.call("GET", "/readyz").json()["model"]
    failed: list[int] = []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.wait(0.02):
            answer = running.call.post("/v1/rank", {"user_id": "u-asks", "mode": "look"})
            if answer.status_code != 200:
                failed.append(answer.status_code)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    save(small_trained(with_opt_out=False), running.home / "second")
    install(running.home / "second", Home(running.home).champion)
    deadline = time.monotonic() + 60
    while running.call("GET", "/readyz").json()["model"] == before and time.monotonic() < deadline:
        time.sleep(0.2)
    done.set()
    asking.join()
    assert running.call("GET", "/readyz").json()["model"] != before
    assert failed == []
