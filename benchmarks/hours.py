"""What the choice of an hour costs: a slate of 3 out of 100 candidates with it, beside the same that goes now.

    python -m benchmarks hours

As in `constraints` the ranker is asked in this process, `look` after `look`, about users of the sample town. Each
request is answered both ways, in an order that changes. All 100 candidates are scored; with hours the best ones are
scored again at every hour of a day that is open to them. A gap of an hour between pushes leaves one message in a slate
that goes now, so two further rows are without gap, ramp and cap rules, and both fill their slates. The first row is
without personal caps, chance and the bonus for keeping in touch: what these cost is the second beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.constraints import Spent, medians, ranker_under, timed
from benchmarks.ground import AS_OF, Ground, copied, prepared
from benchmarks.report import Table
from pushrank.config.types import Hours, PolicyConfig
from pushrank.domain.codes import Mode
from pushrank.domain.decision import RankingRequest
from pushrank.domain.instants import MINUTE
from pushrank.domain.message import Candidate
from pushrank.service.deployment import Deployment, open_deployment

BARE, NOW, HOURS, FULL_NOW, FULL_HOURS = "now, bare", "now", "hours", "now, no gap", "hours, no gap"
SLOTS = 3
_WARM_UP = 30
_SEED = 7


def measure(root: Path, *, users: int, rounds: int) -> Table:
    """Answer every user's request `rounds` times under each policy and compare the medians."""
    ground = prepared(root, users)
    home = copied(ground, root / "hours")
    with closing(open_deployment(ground.environment(home))) as deployment:
        found, sizes = _asked(deployment, ground, rounds)
    beside = {BARE: BARE, NOW: BARE, HOURS: NOW, FULL_NOW: FULL_NOW, FULL_HOURS: FULL_NOW}
    rows = [(*_row(name, found[name], found[beside[name]], sizes[name]), beside[name]) for name in found]
    title = f"A slate of {SLOTS} of 100 candidates, {len(found[NOW])} requests each way"
    columns = ("goes", "median us", "x", "CPU us", "x", "messages in a slate", "held against")
    return Table("hours", title, columns, rows, {})


def _asked(deployment: Deployment, ground: Ground, rounds: int) -> tuple[Mapping[str, list[Spent]], Mapping[str, int]]:
    rankers = {name: ranker_under(deployment, change) for name, change in _POLICIES.items()}
    found: dict[str, list[Spent]] = {name: [] for name in rankers}
    sizes = dict.fromkeys(rankers, 0)
    rng = np.random.default_rng(_SEED)
    for turn, request in enumerate(_requests(ground, rounds)):
        names = list(rankers)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            spent, decision = timed(rankers[name], request, rng)
            if decision.degraded:
                msg = f"expected a model's answer, got a degraded one for {request.user_id}"
                raise RuntimeError(msg)
            if turn >= _WARM_UP:
                found[name].append(spent)
                sizes[name] += len(decision.slate)
    return found, sizes


_POLICIES: Mapping[str, Callable[[PolicyConfig], PolicyConfig]] = {
    BARE: lambda config: replace(config, hours=None, adaptive=None, exploration=None, keep_in_touch=None),
    NOW: lambda config: replace(config, hours=None),
    HOURS: lambda config: replace(config, hours=config.hours or Hours(24, 3)),
    FULL_NOW: lambda config: replace(config, hours=None, min_gap_minutes=None, ramp_up=None, caps=()),
    FULL_HOURS: lambda config: replace(
        config, hours=config.hours or Hours(24, 3), min_gap_minutes=None, ramp_up=None, caps=()
    ),
}


def _requests(ground: Ground, rounds: int) -> Iterator[RankingRequest]:
    users, names = ground.asked()
    candidates = tuple(Candidate(name) for name in names)
    for turn in range(rounds):
        for user in users:
            yield RankingRequest(user, AS_OF + turn * MINUTE, candidates, slots=SLOTS, mode=Mode.LOOK)


def _row(name: str, found: Sequence[Spent], first: Sequence[Spent], chosen: int) -> tuple[str, ...]:
    wall, processor = medians(found)
    first_wall, first_processor = medians(first)
    ratios = f"{wall / first_wall:.2f}", f"{processor / first_processor:.2f}"
    return (name, f"{wall:.0f}", ratios[0], f"{processor:.0f}", ratios[1], f"{chosen / len(found):.2f}")
