"""Somebody who says something unmistakable in every place where a caller may say anything."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.small_canaries import Canaries, names_in
from tests.small_service import RunningService

AT = "2026-11-23T09:00:00Z"


@dataclass
class Visitor:
    """Calls the server with a canary in every header, and remembers what it called."""

    service: RunningService
    canaries: Canaries = field(default_factory=Canaries)
    answered: set[tuple[str, int]] = field(default_factory=set)
    taken: dict[str, set[str]] = field(default_factory=dict)
    calls: int = 0

    def __call__(self, name: str, body: Any = None, path: str = "", **headers: str) -> httpx.Response:
        """Make the call of the table called `name`; headers are named with underscores."""
        method, _, template = name.partition(" ")
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        told = {key: self.canaries(f"header {key}") for key in ("User-Agent", "Referer", "Cookie", "X-Request-Id")}
        told |= {
            "traceparent": f"00-{self.canaries('header traceparent')}-01",
            "Accept-Language": self.canaries("lang"),
        }
        answer = self.service.call(method, path or template, body, headers={**told, **named})
        self.calls += 1
        self.answered.add((name, answer.status_code))
        if answer.is_success:
            self.taken.setdefault(name, set()).update(names_in(body))
        return answer

    @property
    def statuses(self) -> set[int]:
        """Every status that was answered."""
        return {status for _, status in self.answered}


def message(canaries: Canaries) -> dict[str, Any]:
    """A message with everything that a message may have."""
    lines = ("title", "body", "language", "campaign", "occasion", "link", "image", "sender", "ad_label", "event_key")
    lists = ("tags", "items", "actions", "questions")
    return {
        **{name: canaries(f"message {name}") for name in (*lines, "message_id")},
        **{name: [canaries(f"message {name}")] for name in lists},
        "category": "news",
        "attributes": {canaries("attribute name"): canaries("attribute value")},
        "published_at": AT,
        "expires_at": "2099-01-01T00:00:00Z",
        "worth": 2,
        "price": 1,
        "list_price": 2,
        "in_stock": True,
        "kind": "inform",
        "urgency": "normal",
        "purpose": "recommendation",
    }


def events(canaries: Canaries, user_id: str) -> Iterator[dict[str, Any]]:
    """Events with everything that an event may have; their ids say whose they are."""
    told: tuple[dict[str, Any], ...] = (
        {"type": "sent", "message_id": "m-news", "decision_id": canaries("decision of an event")},
        {"type": "converted", "message_id": "m-news", "amount": 2, "channel": canaries("channel")},
        {"type": "feedback", "message_id": "m-news", "reason": "too_often", "reverted": False},
        {"type": "feedback", "comment": canaries("comment")},
        {"type": "answer", "question": canaries("question"), "choice": canaries("choice"), "message_id": "m-news"},
        {"type": "activity", "kind": canaries("kind"), "tags": [canaries("tag")], "items": [canaries("item")]},
        {"type": "attribute", "name": canaries("attribute"), "value": canaries("value of an attribute")},
        {"type": "opted_out", "scope": "promo"},
    )
    for one in told:
        yield {"event_id": f"{user_id}.{canaries('event_id')}", "user_id": user_id, "at": AT, **one}


def ranking(canaries: Canaries, user_id: str) -> dict[str, Any]:
    """A ranking with everything that may be asked."""
    filled = {"message_id": "m-news", "event_key": canaries("event_key"), "items": [canaries("item")], "worth": 2}
    asked = {"slots": 2, "channel": canaries("channel of a ranking"), "mode": "hold", "context": {}, "at": AT}
    return {"user_id": user_id, "candidates": [filled, canaries("candidate")], **asked}


def preferences(canaries: Canaries) -> dict[str, Any]:
    """A patch with everything that a user may choose."""
    choices = {"push": True, "max_per_day": 5, "max_per_week": 9, "personalisation": True, "objected": False}
    window = {"from": "22:00", "to": "07:00", "days": ["mon"]}
    word = {"granted": True, "policy_version": canaries("policy_version"), "at": AT}
    return {
        **choices,
        "muted_until": AT,
        "categories": {"news": True},
        "category_caps": {"news": 4},
        "tags": {canaries("tag of a patch"): True},
        "quiet_hours": [window],
        "in_quiet_hours": "defer",
        "timezone": "Asia/Shanghai",
        "language": "zh",
        "consents": {"recommendation": word},
    }


def broken(canaries: Canaries) -> Iterator[bytes]:
    """Bodies that are no JSON, and one that is too long."""
    word = canaries("broken JSON").encode()
    yield b'{"user_id": "' + word
    yield word + b'\xff\xfe{"' + word
    yield b'{"' + word + b'": ' * 3
    yield b"[" * 5000 + word
    yield b'"' + word * 800_000 + b'"'


def strange(canaries: Canaries) -> Iterator[dict[str, str]]:
    """Headers that are refused, or should be ignored."""
    for name in ("Authorization", "Content_Type", "Content_Encoding", "If_Match", "Host", "Origin", "Sec_Fetch_Site"):
        yield {name: canaries(f"header {name}")}
    yield {"Authorization": f"Bearer {canaries('bearer')}"}
    yield {"Authorization": f"Basic {canaries.person('basic')}"}
    yield {"Idempotency_Key": f"{canaries.person('bad Idempotency-Key')} x"}
    yield {"X_Long": canaries("a header that is too long") * 2000}


@contextmanager
def failing(home: Path, canaries: Canaries) -> Iterator[None]:
    """A store whose errors quote what was written."""
    tables = ("events", "pushes", "users", "decisions")
    with closing(sqlite3.connect(home / "pushrank.sqlite", isolation_level=None)) as database:
        for table in tables:
            raising = f"SELECT RAISE(ABORT, '{canaries('error of the store')}')"
            database.execute(f"CREATE TRIGGER t_{table} BEFORE INSERT ON {table} BEGIN {raising}; END")
        database.execute("ALTER TABLE messages RENAME TO messages_gone")
        try:
            yield
        finally:
            database.execute("ALTER TABLE messages_gone RENAME TO messages")
            for table in tables:
                database.execute(f"DROP TRIGGER t_{table}")


def shout(visit: Visitor) -> None:
    """Talk to the server as no client should: half requests, other protocols, addresses that are none."""
    canaries = visit.canaries
    person, word = canaries.person("raw path").encode(), canaries("raw request").encode()
    head = b" HTTP/1.1\r\nHost: " + word + b"\r\n"
    whole = b"POST /v1/rank" + head + b"Content-Type: application/json\r\nAuthorization: Bearer "
    whole += visit.service.call.key.encode() + b"\r\n"
    socketed = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    for sent in (
        whole + b"Content-Length: 900\r\n\r\n" + b'{"user_id": "' + person,
        whole + b"Transfer-Encoding: chunked\r\n\r\n" + word + b"\r\n" + person,
        whole + b"Content-Length: " + word + b"\r\n\r\n",
        b"GET /v1/users/"
        + person
        + b"/preferences?"
        + word
        + head
        + socketed
        + b"Sec-WebSocket-Key: "
        + b"A" * 22
        + b"==\r\n\r\n",
        b"GET /v1/users/" + person + b"/profile" + head + b"Connection: Upgrade\r\nUpgrade: " + word + b"\r\n\r\n",
        b"GET /v1/users/" + person + b"\xff\xfe" + head + b"\r\n",
        b"GET http://" + word + b"/v1/users/" + person + head + b"\r\n",
        b"CONNECT " + person + b":443" + head + b"\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + word,
        person + b" " + word + b"\r\n\r\n",
        b"GET /" + person * 9000 + head + b"\r\n",
        b"GET /livez HTTP/1.1\r\n" + word + b"\r\n" + person + b"\0: x\r\n\r\n",
    ):
        _sent(visit.service.url, sent)
        visit.calls += 1


def _sent(url: str, data: bytes) -> None:
    """Send bytes, wait a moment for an answer, and go away."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=5) as line:
        line.sendall(data)
        line.settimeout(0.3)
        try:
            line.recv(1 << 16)
        except (TimeoutError, ConnectionResetError):
            return
