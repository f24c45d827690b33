"""Bad input over HTTP: each a clear answer that names field and expectation, and nothing half-written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from pushrank.service.guard import Message, Scope
from tests.small_service import SmallService, service_in_process

TYPE = "application/problem+json"


def assert_problem(answer: httpx.Response, status: int = 422) -> dict[str, str]:
    """Pointers with their details, after a look at the form of the problem."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == TYPE
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return {fault["pointer"]: fault["detail"] for fault in problem["errors"]}


def test_501_candidates_are_refused_with_the_limit(served: SmallService) -> None:
    body = {"user_id": "u", "candidates": [f"m-{number}" for number in range(501)]}
    assert assert_problem(served.call.post("/v1/rank", body)) == {
        "/candidates": "expected array of length <= 500, got 501 items"
    }


def test_an_unknown_field_is_named(served: SmallService) -> None:
    assert list(assert_problem(served.call.post("/v1/rank", {"user_id": "u", "slot": 1}))) == ["/slot"]


def test_nan_is_broken_json(served: SmallService) -> None:
    body = b'{"messages": [{"message_id": "m-nan", "category": "news", "worth": NaN}]}'
    assert_problem(served.call.post("/v1/messages", body), 400)
    assert served.call("GET", "/v1/messages/m-nan").status_code == 404


def test_a_time_without_offset_stores_nothing_of_its_batch(served: SmallService) -> None:
    good = {"event_id": "e-good", "type": "activity", "kind": "view", "user_id": "u", "at": "2026-11-23T09:00:00Z"}
    bad = {**good, "event_id": "e-bad", "at": "2026-11-23T09:00:00"}
    assert list(assert_problem(served.call.post("/v1/events", {"events": [good, bad]}))) == ["/events/1/at"]
    assert served.call.post("/v1/events", {"events": [good]}).json()["accepted"] == 1


def test_one_wrong_message_keeps_all_of_its_batch_out(served: SmallService) -> None:
    bodies = [{"message_id": "m-a", "category": "news"}, {"message_id": "m-b", "category": "news", "worth": -1}]
    assert list(assert_problem(served.call.post("/v1/messages", {"messages": bodies}))) == ["/messages/1/worth"]
    assert served.call("GET", "/v1/messages/m-a").status_code == 404


def test_a_wrong_patch_changes_nothing(served: SmallService) -> None:
    path = "/v1/users/u-wrong/preferences"
    patch = {"max_per_day": 1, "timezone": "Mars/Olympus", "muted_until": "tomorrow"}
    assert set(assert_problem(served.call("PATCH", path, patch))) <= {"/timezone", "/muted_until"}
    assert served.call("GET", path).json()["max_per_day"] is None


def test_an_unknown_message_is_an_exclusion_in_a_ranking_and_a_rejection_in_events(served: SmallService) -> None:
    answer = served.call.rank(candidates=["m-none"], mode="look")
    assert [entry["code"] for entry in answer["excluded"]] == ["unknown_message"]
    event = {
        "event_id": "e-none",
        "type": "clicked",
        "message_id": "m-none",
        "user_id": "u",
        "at": "2026-11-23T09:00:00Z",
    }
    rejected = served.call.post("/v1/events", {"events": [event]}).json()["rejected"]
    assert [(one["index"], one["code"]) for one in rejected] == [(0, "unknown_message")]


def test_an_unknown_user_gets_an_answer(served: SmallService) -> None:
    assert served.call.rank(user_id="nobody-knows", candidates=["m-news"], mode="look")["slate"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", "application/vnd.bentoml+pickle", ""]
)
def test_only_json_is_read(served: SmallService, kind: str) -> None:
    assert_problem(served.call.post("/v1/rank", {"user_id": "u"}, headers={"Content-Type": kind}), 415)


def test_a_compressed_body_is_not_read(served: SmallService) -> None:
    assert_problem(served.call.post("/v1/rank", {"user_id": "u"}, headers={"Content-Encoding": "gzip"}), 415)


