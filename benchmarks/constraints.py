"""What the constraints cost: one ranking of 100 candidates with all of them, beside the same with fewer.

    python -m benchmarks constraints

The ranker is asked in this process, `look` after `look`, about users of the sample town with what they were sent. Each
request is answered under every policy in turn, in an order that moves on, so that whatever else the machine does meets
all of them alike. All 100 candidates are scored in each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter_ns, thread_time_ns

import numpy as np

from benchmarks.ground import AS_OF, Ground, copied, prepared
from benchmarks.report import Table
from pushrank.config.types import PolicyConfig
from pushrank.domain.codes import Mode
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.instants import MINUTE
from pushrank.domain.message import Candidate
from pushrank.policy import Policy
from pushrank.ranking.identifiers import new_decision_id
from pushrank.ranking.ranker import Ranker
from pushrank.service.deployment import Deployment, open_deployment

EARLIER, NOW = "day and week, no other cap", "all constraints"
_WARM_UP = 30
_SEED = 7


@dataclass(frozen=True, slots=True)
class Spent:
    """Nanoseconds of one ranking: by the wall, and on the processor."""

    wall: int
    processor: int


def measure(root: Path, *, users: int, rounds: int) -> Table:
    """Answer every user's request `rounds` times under each policy and compare the medians."""
    ground = prepared(root, users)
    home = copied(ground, root / "constraints")
    with closing(open_deployment(ground.environment(home))) as deployment:
        found = _asked(deployment, ground, rounds)
    rows = [_row(name, found[name], found[EARLIER]) for name in found]
    title = f"One ranking of 100 candidates, {len(found[NOW])} requests under each policy"
    return Table("constraints", title, ("policy", "median us", "x first", "CPU us", "x first"), rows, {})


def _asked(deployment: Deployment, ground: Ground, rounds: int) -> Mapping[str, list[Spent]]:
    rankers = {name: ranker_under(deployment, change) for name, change in _POLICIES.items()}
    return taking_turns(rankers, requests(ground, rounds))


def taking_turns(rankers: Mapping[str, Ranker], asked: Iterable[RankingRequest]) -> Mapping[str, list[Spent]]:
    """Put each request to every ranker, in an order that moves on; RuntimeError where not all candidates are scored."""
    found: dict[str, list[Spent]] = {name: [] for name in rankers}
    rng = np.random.default_rng(_SEED)
    for turn, request in enumerate(asked):
        names = list(rankers)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            spent, decision = timed(rankers[name], request, rng)
            if decision.excluded or decision.degraded:
                msg = f"expected all candidates to be scored, got {decision.excluded[:1]} for {request.user_id}"
                raise RuntimeError(msg)
            if turn >= _WARM_UP:
                found[name].append(spent)
    return found


def ranker_under(deployment: Deployment, change: Callable[[PolicyConfig], PolicyConfig]) -> Ranker:
    """Give the deployment's ranker under its policy as `change` makes it."""
    policy = Policy.of(change(deployment.policy.config), deployment.categories)
    return replace(deployment.ranker, policy=policy)


def at_once(config: PolicyConfig) -> PolicyConfig:
    """Leave out what asks the model first: a personal cap would remove candidates, and later hours are scored apart."""
    return replace(config, adaptive=None, hours=None)


def _without(config: PolicyConfig) -> PolicyConfig:
    return replace(
        at_once(config),
        caps=(),
        min_gap_minutes=None,
        ramp_up=None,
        near_duplicate=None,
        seen_elsewhere=None,
        variety=None,
    )


_POLICIES: Mapping[str, Callable[[PolicyConfig], PolicyConfig]] = {EARLIER: _without, NOW: at_once}


def requests(ground: Ground, rounds: int) -> Iterator[RankingRequest]:
    """Ask for every user, round after round, about the same 100 candidates, a minute later each time."""
    users, names = ground.asked()
    candidates = tuple(Candidate(name) for name in names)
    for turn in range(rounds):
        for user in users:
            yield RankingRequest(user, AS_OF + turn * MINUTE, candidates, mode=Mode.LOOK)


def timed(ranker: Ranker, request: RankingRequest, rng: np.random.Generator) -> tuple[Spent, Decision]:
    """Ask once."""
    name = new_decision_id(request.as_of, rng)
    wall, processor = perf_counter_ns(), thread_time_ns()
    decision = ranker.rank(request, name)
    return Spent(perf_counter_ns() - wall, thread_time_ns() - processor), decision


def _row(name: str, found: Sequence[Spent], first: Sequence[Spent]) -> tuple[str, ...]:
    wall, processor = medians(found)
    first_wall, first_processor = medians(first)
    return (
        name,
        f"{wall:.0f}",
        f"{wall / first_wall:.2f}",
        f"{processor:.0f}",
        f"{processor / first_processor:.2f}",
    )


def medians(found: Sequence[Spent]) -> tuple[float, float]:
    """Give the medians in microseconds, by the wall and on the processor."""
    return median(one.wall for one in found) / 1000, median(one.processor for one in found) / 1000
