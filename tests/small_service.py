"""The whole service over a fresh home: in this process without a socket, or as `bentoml serve` on a free port."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from pushrank.cli.keys import create_key
from pushrank.cli.serve import SERVICE
from pushrank.config.home import Home
from pushrank.domain.instants import Instant, instant
from pushrank.rights.keys import SCOPES
from pushrank.scoring.bundle import save
from pushrank.scoring.install import install
from pushrank.service.clock import wall_clock
from pushrank.service.deployment import Deployment, open_deployment
from pushrank.service.door import Door
from pushrank.service.guard import Message, Receive, Scope, Send
from pushrank.service.routes import RouteTable
from pushrank.service.table import ROUTES
from tests.small_models import small_trained

NOW = instant("2026-11-23T10:00:00+00:00")
ROOT = Path(__file__).resolve().parents[1]

MESSAGES: list[dict[str, Any]] = [
    {"message_id": "m-news", "category": "news", "title": "Rain at noon", "published_at": "2026-11-23T08:00:00Z"},
    {"message_id": "m-match", "category": "sport.tennis", "title": "Goal in the last minute", "tags": ["tennis"]},
    {"message_id": "m-offer", "category": "promo", "title": "Half price", "kind": "offer", "worth": 2},
    {"message_id": "m-old", "category": "news", "title": "Yesterday", "expires_at": "2026-11-22T00:00:00Z"},
]


def settings(home: Path, **more: str) -> dict[str, str]:
    """Environment of a service whose requests set the clock and whose policy forbids only what users forbid."""
    return {"PUSHRANK_HOME": str(home), "PUSHRANK_CONFIG": "demo", "PUSHRANK_POLICY": "open", **more}


def lay_champion(home: Path, name: str = "first") -> None:
    """Install a small verified model where the service looks for it."""
    save(small_trained(), home / name)
    install(home / name, Home(home).champion)


class Caller:
    """Sends requests with a key of all scopes unless told otherwise."""

    def __init__(self, client: httpx.Client, key: str) -> None:
        self._client = client
        self.key = key

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send `body` as JSON, or as it is where it is bytes; an empty `key` sends none."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        chosen = self.key if key is None else key
        sent |= {"Authorization": f"Bearer {chosen}"} if chosen else {}
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return self._client.request(method, path, content=content, headers={**sent, **(headers or {})})

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """POST, as nearly all writes."""
        return self(method="POST", path=path, body=body, **more)

    def rank(self, **fields: Any) -> dict[str, Any]:
        """Rank at a fixed moment and expect an answer."""
        asked = {"user_id": "u-1", "at": "2026-11-23T10:00:00Z", **fields}
        answer = self.post("/v1/rank", asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


class InProcess(httpx.BaseTransport):
    """Calls a raw ASGI application from synchronous tests."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Run one request to its end."""
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        inner = httpx.Request(request.method, request.url, headers=request.headers, content=content)
        answer = await self._transport.handle_async_request(inner)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


async def nothing(scope: Scope, _receive: Receive, _send: Send) -> None:
    """Stand where BentoML's own application would."""
    raise AssertionError(scope["type"])


@dataclass(frozen=True)
class SmallService:
    """A service in this process: its parts, its door, and somebody who calls."""

    deployment: Deployment
    door: Door
    call: Caller
    environment: Mapping[str, str]

    def key(self, *scopes: str) -> str:
        """Make a key with some scopes."""
        return _key(self.environment, scopes)

    def ask(self, scope: Scope) -> int:
        """Send a request without a body as a server would hand it over, and return the status of the answer."""
        answers: list[int] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answers.append(message["status"])

        asyncio.run(self.door(scope, receive, send))
        return answers[0]


@contextmanager
def service_in_process(home: Path, clock: Instant = NOW, **more: str) -> Iterator[SmallService]:
    """Open a service over `home` whose server clock stands still at `clock`."""
    environment = settings(home, **more)
    key = create_key(environment, list(SCOPES), None, clock)
    deployment = open_deployment(environment, lambda: clock, lambda: 0)
    door = Door(nothing, table=RouteTable(ROUTES), deployment=lambda: deployment)
    try:
        with httpx.Client(transport=InProcess(door), base_url="http://service") as client:
            yield SmallService(deployment, door, Caller(client, key), environment)
    finally:
        door.close()
        deployment.close()


@dataclass(frozen=True)
class RunningService:
    """`bentoml serve` at work: its process, its home, and somebody who calls."""

    process: subprocess.Popen[bytes]
    home: Path
    url: str
    call: Caller
    environment: Mapping[str, str]

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self.home / "service.log").read_text(encoding="utf-8")

    def key(self, *scopes: str) -> str:
        """Make a key with some scopes."""
        return _key(self.environment, scopes)


def _key(environment: Mapping[str, str], scopes: Sequence[str]) -> str:
    """Make a key, and wait until a service looks for keys that it did not know."""
    key = create_key(environment, list(scopes), None, wall_clock())
    time.sleep(0.15)
    return key


@contextmanager
def running_service(home: Path, target: str = SERVICE, **more: str) -> Iterator[RunningService]:
    """Start `bentoml serve TARGET` over `home` on a free loopback port and end it by its process id."""
    environment = settings(home, **more)
    key = create_key(environment, list(SCOPES), None, wall_clock())
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    process = _started(target, home, port, environment)
    try:
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
            _wait_until_alive(client, process, home)
            yield RunningService(process, home, url, Caller(client, key), environment)
    finally:
        _end(process)


def _started(target: str, home: Path, port: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bentoml", "serve", target, "--port", str(port)]
    told = {**bentoml_environment(home), **environment}
    with (home / "service.log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=home, env=told, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )


def bentoml_environment(home: Path) -> dict[str, str]:
    """What BentoML needs of the environment; its own state lies in `home`."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(ROOT / "src"),
        "BENTOML_DO_NOT_TRACK": "True",
        "BENTOML_HOME": str(home / "bentoml"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_alive(client: httpx.Client, process: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/livez").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError((home / "service.log").read_text(encoding="utf-8")[-4000:])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
