"""Over the whole service: a message that goes later is held until then, and confirmed then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pushrank.config.home import shipped
from pushrank.domain.instants import HOUR, MINUTE, instant, iso
from tests.small_service import NOW, Caller, lay_champion, service_in_process

CHANGES = {"hours: null": "hours: {ahead_hours: 12, shortlist: 3}", "min_gap_minutes: null": "min_gap_minutes: 60"}
MESSAGES: list[dict[str, Any]] = [
    {"message_id": "m-news", "category": "news", "title": "Rain at noon", "published_at": "2026-11-23T08:00:00Z"},
    {"message_id": "m-match", "category": "sport.tennis", "title": "Goal in the last minute", "tags": ["tennis"]},
    {"message_id": "m-brief", "category": "news", "title": "For a moment", "expires_at": "2026-11-23T10:01:00Z"},
    {"message_id": "m-alarm", "category": "news", "title": "Storm", "urgency": "breaking"},
    {"message_id": "m-sent", "category": "news", "title": "Sent before"},
]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """The open policy with hours and a gap."""
    text = shipped("policy", "open").read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "patient.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "patient.yaml"


def told_of_a_push(call: Caller, at: int) -> None:
    event = {"event_id": "e-1", "type": "sent", "user_id": "u-1", "at": iso(at), "message_id": "m-sent"}
    assert call.post("/v1/events", {"events": [event]}).json()["accepted"] == 1


def test_what_waits_is_held_too_early_until_then_and_sent_then(tmp_path: Path, policy: Path) -> None:
    lay_champion(tmp_path)
    with service_in_process(tmp_path, PUSHRANK_POLICY=str(policy)) as service:
        call = service.call
        assert call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        told_of_a_push(call, NOW - 10 * MINUTE)
        decision = call.rank(candidates=["m-news", "m-match", "m-brief", "m-alarm"], slots=2)
        first, second = decision["slate"]
        moments = [instant(chosen["send_at"]) for chosen in (first, second)]
        assert all(NOW + 50 * MINUTE <= at <= NOW + 12 * HOUR for at in moments)
        assert abs(moments[0] - moments[1]) >= HOUR
        assert {one["message_id"]: one["code"] for one in decision["excluded"]} == {
            "m-brief": "min_gap",
            "m-alarm": "min_gap",
        }
        assert instant(first["hold_expires_at"]) == moments[0] + 5 * MINUTE
        path, body = f"/v1/decisions/{decision['decision_id']}/confirm", {"message_ids": [first["message_id"]]}
        early = call.post(path, {**body, "at": iso(moments[0] - 1)}).json()
        assert (early["send"], early["stop"][0]["code"]) == ([], "too_early")
        assert instant(early["stop"][0]["until"]) == moments[0]
        assert call.post(path, {**body, "at": iso(moments[0])}).json()["send"] == [first["message_id"]]


def test_what_expires_in_a_minute_goes_now_and_then_never(tmp_path: Path, policy: Path) -> None:
    lay_champion(tmp_path)
    with service_in_process(tmp_path, PUSHRANK_POLICY=str(policy)) as service:
        assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        (chosen,) = service.call.rank(candidates=["m-brief"], mode="look")["slate"]
        assert instant(chosen["send_at"]) == NOW
        late = service.call.rank(candidates=["m-brief"], at=iso(NOW + MINUTE))
        assert [(one["message_id"], one["code"]) for one in late["excluded"]] == [("m-brief", "expired")]
