"""Whether what is logged as a propensity is the probability: the same questions, asked again and again.

    python -m benchmarks propensities --decisions 100000

The real ranker is asked about users of the sample town. Its store forgets what a decision writes, so each one meets the
user as the one before did, and only its id is another. Chance decides more often than the shipped policy lets it, so
that rare outcomes have counts to speak of. Half of the questions are asked under the policy's floor, half under one
that makes silence worth nearly as much as the best message. There is no gap between pushes, so that slates of two come
about, nothing else moves the floor, and all goes now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.chi_square import Counted, Judged, Logged, faults, judged, pooled, uniformity
from benchmarks.ground import AS_OF, Ground, copied, prepared
from benchmarks.report import Table
from pushrank.config.types import Exploration
from pushrank.domain.codes import Mode
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.instants import Instant
from pushrank.domain.message import Candidate
from pushrank.domain.record import A, DecisionRow, FeatureRow, Reading
from pushrank.policy import Policy
from pushrank.ranking.identifiers import new_decision_id
from pushrank.ranking.ranker import Ranker
from pushrank.service.deployment import Deployment, open_deployment
from pushrank.store.memory import MemoryStore
from pushrank.store.memory.copying import copy_into
from pushrank.store.protocol import Rule

SETTING = Exploration(share=0.5, loss=0.02, among=5)
_USERS, _CANDIDATES, _SEED = 24, 24, 11


class Question(NamedTuple):
    """One user, so many slots, and whether silence is worth nearly as much as the best message."""

    user: str
    slots: int
    quiet: bool
    floor: float


class ForgettingStore(MemoryStore):
    """A store on which nothing leaves a trace any more, once it is `full`."""

    full = False

    def transact(self, user_key: str, rule: Rule[A], since: Instant, content_keys: Sequence[str] = ()) -> A:
        """Ask the rule about what is stored, and keep nothing of what it wants written."""
        if not self.full:
            return super().transact(user_key, rule, since, content_keys)
        record = self.user(user_key, since, content_keys)
        return rule(Reading(record, tuple, lambda _: None, lambda _: None, lambda _: (), tuple)).answer

    def append_decision(self, row: DecisionRow, features: FeatureRow | None = None) -> None:
        """Keep nothing."""


def measure(root: Path, *, users: int, decisions: int) -> Table:
    """Ask about `decisions` times in all, and judge what was logged."""
    ground = prepared(root, users)
    home = copied(ground, root / "propensities")
    with closing(open_deployment(ground.environment(home))) as deployment:
        counted = _counted(deployment, ground, decisions)
    rows = [*_groups(counted), *_together(counted)]
    columns = ("questions", "decisions", "silent", "outcomes", "rarest", "chi-square", "freedom", "p")
    raw = [(*question, *judged(found)) for question, found in counted.items()]
    return Table("propensities", "Observed frequencies against logged propensities", columns, rows, raw)


def _counted(deployment: Deployment, ground: Ground, decisions: int) -> dict[Question, Counted]:
    store = ForgettingStore()
    copy_into(store, deployment.ranker.store)
    store.full = True
    ranker = replace(deployment.ranker, store=store)
    users, names = ground.asked()
    candidates = tuple(Candidate(name) for name in names[:_CANDIDATES])
    rng, counted = np.random.default_rng(_SEED), dict[Question, Counted]()
    questions = [one for user in users[:_USERS] for one in _questions(ranker, user, candidates)]
    for question in questions:
        asked = _under(deployment, ranker, question.floor)
        request = RankingRequest(question.user, AS_OF, candidates, question.slots)
        found = counted.setdefault(question, Counted())
        for _ in range(-(-decisions // len(questions))):
            decision = asked.rank(request, new_decision_id(AS_OF, rng))
            found.add(tuple([one.scored.message_id for one in decision.slate]), _logged(decision))
    return counted


def _questions(ranker: Ranker, user: str, candidates: tuple[Candidate, ...]) -> Iterator[Question]:
    look = ranker.rank(RankingRequest(user, AS_OF, candidates, mode=Mode.LOOK), "")
    worths = [*(one.scored.net_value for one in look.slate), *(one.net_value for one in look.passed_over)]
    floor = ranker.policy.config.value_floor
    for slots in (1, 2):
        yield Question(user, slots, quiet=False, floor=floor)
        yield Question(user, slots, quiet=True, floor=max(worths) - SETTING.loss / 2)


def _under(deployment: Deployment, ranker: Ranker, floor: float) -> Ranker:
    config = replace(ranker.policy.config, value_floor=floor, exploration=SETTING, min_gap_minutes=None, adaptive=None)
    return replace(ranker, policy=Policy.of(config, deployment.categories))


def _logged(decision: Decision) -> Logged:
    places = tuple([one.propensity for one in decision.slate])
    if len(places) < decision.slots:
        places = (*places, decision.propensity / float(np.prod(places)))
    return Logged(places, decision.propensity)


def _groups(counted: dict[Question, Counted]) -> Iterator[tuple[str, ...]]:
    for slots in (1, 2):
        for quiet in (False, True):
            group = [one for question, one in counted.items() if (question.slots, question.quiet) == (slots, quiet)]
            name = f"{slots} slot{'s' * (slots > 1)}, {'silence is near' if quiet else 'the floor of the policy'}"
            yield _row(f"{name} ({len(group)})", group, pooled([judged(one) for one in group]))


def _together(counted: dict[Question, Counted]) -> Iterator[tuple[str, ...]]:
    every = list(counted.values())
    each = [judged(one) for one in every]
    yield _row(f"all ({len(every)})", every, pooled(each))
    least = min(one.p_value for one in each)
    yield ("least p of a question, times questions", *[""] * 6, f"{min(least * len(each), 1.0):.3f}")
    yield ("p of the questions' p being uniform", *[""] * 6, f"{uniformity(each):.3f}")
    for name, wrong in faults(SETTING.share).items():
        yield _row(f"wrong on purpose: {name}", every, pooled([judged(one.told(wrong)) for one in every]))


def _row(name: str, group: Sequence[Counted], found: Judged) -> tuple[str, ...]:
    total = sum(one.total for one in group)
    silent = sum(one.counts.get((), 0) for one in group)
    rarest = min(logged.whole for one in group for logged in one.logged.values())
    return (
        name,
        f"{total}",
        f"{silent}",
        f"{sum(len(one.counts) for one in group)}",
        f"{rarest:.4f}",
        f"{found.statistic:.1f}",
        f"{found.freedom}",
        f"{found.p_value:.3g}",
    )
