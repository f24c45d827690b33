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
    Circumstances,
    Eligible,
    Policy,
    Scores,
    Selection,
    as_it_holds,
    exclude,
    hold_expires_at,
    hold_of,
    select,
    slots_of,
    zone_of,
)
from pushrank.ranking import ledger
from pushrank.ranking.explanations import Grounds, passed_over, reasons
from pushrank.ranking.identifiers import push_id
from pushrank.ranking.served import Served


@dataclass(frozen=True, slots=True)
class Question:
    """A request with what was read and scored for it. `scores` has a row for each of `kept`."""

    decision_id: str
    request: RankingRequest
    served: Served
    record: UserRecord
    kept: Sequence[Eligible]
    excluded: Sequence[Exclusion]
    scores: Scores
    grounds: Grounds | None
    not_considered: int
    circumstances: Circumstances


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
    rows, kept, late = _still_allowed(policy, question, record)
    excluded = (*question.excluded, *late)
    selection = _select(policy, question, record, rows, kept, excluded)
    decision = _decision(policy, question, record, selection, [rows[place] for place in selection.rows], excluded)
    if question.request.mode is Mode.LOOK:
        return Outcome(decision)
    return Outcome(decision, *_reserved(policy, question, record, [kept[place] for place in selection.rows]))


def _still_allowed(
    policy: Policy, question: Question, record: UserRecord
) -> tuple[Sequence[int], Sequence[Eligible], Sequence[Exclusion]]:
    """Rows of `kept` that `record` allows, what may be sent of them and when, and why the others may not."""
    if record == question.record:
        return range(len(question.kept)), question.kept, ()
    candidates = [(row.message.message_id, row.message) for row in question.kept]
    zone = zone_of(record, policy.config)
    kept, late = exclude(policy, record, candidates, question.request.as_of, zone, **question.circumstances)
    places = {name: place for place, (name, _) in enumerate(candidates)}
    return [places[row.message.message_id] for row in kept], kept, late


def _select(
    policy: Policy,
    question: Question,
    record: UserRecord,
    rows: Sequence[int],
    kept: Sequence[Eligible],
    excluded: Sequence[Exclusion],
) -> Selection:
    request, scores, taken = question.request, question.scores, np.array(rows, dtype=np.int64)
    ask = policy.ask(record, request.as_of, zone_of(record, policy.config), **question.circumstances)
    scores = Scores(scores.p_click[taken], scores.p_opt_out[taken], scores.permission_value)
    if policy.config.certificate == "required" and question.served.certificate is None:
        silent = select(policy, ask, kept, scores, 0, excluded)
        return replace(silent, silence=SilenceCode.NOT_CERTIFIED)
    return select(policy, ask, kept, scores, request.slots, excluded)


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
        passed_over=passed_over(policy, selection, question.kept, question.scores),
        excluded=(*excluded, *selection.excluded),
        silence=selection.silence,
        propensity=selection.propensity,
        versions=question.served.versions(policy.config.version),
        degraded=question.served.degraded,
        not_considered=question.not_considered,
        frequency=as_it_holds(record.preferences, policy.config, question.circumstances.get("frequency")),
    )


def _chosen(policy: Policy, question: Question, chosen: Chosen, row: int) -> Chosen:
    held = question.request.mode is Mode.HOLD
    assert question.grounds is not None
    return replace(
        chosen,
        hold_expires_at=hold_expires_at(policy.config, chosen.send_at) if held else None,
        reasons=reasons(question.grounds, row, question.kept[row].message),
    )


def _reserved(
    policy: Policy, question: Question, record: UserRecord, slate: Sequence[Eligible]
) -> tuple[tuple[Push, ...], Mapping[str, tuple[Slot, ...]]]:
    """Give the pushes that a decision writes, expired holds among them, and what the new ones take."""
    changed = ledger.ended(record.pushes, question.request.as_of)
    slots: dict[str, tuple[Slot, ...]] = {}
    for row in slate:
        name = push_id(question.decision_id, row.message.message_id)
        push = hold_of(policy.config, row, question.decision_id, name, question.request.channel)
        if question.request.mode is Mode.CONFIRM:
            push = replace(push, state=HoldState.CONFIRMED, at=question.request.as_of, expires_at=None)
        changed = ledger.joined(record.pushes, changed, push)
        slots[name] = slots_of(policy, record, push, row.message, question.circumstances.get("frequency"))
    return changed, slots
