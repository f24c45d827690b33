"""From scored candidates to a decision: the part that a transaction repeats on what it reads anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from pushrank.domain.codes import HoldState, Mode, SilenceCode
from pushrank.domain.decision import Chosen, Decision, Exclusion, RankingRequest
from pushrank.domain.record import Push, Slot, UserRecord
from pushrank.policy import (
    Ask,
    Circumstances,
    Policy,
    Rows,
    Scores,
    Selection,
    as_it_holds,
    exclude,
    hold_expires_at,
    hold_of,
    later,
    select,
    slots_of,
    zone_of,
)
from pushrank.ranking import budget
from pushrank.ranking.explanations import keeping_in_touch, passed_over, reasons
from pushrank.ranking.identifiers import chance_of, push_id
from pushrank.ranking.served import Served
from pushrank.ranking.weighing import Weighed


@dataclass(frozen=True, slots=True)
class Question:
    """A request with what was read and weighed for it: the candidates of `kept`, at their first moments and later."""

    decision_id: str
    request: RankingRequest
    served: Served
    record: UserRecord
    kept: Rows
    excluded: Sequence[Exclusion]
    weighed: Weighed
    not_considered: int
    circumstances: Circumstances

    @property
    def rows(self) -> Rows:
        """What was scored: a row for each candidate, then those for later moments."""
        return (*self.kept, *self.weighed.later)


class Outcome(NamedTuple):
    """A decision, the pushes that it writes and the slots that these take; none for a look."""

    decision: Decision
    pushes: tuple[Push, ...] = ()
    slots: Mapping[str, tuple[Slot, ...]] = MappingProxyType({})


def decide(policy: Policy, question: Question, record: UserRecord) -> Outcome:
    """Choose among the candidates that `record` still allows, and reserve what was chosen.

    `record` is read inside the transaction that writes the outcome. Where it differs from what the question was asked
    about, the constraints are asked again, so whoever lost a race ends among the excluded.
    """
    places, rows, late = _still_allowed(policy, question, record)
    excluded = (*question.excluded, *late)
    selection = _select(policy, question, record, places, rows, excluded)
    decision = _decision(policy, question, record, selection, [places[row] for row in selection.rows], excluded)
    if question.request.mode is Mode.LOOK:
        return Outcome(decision)
    return Outcome(decision, *_reserved(policy, question, record, [rows[row] for row in selection.rows]))


def _still_allowed(
    policy: Policy, question: Question, record: UserRecord
) -> tuple[Sequence[int], Rows, Sequence[Exclusion]]:
    """Places of the rows that `record` allows, what may be sent of them and when, and why other messages may not.

    Each row is asked about at its own moment. One whose first moment has moved keeps its score.
    """
    if record == question.record:
        return range(len(question.rows)), question.rows, ()
    candidates = [(row.message.message_id, row.message) for row in question.kept]
    as_of, zone = question.request.as_of, zone_of(record, policy.config)
    kept, late = exclude(policy, record, candidates, as_of, zone, **question.circumstances)
    ask = policy.ask(record, as_of, zone, **question.circumstances)
    first = {row.message.message_id: row for row in kept}
    weighed = {row.message.message_id for row in question.weighed.later}
    then = later(policy.constraints, ask, [row for name, row in first.items() if name in weighed])
    further = {(row.message.message_id, row.send_at) for row in then}
    allowed = {
        place: row
        for place, row in enumerate(question.weighed.later, len(question.kept))
        if (row.message.message_id, row.send_at) in further
    }
    names = {name: place for place, (name, _) in enumerate(candidates)}
    allowed = {names[name]: row for name, row in first.items()} | allowed
    return tuple(allowed), tuple(allowed.values()), late


def _select(
    policy: Policy,
    question: Question,
    record: UserRecord,
    places: Sequence[int],
    rows: Rows,
    excluded: Sequence[Exclusion],
) -> Selection:
    request, scores, taken = question.request, question.weighed.scores, np.array(places, dtype=np.int64)
    ask = policy.ask(record, request.as_of, zone_of(record, policy.config), **question.circumstances)
    scores = Scores(scores.p_click[taken], scores.p_opt_out[taken], scores.permission_value)
    if policy.config.certificate == "required" and question.served.certificate is None:
        silent = select(policy, ask, rows, scores, 0, excluded)
        return replace(silent, silence=SilenceCode.NOT_CERTIFIED)
    return select(policy, ask, rows, scores, request.slots, excluded, _chance(ask, question))


def _chance(ask: Ask, question: Question) -> np.random.Generator | None:
    """Give what may explore: the chance of this decision, unless it has no consequences or the user is not to be known.

    So a decision that is made again draws the same again.
    """
    personal = ask.personal and ask.record.profiled
    if ask.config.exploration is None or question.request.mode is Mode.LOOK or not personal:
        return None
    return chance_of(question.decision_id)


def _decision(
    policy: Policy,
    question: Question,
    record: UserRecord,
    selection: Selection,
    rows: Sequence[int],
    excluded: Sequence[Exclusion],
) -> Decision:
    request = question.request
    return Decision(
        decision_id=question.decision_id,
        user_id=request.user_id,
        decided_at=request.as_of,
        mode=request.mode,
        slots=request.slots,
        zone=zone_of(record, policy.config),
        slate=tuple(_chosen(policy, question, *pair) for pair in zip(selection.slate, rows, strict=True)),
        passed_over=passed_over(policy, selection, question.kept, question.weighed.scores),
        excluded=(*excluded, *selection.excluded),
        silence=selection.silence,
        propensity=selection.propensity,
        versions=question.served.versions(policy.config.version),
        degraded=question.served.degraded,
        not_considered=question.not_considered,
        frequency=as_it_holds(record.preferences, policy.config, question.circumstances.get("frequency")),
        bonus=question.circumstances.get("bonus", 0.0),
        permission_value=policy.config.permission_value or question.weighed.scores.permission_value,
    )


def _chosen(policy: Policy, question: Question, chosen: Chosen, row: int) -> Chosen:
    held = question.request.mode is Mode.HOLD
    grounds = question.weighed.grounds
    assert grounds is not None
    return replace(
        chosen,
        hold_expires_at=hold_expires_at(policy.config, chosen.send_at) if held else None,
        reasons=keeping_in_touch(
            reasons(grounds, row, question.rows[row].message), chosen.rank, question.circumstances.get("bonus", 0.0)
        ),
    )


def _reserved(
    policy: Policy, question: Question, record: UserRecord, slate: Rows
) -> tuple[tuple[Push, ...], Mapping[str, tuple[Slot, ...]]]:
    """Give the pushes that a decision writes, expired holds among them, and what the new ones take."""
    changed = budget.ended(record.pushes, question.request.as_of)
    slots: dict[str, tuple[Slot, ...]] = {}
    for row in slate:
        name = push_id(question.decision_id, row.message.message_id)
        push = hold_of(policy.config, row, question.decision_id, name, question.request.channel)
        if question.request.mode is Mode.CONFIRM:
            push = replace(push, state=HoldState.CONFIRMED, at=question.request.as_of, expires_at=None)
        changed = budget.joined(record.pushes, changed, push)
        slots[name] = slots_of(policy, record, push, row.message, question.circumstances.get("frequency"))
    return changed, slots