def test_a_body_above_the_limit_is_a_413(served: SmallService) -> None:
    assert_problem(served.call.post("/v1/rank", b" " * ((1 << 20) + 1)), 413)


def test_headers_above_the_limit_are_a_431(served: SmallService) -> None:
    assert_problem(served.call("GET", "/livez", headers={"X-Long": "x" * 17_000}), 431)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/decisions/none", 404),
        ("POST", "/v1/decisions/none/confirm", 404),
        ("POST", "/v1/decisions/none/release", 404),
        ("GET", "/v1/messages/none", 404),
        ("DELETE", "/v1/messages/none", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/messages/", 404),
        ("GET", "/docs.json", 404),
        ("GET", "/schema.json", 404),
        ("GET", "/", 404),
        ("PUT", "/v1/rank", 405),
        ("OPTIONS", "/v1/rank", 405),
        ("POST", "/livez", 405),
        ("GET", "/v1/users/a%20b/preferences", 422),
        ("GET", "/v1/messages?limit=0", 422),
        ("GET", "/v1/messages?limit=9999999999", 422),
        ("GET", "/v1/messages?page=2", 422),
    ],
)
def test_what_is_not_there_or_not_allowed_is_said(served: SmallService, method: str, path: str, status: int) -> None:
    answer = served.call(method, path, {} if method == "POST" else None)
    assert_problem(answer, status)
    if status == 405:
        assert answer.headers["allow"]


def test_at_is_an_error_where_the_server_keeps_the_clock(tmp_path: Path) -> None:
    with service_in_process(tmp_path, PUSHRANK_CONFIG="default") as service:
        answer = service.call.post("/v1/rank", {"user_id": "u", "at": "2026-11-23T10:00:00Z"})
        assert list(assert_problem(answer)) == ["/at"]
        assert service.call.post("/v1/rank", {"user_id": "u"}).status_code == 200


