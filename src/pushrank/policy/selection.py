"""From scored candidates to a slate: the best first, each next one asked again, silence where nothing is worth it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from math import inf, isfinite

import numpy as np

from pushrank.domain.codes import ExclusionCode, SilenceCode
from pushrank.domain.decision import Chosen, Exclusion, Scored
from pushrank.policy.ask import Ask, Constraint, Eligible, Rows
from pushrank.policy.policy import Policy, hold_of
from pushrank.policy.value import Floats, Scores, net_value
from pushrank.policy.variety import factors


@dataclass(frozen=True, slots=True)
class Selection:
    """What becomes of every eligible candidate: in exactly one of `slate`, `passed_over` and `excluded`.

    `rows` are the places of the slate's messages among the eligible, in the slate's order. `excluded` holds only what
    the slate itself removed. `propensity` is 1: the same question gets the same slate.
    """

    slate: tuple[Chosen, ...]
    rows: tuple[int, ...]
    passed_over: tuple[Scored, ...]
    excluded: tuple[Exclusion, ...]
    silence: SilenceCode | None
    propensity: float = 1.0


def select(
    policy: Policy,
    ask: Ask,
    eligible: Rows,
    scores: Scores,
    slots: int,
    excluded: Sequence[Exclusion] = (),
) -> Selection:
    """Choose up to `slots` messages of the highest net value above the floor; equal ones in order of their ids.

    The policy's `permission_value` goes before that of the scores. Each message chosen counts as held, and as just
    sent, for those after it: net values are those by which a place was given, or by which the last one was not. A
    candidate whose net value is not a finite number comes last and is never chosen. `excluded` is what the constraints
    removed before; it only decides how silence is called.
    """
    taken, out, passed_over = _greedy(policy, ask, eligible, scores, slots)
    removed = tuple(out.values())
    return Selection(
        slate=tuple(_chosen(eligible[place], one, rank) for rank, (place, one) in enumerate(taken.items(), 1)),
        rows=tuple(taken),
        passed_over=passed_over,
        excluded=removed,
        silence=None if len(taken) == slots else _silence(passed_over, (*excluded, *removed)),
    )


def _scored(policy: Policy, eligible: Rows, scores: Scores, left: Floats | None) -> list[Scored]:
    value = policy.config.permission_value or scores.permission_value
    worth = np.array([row.message.worth for row in eligible])
    net = net_value(worth, scores._replace(permission_value=value), left)
    names = [row.message.message_id for row in eligible]
    figures = scores.p_click.tolist(), scores.p_opt_out.tolist(), net.tolist()
    return list(starmap(Scored, zip(names, *figures, strict=True)))


def _order(eligible: Rows, scored: Sequence[Scored]) -> list[int]:
    """Places from best to worst: net value, then message id, then event."""
    worst_last = [-one.net_value if isfinite(one.net_value) else inf for one in scored]
    names, events = [one.message_id for one in scored], [row.message.event_key or "" for row in eligible]
    return [key[-1] for key in sorted(zip(worst_last, names, events, range(len(scored)), strict=True))]


def _worth_it(policy: Policy, one: Scored) -> bool:
    return isfinite(one.net_value) and one.net_value > policy.config.value_floor


def _greedy(
    policy: Policy, ask: Ask, eligible: Rows, scores: Scores, slots: int
) -> tuple[dict[int, Scored], dict[int, Exclusion], tuple[Scored, ...]]:
    """Fill slots with the best; gives what was taken, what that rules out, both by place, and what was passed over."""
    crowd = _Crowd((), ask, eligible)
    taken: dict[int, Scored] = {}
    out: dict[int, Exclusion] = {}
    left = factors(ask, eligible)
    scored = _scored(policy, eligible, scores, left)
    waiting = deque(_order(eligible, scored))
    while waiting and len(taken) < slots and _worth_it(policy, scored[waiting[0]]):
        place = waiting.popleft()
        removed = crowd.removes(place, waiting)
        if removed is not None:
            out[place] = removed
            continue
        taken[place] = scored[place]
        if len(taken) < slots:
            ask, before = _with_hold(ask, eligible[place]), left
            crowd, left = _Crowd(policy.constraints, ask, eligible), factors(ask, eligible)
            if left is not None or before is not None:
                scored = _scored(policy, eligible, scores, left)
                waiting = deque(one for one in _order(eligible, scored) if one not in taken and one not in out)
    return taken, out, tuple(scored[place] for place in waiting)


class _Crowd:
    """What the messages chosen so far rule out, by place. Once they rule out one, all that wait are asked about."""

    def __init__(self, constraints: Sequence[Constraint], ask: Ask, eligible: Rows) -> None:
        self._constraints = [constraint for constraint in constraints if constraint.crowding]
        self._ask = ask
        self._eligible = eligible
        self._known: dict[int, Exclusion] | None = None

    def removes(self, place: int, waiting: Iterable[int]) -> Exclusion | None:
        """Why the candidate of `place` may not join; those of `waiting` come next."""
        if self._known is not None:
            return self._known.get(place)
        removed = self._removed([place]).get(place)
        if removed is not None:
            self._known = self._removed(list(waiting))
        return removed

    def _removed(self, places: list[int]) -> dict[int, Exclusion]:
        removed: dict[int, Exclusion] = {}
        for constraint in self._constraints:
            kept, out = constraint.check(self._ask, [self._eligible[place] for place in places])
            if out:
                left = {id(row) for row in kept}
                gone = [place for place in places if id(self._eligible[place]) not in left]
                removed.update(zip(gone, out, strict=True))
                places = [place for place in places if place not in removed]
        return removed


def _with_hold(ask: Ask, row: Eligible) -> Ask:
    hold = hold_of(ask.config, row, "", "", ask.channel)
    return replace(ask, record=replace(ask.record, pushes=(*ask.record.pushes, hold)))


def _chosen(row: Eligible, scored: Scored, rank: int) -> Chosen:
    return Chosen(scored, rank, row.send_at, propensity=1.0, event_key=row.message.event_key)


def _silence(passed_over: Sequence[Scored], excluded: Sequence[Exclusion]) -> SilenceCode:
    if passed_over:
        return SilenceCode.BELOW_VALUE
    if not excluded:
        return SilenceCode.NO_CANDIDATES
    muted = all(exclusion.code is ExclusionCode.MUTED for exclusion in excluded)
    return SilenceCode.MUTED if muted else SilenceCode.ALL_EXCLUDED
