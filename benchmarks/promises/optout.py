"""A race of opt-outs against everything that could still send: after the acknowledgement nothing says `send`.

Each round is about a user of its own. Two backends hold, confirm, confirm again and ask for a slate that is confirmed
at once, while the user opts out, by an event or by a preference. A backend notes whether the opt-out was acknowledged
before it began to ask: the flag is set after the acknowledgement has returned, and read before the request starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from time import monotonic, perf_counter, sleep
from typing import Any

import numpy as np
from rich.progress import Progress

from benchmarks.promises.board import numbers
from benchmarks.promises.house import House, shipped_policy
from benchmarks.promises.people import START, messages
from pushrank.domain.codes import EventType, Mode
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.event import Event
from pushrank.domain.instants import Instant
from pushrank.domain.message import Candidate
from pushrank.rights.preferences import change_preferences
from pushrank.store import StoreError

_fork = get_context("fork")
_BACKENDS = 2
_SPREAD_SECONDS = 0.015
_IDLE_SECONDS = 0.0002
_PATIENCE_SECONDS = 120.0
_NAMES = [message.message_id for message in messages()[:4]]


@dataclass(frozen=True, slots=True)
class Race:
    """What the processes of all groups share. `begun` and `out` hold rounds by group, `done` by group and backend."""

    address: str
    rounds: int
    groups: int
    seed: int
    begun: Any
    out: Any
    done: Any
    sends: Any
    late: Any
    asked: Any
    asked_late: Any


@dataclass(frozen=True, slots=True)
class Raced:
    """What came of it: `late` sends are answers to requests that began after the opt-out was acknowledged."""

    rounds: int
    sends: int
    late: int
    asked: int
    asked_late: int
    seconds: float

    @property
    def kept(self) -> bool:
        """Whether the promise was kept, and anybody tried to break it."""
        return self.late == 0 < self.asked_late

    def lines(self) -> list[str]:
        """The report."""
        return [
            f"{self.rounds:,} rounds in {self.seconds:.0f} s, {self.asked:,} requests",
            f"requests begun after the acknowledged opt-out: {self.asked_late:,}",
            f"sends before or while opting out: {self.sends:,}",
            f"sends after the acknowledged opt-out: {self.late:,}",
        ]


def run(address: str, rounds: int, groups: int = 4, seed: int = 1) -> Raced:
    """Race `rounds` opt-outs in `groups` at once, each with a process for the user and two for the backends."""
    _prepare(address)
    backends = groups * _BACKENDS
    sizes = (groups, groups, backends, backends, backends, backends, backends)
    race = Race(address, rounds // groups, groups, seed, *(numbers(size, 0) for size in sizes))
    begun = monotonic()
    with _processes(race) as processes, Progress(transient=True, auto_refresh=False) as show:
        task = show.add_task("rounds", total=race.rounds * groups)
        while any(process.is_alive() for process in processes):
            if any(process.exitcode for process in processes):
                msg = "expected processes that race to the end, got one that ended before"
                raise RuntimeError(msg)
            show.update(task, completed=sum(race.out), refresh=True)
            sleep(0.2)
    sends, late, asked, asked_late = (int(sum(one)) for one in (race.sends, race.late, race.asked, race.asked_late))
    return Raced(int(sum(race.out)), sends, late, asked, asked_late, monotonic() - begun)


def _prepare(address: str) -> None:
    house = House.opened(address, shipped_policy("open"))
    house.store.put_messages(messages(), START)
    house.rank(_request("nobody", START, Mode.LOOK), np.random.default_rng(0))
    house.store.close()


def _request(user: str, as_of: Instant, mode: Mode) -> RankingRequest:
    return RankingRequest(user, as_of, tuple(Candidate(name, worth=1000.0) for name in _NAMES), 2, mode=mode)


@contextmanager
def _processes(race: Race) -> Iterator[list[Any]]:
    tasks: list[tuple[Any, tuple[Race, int]]] = [(_opts_out, (race, group)) for group in range(race.groups)]
    tasks += [(_sends, (race, place)) for place in range(race.groups * _BACKENDS)]
    processes = [_fork.Process(target=task, args=arguments, daemon=True) for task, arguments in tasks]
    try:
        for process in processes:
            process.start()
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.join()


def _wait(values: Any, places: range, least: int) -> None:
    deadline = perf_counter() + _PATIENCE_SECONDS
    while any(values[place] < least for place in places):
        if perf_counter() > deadline:
            msg = f"expected round {least} to go on within {_PATIENCE_SECONDS:g} s"
            raise TimeoutError(msg)
        sleep(_IDLE_SECONDS)


def _opts_out(race: Race, group: int) -> None:
    """The users of a group, one after the other: each opts out at some moment of its round."""
    house, rng = House.opened(race.address, shipped_policy("open")), np.random.default_rng((race.seed, group))
    backends = range(group * _BACKENDS, (group + 1) * _BACKENDS)
    for turn in range(1, race.rounds + 1):
        user, at = f"racing-{group}-{turn}", START + turn
        race.begun[group] = turn
        sleep(float(rng.random()) * _SPREAD_SECONDS)
        if turn % 2:
            assert house.report(Event(f"out-{group}-{turn}", EventType.OPTED_OUT, user, at, scope="all")) == 1
        else:
            change_preferences(house.store, user, {"push": False}, at)
        race.out[group] = turn
        _wait(race.done, backends, turn)
    house.store.close()


def _sends(race: Race, place: int) -> None:
    """A backend of a group: tries to send until it has tried after the opt-out as well."""
    house, group = House.opened(race.address, shipped_policy("open")), place // _BACKENDS
    rng = np.random.default_rng((race.seed, 99, place))
    for turn in range(1, race.rounds + 1):
        _wait(race.begun, range(group, group + 1), turn)
        backend = _Backend(race, house, place, turn, rng)
        while not backend.turn():
            pass
        backend.afterwards()
        race.done[place] = turn
    house.store.close()


class _Backend:
    """One backend in one round."""

    def __init__(self, race: Race, house: House, place: int, turn: int, rng: np.random.Generator) -> None:
        self._race, self._house, self._place, self._turn, self._rng = race, house, place, turn, rng
        self._user = f"racing-{place // _BACKENDS}-{turn}"
        self._decisions: list[Decision] = []

    def turn(self) -> bool:
        """Make one request; gives whether it began after the opt-out was acknowledged."""
        late = bool(self._race.out[self._place // _BACKENDS] >= self._turn)
        chance = self._rng.random()
        if not self._decisions or chance < 0.3:
            self._count(self._rank(Mode.CONFIRM if chance < 0.1 else Mode.HOLD), late=late)
        else:
            self._count(self._confirm(int(self._rng.integers(len(self._decisions)))), late=late)
        return late

    def afterwards(self) -> None:
        """Confirm once more what was decided last, or ask once more for a slate to send at once."""
        if self._decisions and self._rng.random() < 0.7:
            self._count(self._confirm(len(self._decisions) - 1), late=True)
        else:
            self._count(self._rank(Mode.CONFIRM), late=True)

    def _rank(self, mode: Mode) -> int:
        request = _request(self._user, START + self._turn, mode)
        try:
            decision = self._house.rank(request, self._rng)
        except StoreError:
            return 0  # no answer, so nothing may go
        if decision.slate:
            self._decisions.append(decision)
        return len(decision.slate) if mode is Mode.CONFIRM else 0

    def _confirm(self, place: int) -> int:
        decision = self._decisions[place]
        try:
            return len(self._house.holds.confirm(decision.decision_id, None, START + self._turn).send)
        except StoreError:
            return 0  # no answer, so nothing may go

    def _count(self, sends: int, *, late: bool) -> None:
        race, place = self._race, self._place
        race.asked[place] += 1
        race.asked_late[place] += late
        (race.late if late else race.sends)[place] += sends
