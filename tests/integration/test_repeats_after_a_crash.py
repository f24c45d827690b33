"""One key makes one decision and one set of holds, wherever the process dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from pushrank.domain.instants import SECOND
from pushrank.service.deployment import Deployment
from pushrank.service.door import Door
from pushrank.service.once import InFlight
from pushrank.service.routes import RouteTable
from pushrank.service.table import ROUTES
from pushrank.store import Store, StoreError
from pushrank.store.turns import Turns
from tests.small_service import MESSAGES, NOW, Caller, InProcess, SmallService, nothing, service_in_process

BODY = {"user_id": "u-1", "candidates": ["m-match"], "at": "2026-11-23T10:00:00Z"}
KEY = {"Idempotency-Key": "k-1"}


class Dead(BaseException):
    """The process ends here; nothing after it runs."""


class DiesIn:
    """A store whose process dies before or after one of its writes."""

    def __init__(self, store: Store, write: str, *, after: bool, error: BaseException) -> None:
        self._store, self._write, self._after, self._error = store, write, after, error

    def __getattr__(self, name: str) -> object:
        found = getattr(self._store, name)
        if name != self._write:
            return found

        def dying(*arguments: object) -> None:
            if self._after:
                found(*arguments)
            raise self._error

        return dying


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SmallService]:
    with service_in_process(tmp_path) as opened:
        opened.call.post("/v1/messages", {"messages": MESSAGES})
        yield opened


@contextmanager
def _process(service: SmallService, seconds: int, store: Store | None = None) -> Iterator[Caller]:
    """Another process over the same database, some seconds later."""
    parts: Deployment = replace(
        service.deployment, turns=Turns(), flights=InFlight(), clock=lambda: NOW + seconds * SECOND
    )
    if store is not None:
        ranker = replace(parts.ranker, store=store)
        parts = replace(parts, store=store, ranker=ranker, holds=replace(parts.holds, store=store))
    door = Door(nothing, table=RouteTable(ROUTES), deployment=lambda: parts)
    with httpx.Client(transport=InProcess(door), base_url="http://service") as client:
        yield Caller(client, service.call.key)
    door.close()


@pytest.mark.parametrize(("write", "after"), [("transact", False), ("transact", True), ("remember", False)])
def test_a_ranking_whose_process_died_is_made_once(service: SmallService, write: str, *, after: bool) -> None:
    dying = DiesIn(service.deployment.store, write, after=after, error=Dead())
    with _process(service, 0, dying) as call, pytest.raises(Dead):  # type: ignore[arg-type]
        call.post("/v1/rank", BODY, headers=KEY)
    with _process(service, 19) as call:
        assert call.post("/v1/rank", BODY, headers=KEY).status_code == 409
        assert call.post("/v1/rank", {**BODY, "slots": 2}, headers=KEY).status_code == 422
    with _process(service, 21) as call:
        first = call.post("/v1/rank", BODY, headers=KEY)
        assert call.post("/v1/rank", BODY, headers=KEY).content == first.content
        decision = first.json()
        assert [one["message_id"] for one in decision["slate"]] == ["m-match"]
        assert decision["user_id"] == "u-1"
        stored = call("GET", f"/v1/decisions/{decision['decision_id']}").json()
        assert {**stored, "user_id": "u-1"} == decision
    record = service.deployment.store.user(service.deployment.pseudonyms.of("u-1"), 0)
    assert [push.decision_id for push in record.pushes] == [decision["decision_id"]]
    assert service.deployment.store.count("decisions") == 1


def test_a_request_in_flight_in_another_process_is_a_409(service: SmallService) -> None:
    inner: list[int] = []

    class Asked(DiesIn):
        def __getattr__(self, name: str) -> object:
            if name == "transact" and not inner:
                inner.append(0)
                with _process(service, 1) as other:
                    inner[0] = other.post("/v1/rank", BODY, headers=KEY).status_code
            return getattr(self._store, name)

    with _process(service, 0, Asked(service.deployment.store, "", after=False, error=Dead())) as call:  # type: ignore[arg-type]
        assert call.post("/v1/rank", BODY, headers=KEY).status_code == 200
    assert inner == [409]


def test_after_a_503_a_repeat_need_not_wait_and_finds_what_was_made(service: SmallService) -> None:
    lost = DiesIn(service.deployment.store, "transact", after=True, error=StoreError("the answer was lost"))
    with _process(service, 0, lost) as call:  # type: ignore[arg-type]
        assert call.post("/v1/rank", BODY, headers=KEY).status_code == 503
    with _process(service, 1) as call:
        decision = call.post("/v1/rank", BODY, headers=KEY).json()
        assert [one["message_id"] for one in decision["slate"]] == ["m-match"]
    assert service.deployment.store.count("decisions") == 1


def test_a_refused_request_may_come_again_with_another_body(service: SmallService) -> None:
    assert service.call.post("/v1/rank", {**BODY, "slots": 99}, headers=KEY).status_code == 422
    assert service.call.post("/v1/rank", BODY, headers=KEY).status_code == 200