def test_every_answer_carries_the_security_headers(served: SmallService) -> None:
    for answer in (served.call("GET", "/livez"), served.call("GET", "/none"), served.call.post("/v1/rank", b"{")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "server" not in answer.headers


def test_a_key_of_idempotency_gives_the_first_answer_again(served: SmallService) -> None:
    body = {"user_id": "u-once", "candidates": ["m-match"], "at": "2026-11-23T10:00:00Z"}
    headers = {"Idempotency-Key": "k-1"}
    first = served.call.post("/v1/rank", body, headers=headers)
    assert served.call.post("/v1/rank", body, headers=headers).content == first.content
    assert served.call.post("/v1/rank", body).json()["decision_id"] != first.json()["decision_id"]
    assert_problem(served.call.post("/v1/rank", {**body, "slots": 2}, headers=headers))
    assert_problem(served.call.post("/v1/rank", body, headers={"Idempotency-Key": "a b"}))


def test_a_key_of_idempotency_belongs_to_one_path_and_one_caller(served: SmallService) -> None:
    headers = {"Idempotency-Key": "k-2"}
    assert served.call("PATCH", "/v1/users/u-1a/preferences", {"push": True}, headers=headers).status_code == 200
    assert_problem(served.call("PATCH", "/v1/users/u-1b/preferences", {"push": True}, headers=headers))
    other = served.key("preferences")
    answer = served.call("PATCH", "/v1/users/u-1b/preferences", {"push": True}, key=other, headers=headers)
    assert answer.status_code == 200


def test_a_refused_request_may_be_tried_again_under_its_key(served: SmallService) -> None:
    headers = {"Idempotency-Key": "k-3"}
    assert served.call.post("/v1/decisions/later/confirm", {}, headers=headers).status_code == 404
    assert served.call.post("/v1/decisions/later/confirm", {}, headers=headers).status_code == 404


def test_a_second_request_under_a_key_in_flight_is_a_409(served: SmallService) -> None:
    key_id = served.call.key.split("_")[1]
    with served.deployment.flights.entered(served.deployment.secrets.digest(f"{key_id}\0k-4")):
        assert_problem(served.call.post("/v1/rank", {"user_id": "u"}, headers={"Idempotency-Key": "k-4"}), 409)


class Client:
    """An HTTP client that sends a body in pieces, and notes what the door takes of it."""

    def __init__(self, pieces: Iterable[bytes], headers: Iterable[tuple[bytes, bytes]], stalls: float = 0.0) -> None:
        self._pieces = iter(pieces)
        self._stalls = stalls
        self.headers = list(headers)
        self.taken = 0
        self.taken_before_answer = 0
        self.status = 0
        self.body = b""

    async def receive(self) -> Message:
        await asyncio.sleep(self._stalls)
        piece = next(self._pieces, None)
        if piece is None:
            return {"type": "http.disconnect"}
        self.taken += len(piece)
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.taken_before_answer = message["status"], self.taken
        self.body += message.get("body", b"")


def talk(service: SmallService, client: Client) -> Client:
    headers = [
        (b"authorization", f"Bearer {service.call.key}".encode()),
        (b"content-type", b"application/json"),
        *client.headers,
    ]
    scope: Scope = {"type": "http", "method": "POST", "path": "/v1/rank", "query_string": b"", "headers": headers}
    asyncio.run(service.door(scope, client.receive, client.send))
    return client


def test_a_long_body_is_refused_on_its_announcement(served: SmallService) -> None:
    client = talk(served, Client([b"x" * 65_536] * 800, [(b"content-length", b"52428800")]))
    assert (client.status, client.taken_before_answer) == (413, 0)
    assert json.loads(client.body)["detail"] == "expected a body of at most 1048576 bytes, got a longer one"


def test_a_long_body_without_an_announcement_is_refused_once_it_is_too_long(served: SmallService) -> None:
    client = talk(served, Client([b"x" * 65_536] * 800, []))
    assert client.status == 413
    assert client.taken_before_answer <= (1 << 20) + 65_536


def test_a_body_that_lies_about_its_length_is_counted(served: SmallService) -> None:
    client = talk(served, Client([b"x" * 65_536] * 800, [(b"content-length", b"10")]))
    assert client.status == 413


def test_a_body_that_does_not_arrive_is_a_408(served: SmallService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(served.deployment), "limits", lambda *_: (1 << 20, 0.05))
    client = talk(served, Client([b"{"] * 10, [], stalls=0.02))
    assert client.status == 408


def test_a_client_that_goes_away_is_answered_all_the_same(served: SmallService) -> None:
    """BentoML's timer around the door would hold a request without any answer for half a minute."""
    assert talk(served, Client([b"{"], [])).status == 400


def test_an_unexpected_failure_is_a_500_that_tells_nothing(
    served: SmallService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        msg = "u-secret must not be told"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(type(served.deployment.ranker), "rank", broken)
    answer = served.call.post("/v1/rank", {"user_id": "u-secret"})
    assert assert_problem(answer, 500) == {}
    assert "ZeroDivisionError" not in answer.text
    written = capsys.readouterr()
    assert "ZeroDivisionError" in written.out + written.err
    assert "u-secret" not in written.out + written.err


def test_an_answer_that_is_kept_names_the_user_by_pseudonym(served: SmallService) -> None:
    headers = {"Idempotency-Key": "k-veil"}
    body = {"user_id": "somebody-by-name", "candidates": ["m-news"], "at": "2026-11-23T10:00:00Z"}

    first = served.call.post("/v1/rank", body, headers=headers)
    again = served.call.post("/v1/rank", body, headers=headers)

    assert first.json()["user_id"] == "somebody-by-name"
    assert again.content == first.content
    files = sorted(Path(served.environment["PUSHRANK_HOME"]).glob("pushrank.sqlite*"))
    assert files
    assert not any(b"somebody-by-name" in file.read_bytes() for file in files)
