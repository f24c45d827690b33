"""`kill -9` of the real service while clients hold, confirm and report: nothing acknowledged is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import numpy as np
from rich.progress import Progress

from benchmarks.promises.checks import Verdict, judged
from benchmarks.promises.client import Client, Service
from benchmarks.promises.house import shipped_policy
from benchmarks.promises.people import START, Person, messages, people
from benchmarks.promises.serving import prepared, serving
from pushrank.domain.instants import HOUR
from pushrank.domain.preferences_json import window_to_json

_CLIENTS = 4
# A kill comes once this many answers came, or so late, and then at any moment.
_ANSWERS = 40
_WORK_SECONDS = 6.0


@dataclass(slots=True)
class Killed:
    """What came of it: the last verdict over everything acknowledged, and what went wrong between the kills."""

    policy: str
    kills: int = 0
    seconds: float = 0.0
    start_seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    verdict: Verdict | None = None

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return self.verdict is not None and self.verdict.kept and not self.changed

    def lines(self) -> list[str]:
        """The report."""
        starts = sorted(self.start_seconds)
        statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
        assert self.verdict is not None
        return [
            f"policy {self.policy}, {self.kills} kills in {self.seconds:.0f} s",
            f"ready again after {starts[len(starts) // 2]:.1f} s (median)",
            f"answers by status (0: none came): {statuses}",
            f"acknowledged: {self.verdict.holds:,} holds, {self.verdict.confirms:,} confirms",
            *self.verdict.lines(),
            f"confirms answered otherwise after a restart: {len(self.changed)}",
        ]


def run(address: str, folder: Path, kills: int, policy: str = "default", seed: int = 1) -> Killed:
    """Kill the service `kills` times over the store at `address`; all state of the run lies in `folder`."""
    told, service = prepared(address, folder, policy)
    result, begun = Killed(policy), monotonic()
    crowd, rng = people(policy, 12), np.random.default_rng(seed)
    keyed = [replace(person, user_id=service.pseudonym(person.user_id)) for person in crowd]
    with Progress(transient=True, auto_refresh=False) as show:
        task = show.add_task("kills", total=kills)
        while result.kills < kills:
            with serving(service, told, folder / "service.log", result.start_seconds):
                end = Event()
                if not result.kills:
                    _introduce(service, crowd, folder)
                _check(address, folder, keyed, result, service)
                _work(service, crowd, folder, rng, result, end)
            result.kills += 1
            show.update(task, completed=result.kills, refresh=True)
        with serving(service, told, folder / "service.log", result.start_seconds):
            _check(address, folder, keyed, result, service)
    result.seconds = monotonic() - begun
    return result


def _check(address: str, folder: Path, keyed: Sequence[Person], result: Killed, service: Service) -> None:
    """Hold everything acknowledged so far against the store, and ask once more what was confirmed last."""
    now = START + 10_000 * HOUR
    result.verdict = judged(address, folder, keyed, shipped_policy(result.policy).config, now, service.code)
    asker = Client(service, folder, 99, result.kills, np.random.default_rng(0))
    result.changed += asker.confirmed_again()
    if not result.verdict.kept:
        raise BrokenError(result)


class BrokenError(Exception):
    """A promise was broken; the run ends at once, with its report."""

    def __init__(self, result: Killed) -> None:
        self.result = result
        super().__init__("a promise was broken")


def _work(
    service: Service, crowd: Sequence[Person], folder: Path, rng: np.random.Generator, result: Killed, end: Event
) -> None:
    """Let clients work for a moment, kill in their midst, and take what they saw."""
    at = START + result.kills * 13 * HOUR
    clients = [
        Client(service, folder, place, result.kills, np.random.default_rng(rng.integers(1 << 62)))
        for place in range(_CLIENTS)
    ]
    threads = [Thread(target=client.work, args=(crowd, at, end)) for client in clients]
    for thread in threads:
        thread.start()
    deadline = monotonic() + _WORK_SECONDS
    while sum(status == 200 for client in clients for status in list(client.statuses)) < _ANSWERS:
        if monotonic() > deadline:
            break
        sleep(0.01)
    sleep(float(rng.exponential(0.4)))
    service.kill()
    end.set()
    for thread in threads:
        thread.join()
    for client in clients:
        for status in client.statuses:
            result.statuses[status] = result.statuses.get(status, 0) + 1


def _introduce(service: Service, crowd: Sequence[Person], folder: Path) -> None:
    """Fill the catalogue and set what users chose, over HTTP as everybody would."""
    client = Client(service, folder, 98, 0, np.random.default_rng(0))
    catalogue = [
        {"message_id": one.message_id, "category": one.category, "kind": one.kind, "title": one.title, "body": one.body}
        for one in messages()
    ]
    client.must("POST", "/v1/messages", {"messages": catalogue})
    consents = {purpose: {"granted": True} for purpose in ("marketing", "research")}
    for person in crowd:
        quiet = None if person.quiet is None else [window_to_json(window) for window in person.quiet]
        patch: dict[str, Any] = {"timezone": person.zone, "quiet_hours": quiet, "consents": consents}
        patch |= {"max_per_day": person.max_per_day, "max_per_week": person.max_per_week}
        client.must("PATCH", f"/v1/users/{person.user_id}/preferences", patch)
