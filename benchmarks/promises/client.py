"""A backend over HTTP: holds, confirms, gives back and reports, and writes down what it was told before it goes on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from benchmarks.processes import HOST
from benchmarks.promises.acks import Ack, Writer, read
from benchmarks.promises.people import Person, messages
from pushrank.domain.instants import SECOND, Instant, instant, iso

_NAMES = [message.message_id for message in messages()]
_WORTH = 1000.0


@dataclass(slots=True)
class Service:
    """Where it listens, the key that it knows, how it names users and events, how to end it, what runs now."""

    port: int
    key: str
    pseudonym: Callable[[str], str]
    code: Callable[[str], str]
    end: Callable[[subprocess.Popen[bytes]], None]
    process: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """Kill whatever runs."""
        if self.process is not None:
            self.end(self.process)
            self.process = None


class Client:
    """One backend; `turn` tells its files apart. `statuses` are those of its answers, 0 where none came."""

    def __init__(self, service: Service, folder: Path, place: int, turn: int, rng: np.random.Generator) -> None:
        self._service, self._folder, self._rng = service, folder, rng
        self._acks = Writer(folder / f"acks-{place:02d}-{turn:04d}.jsonl")
        self._connection = HTTPConnection(HOST, service.port, timeout=20)
        self._mark, self._made = f"c{place}.{turn}", 0
        self.statuses: list[int] = []

    def work(self, crowd: Sequence[Person], at: Instant, end: Event) -> None:
        """Ask, confirm and report until told to end; the simulated clock moves by minutes."""
        while not end.is_set():
            at += int(self._rng.integers(1, 360)) * SECOND
            self._slate(crowd[int(self._rng.integers(len(crowd)))].user_id, at)
            if self.statuses and self.statuses[-1] == 0:
                end.wait(0.1)
        self._connection.close()

    def must(self, method: str, path: str, body: Any) -> Any:
        """Call and expect success."""
        status, answer = self._call(method, path, body)
        if status != 200:
            msg = f"{method} {path}: expected 200, got {status}: {answer}"
            raise RuntimeError(msg)
        return answer

    def confirmed_again(self, most: int = 5) -> list[str]:
        """Repeat the youngest confirms; gives those whose sends were answered otherwise than the first time."""
        confirms = sorted((ack for ack in read(self._folder) if ack.what == "confirm"), key=lambda ack: ack.as_of)
        given_back = {ack.decision for ack in read(self._folder) if ack.what == "try_release"}
        changed = []
        for ack in [one for one in confirms if one.decision not in given_back][-most:]:
            answer = self.must("POST", f"/v1/decisions/{ack.decision}/confirm", {"at": iso(ack.as_of)})
            if answer["send"] != ack.sent:
                changed.append(f"{ack.decision}: {ack.sent}, then {answer['send']}")
        return changed

    def _slate(self, user: str, at: Instant) -> None:
        self._made += 1
        names = self._rng.choice(_NAMES, 3, replace=False).tolist()
        candidates = [{"message_id": n, "event_key": f"{self._mark}.{self._made}", "worth": _WORTH} for n in names]
        asked = {"user_id": user, "candidates": candidates, "slots": 2, "at": iso(at)}
        status, answer = self._call("POST", "/v1/rank", asked)
        if status == 200:
            key = self._service.pseudonym(user)
            self._acks.add(Ack("rank", key, at, 0, answer["decision_id"], [_place(one) for one in answer["slate"]]))
            if answer["slate"]:
                self._settle(key, answer["decision_id"], [one["message_id"] for one in answer["slate"]], at)
        self._report(user, at)

    def _settle(self, key: str, decision: str, names: list[str], at: Instant) -> None:
        chance = self._rng.random()
        if chance < 0.15:
            self._acks.add(Ack("try_release", key, at, 0, decision, sent=names))
            self._call("POST", f"/v1/decisions/{decision}/release", {"at": iso(at)})
        elif chance < 0.9:
            status, answer = self._call("POST", f"/v1/decisions/{decision}/confirm", {"at": iso(at)})
            if status == 200:
                refused: list[tuple[str, str, int | None]] = [
                    (one["message_id"], one["code"], None) for one in answer["stop"]
                ]
                self._acks.add(Ack("confirm", key, at, 0, decision, sent=answer["send"], refused=refused))

    def _report(self, user: str, at: Instant) -> None:
        ids = [f"{self._mark}.{self._made}.{place}" for place in range(2)]
        kinds = ("app_open", "view")
        events = [
            {"event_id": name, "type": "activity", "user_id": user, "at": iso(at), "kind": kind}
            for name, kind in zip(ids, kinds, strict=True)
        ]
        status, answer = self._call("POST", "/v1/events", {"events": events})
        if status == 200 and answer["accepted"] == len(ids):
            self._acks.add(Ack("event", "", at, 0, "", sent=ids))

    def _call(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self._made += 1
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._service.key}"}
        headers["Idempotency-Key"] = f"{self._mark}.{self._made}"
        try:
            self._connection.request(method, path, json.dumps(body), headers)
            answer = self._connection.getresponse()
            status, content = answer.status, json.loads(answer.read())
        except (OSError, HTTPException, ValueError):
            self._connection.close()
            status, content = 0, None
        self.statuses.append(status)
        return status, content


def _place(one: dict[str, Any]) -> tuple[str, str | None, int, int | None]:
    ends = one["hold_expires_at"]
    return one["message_id"], one["event_key"], instant(one["send_at"]), None if ends is None else instant(ends)
