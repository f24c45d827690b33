"""One of the crowd, a thread of some process: asks for slates, confirms, is late, gives back, forgets."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep

import numpy as np

from benchmarks.promises.acks import Ack, Writer
from benchmarks.promises.board import NEVER, Board
from benchmarks.promises.house import House, Wrap
from benchmarks.promises.people import Person, messages
from pushrank.domain.codes import ExclusionCode, Mode
from pushrank.domain.decision import Decision, Exclusion, RankingRequest
from pushrank.domain.instants import MINUTE, Instant
from pushrank.domain.message import Candidate
from pushrank.policy import Policy
from pushrank.store import ConflictError, StoreError

_IDLE_SECONDS = 0.003
_FRUITLESS = 2
_WORTH = 1000.0  # so that no message is ever too old to be worth it
# What every further request of this user would meet as well.
_BLOCKING = frozenset(
    {
        ExclusionCode.CAP_DAY,
        ExclusionCode.CAP_WEEK,
        ExclusionCode.CAP_CHANNEL,
        ExclusionCode.MIN_GAP,
        ExclusionCode.RAMP_UP,
        ExclusionCode.QUIET_HOURS,
    }
)
# What becomes of a slate: the share of slates, and how many minutes later it is seen to.
_FATES = (
    ("confirm", 0.68, (0, 0)),
    ("confirm", 0.07, (1, 4)),
    ("confirm", 0.05, (5, 30)),  # after the hold has ended
    ("twice", 0.05, (0, 0)),
    ("release", 0.05, (0, 2)),
    ("regret", 0.02, (0, 0)),  # confirmed, and then not sent
    ("forget", 0.08, (0, 0)),
)
_NAMES = [message.message_id for message in messages()]


@dataclass(frozen=True, slots=True)
class Crowd:
    """What all processes of a run share, each with so many `threads`. Nothing in it is open, so it survives a fork."""

    address: str
    policy: Policy
    people: Sequence[Person]
    board: Board
    folder: Path
    seed: int
    threads: int
    slate: int
    wrap: Wrap | None = None


@dataclass(order=True, slots=True)
class Errand:
    """What is still to be done about a slate, and when."""

    due: Instant
    decision: str
    fate: str = field(compare=False)
    user: int = field(compare=False)
    names: list[str] = field(compare=False)


class Worker:
    """One at work; `generation` counts how often its place was filled anew after a kill."""

    def __init__(self, crowd: Crowd, house: House, place: int, generation: int) -> None:
        self._crowd, self._house, self._place, self._board = crowd, house, place, crowd.board
        self._rng = np.random.default_rng((crowd.seed, place, generation))
        self._acks = Writer(crowd.folder / f"acks-{place:03d}-{generation:05d}.jsonl")
        self._errands: list[Errand] = []
        self._fruitless = [0] * len(crowd.people)
        self._mark = f"{place}.{generation}"
        self._made = 0
        self._gap = int((crowd.policy.config.min_gap_minutes or 0) * MINUTE)

    def run(self) -> None:
        """Ask until the board says stop."""
        while not self._board.stopped:
            try:
                self._turn()
            except ConflictError:
                self._note("conflict")
            except StoreError:
                self._note("busy")

    def _turn(self) -> None:
        board, now = self._board, self._board.now
        if self._errands and self._errands[0].due <= now:
            errand = heapq.heappop(self._errands)
            try:
                self._run(errand, now)
            finally:
                board.wake[self._place] = self._errands[0].due if self._errands else NEVER
            return
        free = self._free(now)
        if not free:
            sleep(_IDLE_SECONDS)
            return
        user = free[int(self._rng.integers(len(free)))]
        board.asking[user] = self._place + 1
        try:
            self._ask(user, now)
        finally:
            board.asking[user] = 0

    def _free(self, now: Instant) -> list[int]:
        """Users of whom one is asked for: mostly such as nobody else is asking for, now and then just any."""
        board, chance = self._board, self._rng.random()
        free = [place for place, until in enumerate(board.blocked) if until <= now]
        if chance < (0.05 if free else 0.002):
            return list(range(len(board.blocked)))
        if chance < 0.2:
            return free
        return [place for place in free if not board.asking[place]]

    def _ask(self, user: int, now: Instant) -> None:
        mode = Mode.CONFIRM if self._rng.random() < 0.15 else Mode.HOLD
        candidates = self._candidates(user, now)
        name = self._crowd.people[user].user_id
        request = RankingRequest(name, now, tuple(candidates), self._some(), mode=mode)
        decision = self._house.rank(request, self._rng)
        self._write_rank(name, now, decision)
        self._count(decision)
        if decision.slate and mode is Mode.HOLD:
            self._plan(user, now, decision)
        if mode is Mode.HOLD:
            self._learn(user, now, decision)

    def _candidates(self, user: int, now: Instant) -> list[Candidate]:
        """Messages about events of their own, now and then about one that others try as well."""
        picked = self._rng.choice(len(_NAMES), self._some(), replace=False)
        found = []
        for place in picked.tolist():
            self._made += 1
            event = f"{self._mark}.{self._made}"
            if self._rng.random() < 0.15:
                event, place = f"all.{user}.{now // (10 * MINUTE)}", place % 4  # noqa: PLW2901
            found.append(Candidate(_NAMES[place], event, worth=_WORTH))
        return list({candidate.message_id: candidate for candidate in found}.values())

    def _some(self) -> int:
        """As many as a slate may have, or one less."""
        return int(self._rng.integers(self._crowd.slate - 1, self._crowd.slate + 1))

    def _write_rank(self, user: str, now: Instant, decision: Decision) -> None:
        places = [(c.scored.message_id, c.event_key, c.send_at, c.hold_expires_at) for c in decision.slate]
        refused = [(one.message_id, one.code.value, one.until) for one in decision.excluded]
        seen = self._board.now
        self._acks.add(Ack("rank", user, now, seen, decision.decision_id, places, refused=refused))

    def _count(self, decision: Decision) -> None:
        taken = self._board.confirms if decision.mode is Mode.CONFIRM else self._board.holds
        taken[self._place] += len(decision.slate)
        self._board.requests[self._place] += 1

    def _learn(self, user: int, now: Instant, decision: Decision) -> None:
        """Tell the others until when asking for this user is idle; what a hold reserves may come free before."""
        board = self._board
        until = _blocked_until(decision.excluded, now)
        self._fruitless[user] = 0 if decision.slate else self._fruitless[user] + 1
        if until is None and self._fruitless[user] >= _FRUITLESS:
            self._fruitless[user], until = (
                0,
                min([one.until or _later(now) for one in decision.excluded] or [_later(now)]),
            )
        if decision.slate and self._gap:
            until = max(until or 0, decision.slate[0].send_at + self._gap)
        if until is not None:
            expiry = board.expiry[user]
            board.blocked[user] = min(until, expiry) if expiry > now else until

    def _plan(self, user: int, now: Instant, decision: Decision) -> None:
        fate, _, (least, most) = _FATES[int(self._rng.choice(len(_FATES), p=[share for _, share, _ in _FATES]))]
        due = max(now + int(self._rng.integers(least, most + 1)) * MINUTE, decision.slate[-1].send_at)
        if self._rng.random() < 0.02:
            due = now  # too early, where it was put off
        names = [chosen.scored.message_id for chosen in decision.slate]
        if fate == "forget" or due > now:
            ends = [chosen.hold_expires_at or now for chosen in decision.slate]
            self._board.expiry[user] = max([self._board.expiry[user], *ends])
        if fate != "forget":
            heapq.heappush(self._errands, Errand(due, decision.decision_id, fate, user, names))
            self._board.wake[self._place] = self._errands[0].due

    def _run(self, errand: Errand, now: Instant) -> None:
        if errand.fate == "release":
            self._release(errand, now)
            return
        self._confirm(errand, now)
        if errand.fate == "twice":
            self._confirm(errand, now)
        if errand.fate == "regret":
            self._release(errand, now)

    def _confirm(self, errand: Errand, now: Instant) -> None:
        user = self._crowd.people[errand.user].user_id
        answer = self._house.holds.confirm(errand.decision, None, now)
        refused = [(stop.message_id, stop.code.value, stop.until) for stop in answer.stop]
        send, seen = list(answer.send), self._board.now
        self._acks.add(Ack("confirm", user, now, seen, errand.decision, sent=send, refused=refused))
        self._board.confirms[self._place] += len(send)
        self._board.requests[self._place] += 1
        if refused:
            self._board.blocked[errand.user] = 0

    def _release(self, errand: Errand, now: Instant) -> None:
        user, seen = self._crowd.people[errand.user].user_id, self._board.now
        self._acks.add(Ack("try_release", user, now, seen, errand.decision, sent=errand.names))
        freed = self._house.holds.release(errand.decision, None, now)
        self._acks.add(Ack("release", user, now, seen, errand.decision, sent=list(freed)))
        self._board.requests[self._place] += 1
        self._board.blocked[errand.user] = 0

    def _note(self, what: str) -> None:
        self._acks.add(Ack(what, "", self._board.now, self._board.now, ""))


def _blocked_until(excluded: Sequence[Exclusion], now: Instant) -> Instant | None:
    ends = [one.until for one in excluded if one.code in _BLOCKING]
    if not ends:
        return None
    return min(_later(now) if end is None else end for end in ends)


def _later(now: Instant) -> Instant:
    return now + 30 * MINUTE
