"""The race of opt-outs over HTTP, with requests replayed under the `Idempotency-Key` that they had before."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import numpy as np

from benchmarks.processes import HOST
from benchmarks.promises.client import Service
from benchmarks.promises.optout import Raced
from benchmarks.promises.people import START, messages
from benchmarks.promises.serving import prepared, serving
from pushrank.domain.instants import iso

_NAMES = [message.message_id for message in messages()[:4]]
_SPREAD_SECONDS = 0.05
_AFTERWARDS = 4


@dataclass(slots=True)
class _Tally:
    sends: int = 0
    late: int = 0
    asked: int = 0
    asked_late: int = 0
    broken: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that was made, and may be made again: `permits` says whether its answer permits a send."""

    path: str
    key: str
    body: dict[str, Any]
    permits: bool


class _Caller:
    """A keep-alive connection."""

    def __init__(self, service: Service) -> None:
        self._connection = HTTPConnection(HOST, service.port, timeout=30)
        self._key = service.key

    def call(self, method: str, path: str, body: Any, key: str) -> Any:
        """Call; gives the answer of a 200, None of anything else."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}", "Idempotency-Key": key}
        self._connection.request(method, path, json.dumps(body), headers)
        answer = self._connection.getresponse()
        content = answer.read()
        return json.loads(content) if answer.status == 200 else None


class _Backend:
    """Holds, confirms, and replays what it asked before, until it has done so after the opt-out too."""

    def __init__(self, caller: _Caller, user: str, at: str, rng: np.random.Generator) -> None:
        self._caller, self._user, self._at, self._rng = caller, user, at, rng
        self._asked: list[_Asked] = []
        self._mark = f"{user}.{int(rng.integers(1 << 40))}"
        self.tally = _Tally()

    def race(self, out: Event) -> None:
        """Ask until some requests were begun after the opt-out was acknowledged."""
        late = 0
        while late < _AFTERWARDS:
            too_late = out.is_set()
            late += too_late
            self._turn(too_late=too_late)

    def _turn(self, *, too_late: bool) -> None:
        replay = bool(self._asked) and self._rng.random() < (0.8 if too_late else 0.3)
        one = self._asked[int(self._rng.integers(len(self._asked)))] if replay else self._new()
        answer = self._caller.call("POST", one.path, one.body, one.key)
        sends = _sends(one, answer)
        tally = self.tally
        tally.asked += 1
        tally.asked_late += too_late
        if too_late and sends:
            tally.late += sends
            tally.broken.add(f"{'replayed ' if replay else ''}{one.path.rsplit('/', 1)[-1]} {one.body.get('mode', '')}")
        else:
            tally.sends += sends
        if not replay:
            self._asked.append(one)
            self._follow(one, answer)

    def _new(self) -> _Asked:
        mode = "confirm" if self._rng.random() < 0.3 else "hold"
        candidates = [{"message_id": name, "worth": 1000} for name in _NAMES]
        body = {"user_id": self._user, "candidates": candidates, "mode": mode, "at": self._at}
        return _Asked("/v1/rank", f"{self._mark}.{len(self._asked)}", body, permits=mode == "confirm")

    def _follow(self, one: _Asked, answer: Any) -> None:
        if one.path == "/v1/rank" and answer is not None and answer["slate"]:
            path = f"/v1/decisions/{answer['decision_id']}/confirm"
            self._asked.append(_Asked(path, f"{self._mark}.c{len(self._asked)}", {"at": self._at}, permits=True))


def _sends(one: _Asked, answer: Any) -> int:
    if answer is None or not one.permits:
        return 0
    return len(answer["slate"] if one.path == "/v1/rank" else answer["send"])


def run(address: str, folder: Path, rounds: int, seed: int = 1) -> tuple[Raced, list[str]]:
    """Race `rounds` opt-outs, one after the other, each against two backends; names what said `send` too late."""
    told, service = prepared(address, folder, "open")
    total, begun = _Tally(), monotonic()
    with serving(service, told, folder / "service.log", []), ThreadPoolExecutor(2) as pool:
        callers = [_Caller(service) for _ in range(3)]
        catalogue = [{"message_id": one.message_id, "category": one.category} for one in messages()]
        assert callers[0].call("POST", "/v1/messages", {"messages": catalogue}, "catalogue") is not None
        for turn in range(rounds):
            _round(callers, pool, turn, np.random.default_rng((seed, turn)), total)
    raced = Raced(rounds, total.sends, total.late, total.asked, total.asked_late, monotonic() - begun)
    return raced, sorted(total.broken)


def _round(
    callers: list[_Caller], pool: ThreadPoolExecutor, turn: int, rng: np.random.Generator, total: _Tally
) -> None:
    user, at, out = f"racing-{turn}", iso(START + turn), Event()
    backends = [_Backend(caller, user, at, np.random.default_rng(rng.integers(1 << 60))) for caller in callers[1:]]
    racing = [pool.submit(backend.race, out) for backend in backends]
    sleep(float(rng.random()) * _SPREAD_SECONDS)
    if turn % 2:
        event = {"event_id": f"out-{turn}", "type": "opted_out", "scope": "all", "user_id": user, "at": at}
        answer = callers[0].call("POST", "/v1/events", {"events": [event]}, f"out-{turn}")
    else:
        answer = callers[0].call("PATCH", f"/v1/users/{user}/preferences", {"push": False}, f"out-{turn}")
    assert answer is not None, "expected an acknowledged opt-out"
    out.set()
    for one in racing:
        one.result()
    for tally in (backend.tally for backend in backends):
        total.sends += tally.sends
        total.late += tally.late
        total.asked += tally.asked
        total.asked_late += tally.asked_late
        total.broken |= tally.broken
