"""A service whose clock jumps permits nothing to be sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from pushrank.domain.instants import SECOND
from pushrank.service.clock import Steadiness
from pushrank.service.door import Door
from pushrank.service.routes import RouteTable
from pushrank.service.table import ROUTES
from tests.small_service import (
    MESSAGES,
    NOW,
    Caller,
    InProcess,
    SmallService,
    lay_champion,
    nothing,
    service_in_process,
)


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_jump_stops_holds_and_confirms_and_readiness_until_it_is_undone(tmp_path: Path, seconds: int) -> None:
    lay_champion(tmp_path)
    with service_in_process(tmp_path) as service:
        wall = [NOW]
        call, door = _moved(service, wall)
        assert call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        decision = call.rank(candidates=["m-match"])
        confirm = f"/v1/decisions/{decision['decision_id']}/confirm"
        wall[0] += seconds * SECOND
        body = {"user_id": "u-2", "candidates": ["m-match"], "at": "2026-11-23T10:00:00Z"}
        for answer in (
            call.post("/v1/rank", body),
            call.post("/v1/rank", {**body, "mode": "confirm"}, headers={"Idempotency-Key": "k-1"}),
            call.post(confirm, {"at": "2026-11-23T10:01:00Z"}),
            call("GET", "/readyz"),
        ):
            assert answer.status_code == 503
            assert "jumped 3600 s" in answer.json()["detail"]
        assert call.post("/v1/rank", {**body, "mode": "look"}).status_code == 200
        assert call("GET", "/livez").status_code == 200
        wall[0] = NOW
        assert call("GET", "/readyz").status_code == 200
        assert call.post("/v1/rank", {**body, "mode": "confirm"}, headers={"Idempotency-Key": "k-1"}).status_code == 200
        assert call.post(confirm, {"at": "2026-11-23T10:01:00Z"}).json()["send"] == ["m-match"]
        door.close()


def _moved(service: SmallService, wall: list[int]) -> tuple[Caller, Door]:
    """Somebody who calls the same service over a clock that the test sets."""
    steadiness = Steadiness.of(lambda: wall[0], lambda: 0)
    deployment = replace(service.deployment, steadiness=steadiness)
    door = Door(nothing, table=RouteTable(ROUTES), deployment=lambda: deployment)
    client = httpx.Client(transport=InProcess(door), base_url="http://service")
    return Caller(client, service.call.key), door
