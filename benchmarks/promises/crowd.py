"""Many processes on few users: caps, contents and hours hold, whoever is killed, and caps are used up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from traceback import print_exc

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.promises.board import Board
from benchmarks.promises.checks import Verdict, judged
from benchmarks.promises.house import House, Wrap, shipped_policy
from benchmarks.promises.people import START, messages, people, settle
from benchmarks.promises.worker import Crowd, Worker
from pushrank.domain.codes import Mode
from pushrank.domain.decision import RankingRequest
from pushrank.domain.instants import DAY, SECOND
from pushrank.domain.message import Candidate

_fork = get_context("fork")
_LOOK_SECONDS = 0.0005
_END_SECONDS = 30.0
# Users are fought over for some days and then left alone until their last pushes matter no more: a request reads those
# of nine days, and a proof should spend its time on contention.
_AT_WORK = 3 * DAY
_AT_REST = 9 * DAY


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is: it ends once `accepted` holds and confirms were acknowledged, or after `seconds`."""

    policy: str = "default"
    accepted: int = 1_000_000
    processes: int = 16
    threads: int = 1
    users: int = 50
    slate: int = 3
    kill_every: float = 1.0
    seconds: float = 3600.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    plan: Plan
    verdict: Verdict
    requests: int
    kills: int
    seconds: float
    days: float

    @property
    def accepted(self) -> int:
        """Holds and confirms that were acknowledged."""
        return self.verdict.holds + self.verdict.confirms

    def lines(self) -> list[str]:
        """The report."""
        plan, rate = self.plan, self.accepted / self.seconds
        return [
            f"policy {plan.policy}, {plan.processes} processes x {plan.threads}, {plan.users} users, seed {plan.seed}",
            f"accepted {self.accepted:,}: {self.verdict.holds:,} holds, {self.verdict.confirms:,} confirms",
            f"{self.requests:,} requests in {self.seconds:.0f} s, {rate:.0f} accepted/s, {self.kills} kills",
            f"simulated: {self.days:.0f} days",
            *self.verdict.lines(),
        ]


def run(address: str, folder: Path, plan: Plan, wrap: Wrap | None = None) -> Outcome:
    """Run the crowd against an empty store and judge what it left; `folder` takes what was acknowledged."""
    policy, crowd = shipped_policy(plan.policy), people(plan.policy, plan.users)
    _prepare(address, plan)
    board = Board(plan.users, plan.processes * plan.threads, START)
    shared = Crowd(address, policy, crowd, board, folder, plan.seed, plan.threads, plan.slate, wrap)
    begun = monotonic()
    with _bar(plan.accepted) as show, _processes(shared, plan.processes) as pool:
        kills = _drive(pool, plan, board, show)
    seconds = monotonic() - begun
    verdict = judged(address, folder, crowd, policy.config, board.now)
    days = (board.now - START) / (86_400 * SECOND)
    return Outcome(plan, verdict, sum(board.requests), kills, seconds, days)


def _prepare(address: str, plan: Plan) -> None:
    """Settle the users, and compile what a request needs before there are many processes."""
    house = House.opened(address, shipped_policy(plan.policy))
    settle(house.store, people(plan.policy, plan.users), START)
    candidates = tuple(Candidate(message.message_id) for message in messages())
    house.rank(RankingRequest("nobody", START, candidates, mode=Mode.LOOK), np.random.default_rng(plan.seed))
    house.store.close()


class _Pool:
    """Processes by their place; a killed one is followed by the next of its place."""

    def __init__(self, crowd: Crowd, count: int) -> None:
        self._crowd = crowd
        self._generations = [0] * count
        self.processes = [self._started(place) for place in range(count)]

    def kill(self, place: int) -> None:
        """Kill one (SIGKILL), and start the next."""
        self.processes[place].kill()
        self.processes[place].join()
        first, count = place * self._crowd.threads, self._crowd.threads
        self._crowd.board.forget(range(first, first + count))
        self._generations[place] += 1
        self.processes[place] = self._started(place)

    def refuse_fallen(self) -> None:
        """Raise where one ended although nobody killed it; it has told why on standard error."""
        if any(process.exitcode is not None for process in self.processes):
            msg = "expected processes that work until they are killed, got one that ended by itself"
            raise RuntimeError(msg)

    def _started(self, place: int) -> BaseProcess:
        process = _fork.Process(target=_work, args=(self._crowd, place, self._generations[place]), daemon=True)
        process.start()
        return process


def _work(crowd: Crowd, place: int, generation: int) -> None:
    house = House.opened(crowd.address, crowd.policy, crowd.wrap)
    first = place * crowd.threads
    workers = [Worker(crowd, house, first + one, generation) for one in range(crowd.threads)]
    threads = [Thread(target=_to_the_end, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.store.close()


def _to_the_end(worker: Worker) -> None:
    try:
        worker.run()
    except BaseException:  # noqa: BLE001 (the whole process must be seen to have failed)
        print_exc()
        os._exit(1)


@contextmanager
def _processes(crowd: Crowd, count: int) -> Iterator[_Pool]:
    pool = _Pool(crowd, count)
    try:
        yield pool
        crowd.board.stop()
        for process in pool.processes:
            process.join(_END_SECONDS)
    finally:
        for process in pool.processes:
            process.kill()
            process.join()


def _drive(pool: _Pool, plan: Plan, board: Board, show: Progress) -> int:
    """Move the clock whenever nothing is left to do, kill at random; give how many were killed."""
    rng, kills, begun = np.random.default_rng(plan.seed), 0, monotonic()
    task, next_kill, rested = show.task_ids[0], begun + plan.kill_every, board.now
    while (accepted := board.accepted()) < plan.accepted and monotonic() < begun + plan.seconds:
        moment = board.next_moment()
        if moment is not None and moment - rested > _AT_WORK:
            rested = moment = moment + _AT_REST
        if moment is not None:
            # Now and then a second too early: what is shut until then must still be shut.
            board.move(moment - SECOND * int(rng.random() < 0.05 and moment - SECOND > board.now))
        if monotonic() >= next_kill:
            pool.refuse_fallen()
            pool.kill(int(rng.integers(plan.processes)))
            kills, next_kill = kills + 1, monotonic() + plan.kill_every * rng.exponential()
            show.update(task, completed=min(accepted, plan.accepted), refresh=True)
        sleep(_LOOK_SECONDS)
    return kills


@contextmanager
def _bar(total: int) -> Iterator[Progress]:
    columns = (TextColumn("accepted"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    # No thread of its own: processes are forked meanwhile.
    with Progress(*columns, transient=True, auto_refresh=False) as progress:
        progress.add_task("accepted", total=total)
        yield progress
