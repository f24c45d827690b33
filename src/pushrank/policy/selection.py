"""From scored candidates to a slate: the best first, each next one asked again, silence where nothing is worth it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from math import inf, isfinite

import numpy as np

from pushrank.domain.codes import ExclusionCode, SilenceCode
from pushrank.domain.decision import Chosen, Exclusion, Scored
from pushrank.policy.ask import Ask, Eligible, Rows
from pushrank.policy.policy import Policy, divide, hold_of
from pushrank.policy.value import Scores, net_value


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

    The policy's `permission_value` goes before that of the scores. Each message chosen counts as held for those after
    it. A candidate whose net value is not a finite number comes last and is never chosen. `excluded` is what
    the constraints removed before; it only decides how silence is called.
    """
    scored = _scored(policy, eligible, scores)
    order = _order(eligible, scored)
    places, out = _greedy(policy, ask, eligible, (place for place in order if _worth_it(policy, scored[place])), slots)
    settled = {*places, *out}
    passed_over = tuple(scored[place] for place in order if place not in settled)
    removed = tuple(out.values())
    return Selection(
        slate=tuple(_chosen(eligible[place], scored[place], rank) for rank, place in enumerate(places, 1)),
        rows=tuple(places),
        passed_over=passed_over,
        excluded=removed,
        silence=None if len(places) == slots else _silence(passed_over, (*excluded, *removed)),
    )


def _scored(policy: Policy, eligible: Rows, scores: Scores) -> list[Scored]:
    value = policy.config.permission_value or scores.permission_value
    worth = np.array([row.message.worth for row in eligible], dtype=np.float64)
    net = net_value(worth, scores._replace(permission_value=value))
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
    policy: Policy, ask: Ask, eligible: Rows, order: Iterable[int], slots: int
) -> tuple[list[int], dict[int, Exclusion]]:
    """Take places in order while there are slots; what the taken ones rule out is excluded by its place."""
    crowding = [constraint for constraint in policy.constraints if constraint.crowding]
    taken: list[int] = []
    out: dict[int, Exclusion] = {}
    for place in order:
        if len(taken) == slots:
            break
        removed = divide(crowding, ask, [eligible[place]])[1] if taken else ()
        if removed:
            out[place] = removed[0]
            continue
        taken.append(place)
        if len(taken) < slots:
            ask = _with_hold(ask, eligible[place])
    return taken, out


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
