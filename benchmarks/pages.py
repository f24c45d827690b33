"""What people's pages weigh and how long they take: over HTTP on one connection, one page after the other.

    python -m benchmarks pages

Asked of a real server with the shipped policy, in English and Chinese in turn: the preference centre of an ordinary
user and of one of whom very much is known, the opt-out page, and how ranking works.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import httpx
import numpy as np

from benchmarks.processes import environment, free_port, running
from benchmarks.report import Table
from pushrank.cli.keys import create_key
from pushrank.domain.instants import instant
from pushrank.rights.keys import SCOPES

MOST_MS, MOST_BYTES = 100.0, 50_000
_TURNS = 40
_WARM_UP = 4
_DAY = "2026-11-22"
_LANGUAGES = ("en", "zh")
_MESSAGES = [
    {
        "message_id": f"m-{place}",
        "category": f"news.{place % 12}",
        "title": f"What happened at {place}",
        "tags": ["rain"],
    }
    for place in range(60)
]


@dataclass(frozen=True, slots=True)
class Found:
    """Milliseconds of each answer, and the bytes of the largest one."""

    ms: list[float]
    size: int


def measure(root: Path, *, rounds: int) -> Table:
    """Ask for each page in turn and compare with what was promised."""
    home = root / "pages"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    told = environment(PUSHRANK_HOME=str(home), PUSHRANK_CONFIG="demo", BENTOML_HOME=str(home / "bentoml"))
    key = create_key({"PUSHRANK_HOME": str(home)}, list(SCOPES), None, instant(f"{_DAY}T00:00:00+00:00"))
    with _served(home, told, key) as client:
        found = _asked(client, _paths(client), rounds)
    raw = {name: {"ms": one.ms, "bytes": one.size} for name, one in found.items()}
    columns = ("page", "median ms", "p99 ms", "slowest ms", "bytes", "kept")
    title = f"Pages over HTTP, {_TURNS * rounds} answers each"
    return Table("pages", title, columns, [_row(name, one) for name, one in found.items()], raw)


@contextmanager
def _served(home: Path, told: Mapping[str, str], key: str) -> Iterator[httpx.Client]:
    port = free_port()
    arguments = ("serve", "pushrank.service.app:PushRank", "--host", "127.0.0.1", "--port", str(port))
    headers = {"Authorization": f"Bearer {key}"}
    with (
        running("bentoml", arguments, port, "/livez", home / "service.log", told),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=30) as client,
    ):
        yield client


def _paths(client: httpx.Client) -> dict[str, str]:
    """Let two people live, and give the addresses of all pages by name."""
    _sent(client, "POST", "/v1/messages", {"messages": _MESSAGES})
    _live(client, "ordinary", events=20, decisions=5)
    _live(client, "known", events=800, decisions=200)
    _choose_much(client, "known")
    links = {user: _sent(client, "POST", f"/v1/users/{user}/links", {}) for user in ("ordinary", "known")}
    return {
        "preference centre": links["ordinary"]["preferences"],
        "preference centre, very much known": links["known"]["preferences"],
        "opt-out": links["ordinary"]["opt_out"],
        "how ranking works": "/how-ranking-works",
    }


def _live(client: httpx.Client, user: str, *, events: int, decisions: int) -> None:
    seen = {"type": "activity", "user_id": user, "kind": "view", "at": f"{_DAY}T09:00:00Z"}
    tags = max(8, events // 4)
    told = [{**seen, "event_id": f"{user}-{place}", "tags": [f"interest {place % tags}"]} for place in range(events)]
    _sent(client, "POST", "/v1/events", {"events": told})
    for place in range(decisions):
        at = f"{_DAY}T{10 + place // 60:02}:{place % 60:02}:00Z"
        _sent(client, "POST", "/v1/rank", {"user_id": user, "mode": "confirm", "at": at})


def _choose_much(client: httpx.Client, user: str) -> None:
    path = f"/v1/users/{user}/preferences"
    windows = [{"from": f"{hour:02}:{minute}", "to": f"{hour:02}:59"} for hour in range(23) for minute in (10, 30)]
    tags = {f"a blocked interest of {place}": False for place in range(150)}
    _sent(client, "PATCH", path, {"quiet_hours": windows, "tags": tags})
    _sent(client, "PATCH", path, {"categories": {f"sport.{place}": False for place in range(200)}})
    for place in range(100):
        _sent(client, "PATCH", path, {"category_caps": {f"news.{place}": 2}, "max_per_day": place % 5})


def _sent(client: httpx.Client, method: str, path: str, body: object) -> dict[str, str]:
    answer = client.request(method, path, json=body)
    answer.raise_for_status()
    found: dict[str, str] = answer.json()
    return found


def _asked(client: httpx.Client, paths: Mapping[str, str], rounds: int) -> dict[str, Found]:
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in paths}
    for turn in range(_WARM_UP + _TURNS * rounds):
        for name, path in paths.items():
            started = perf_counter()
            answer = client.get(path, headers={"Accept-Language": _LANGUAGES[turn % len(_LANGUAGES)]})
            spent = perf_counter() - started
            answer.raise_for_status()
            if turn >= _WARM_UP:
                found[name].append((spent * 1e3, len(answer.content)))
    return {name: Found([ms for ms, _ in told], max(size for _, size in told)) for name, told in found.items()}


def _row(name: str, found: Found) -> tuple[str, ...]:
    middle, late, last = np.percentile(found.ms, (50, 99, 100))
    kept = middle < MOST_MS and found.size < MOST_BYTES
    return name, f"{middle:.1f}", f"{late:.1f}", f"{last:.1f}", f"{found.size:,}", "yes" if kept else "no"
