"""Why a user got a push, or did not: a decision told in plain words, with what can be changed in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pushrank.domain.codes import ExclusionCode, HoldState, OutcomeCode, PassedCode, SilenceCode
from pushrank.domain.decision import Chosen, Decision, Exclusion, Passed
from pushrank.domain.instants import Instant, iso, to_datetime
from pushrank.domain.record import Push
from pushrank.rights.remedies import Remedy, Standpoint, of_exclusion, of_push
from pushrank.wording import text

MOST_NAMED = 3
"""Messages of one reason that are named by their title."""


@dataclass(frozen=True, slots=True)
class Said:
    """A code and its sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class ToldReason:
    """Why a message was chosen; `tag` is the interest or category that this speaks of."""

    code: str
    text: str
    tag: str | None


@dataclass(frozen=True, slots=True)
class ToldPush:
    """A message that was chosen. `title` and `category` are None where the catalogue no longer has it.

    `hour` is the local hour of `send_at`, None where nobody knows the user's clock; `when` tells it by that clock, else
    in UTC. `outcome` says what became of it.
    """

    message_id: str
    title: str | None
    category: str | None
    category_title: str | None
    send_at: Instant
    when: str
    hour: int | None
    reasons: tuple[ToldReason, ...]
    outcome: Said
    remedies: tuple[Remedy, ...]


@dataclass(frozen=True, slots=True)
class ToldGroup:
    """Messages that were not chosen for one reason: how many, at most `MOST_NAMED` of their titles, what can be done.

    `until` is when the reason ends, where that is one moment for all of them.
    """

    code: str
    text: str
    count: int
    titles: tuple[str, ...]
    category: str | None
    category_title: str | None
    until: Instant | None
    remedies: tuple[Remedy, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One decision in words. `silence` says why places stayed empty, None where none did.

    `zone` is the one by whose clock it is told; None: in UTC. `not_considered` counts live messages that were left out
    because there were too many.
    """

    decision_id: str
    at: Instant
    when: str
    zone: str | None
    chosen: tuple[ToldPush, ...]
    not_sent: tuple[ToldGroup, ...]
    silence: Said | None
    not_considered: int = 0


def told(decision: Decision, view: Standpoint, pushes: Sequence[Push] = ()) -> Told:
    """Tell a decision. `pushes` are those by which it reserved, whatever became of them; others are ignored.

    A look has no consequences: whoever lists decisions for a user leaves looks out.
    """
    became = {push.message_id: push for push in pushes if push.decision_id == decision.decision_id}
    silence = None if decision.silence is None else _said(view, decision.silence)
    return Told(
        decision_id=decision.decision_id,
        at=decision.decided_at,
        when=_clock(view, decision.decided_at, decision.zone),
        zone=decision.zone,
        chosen=tuple(_push(view, decision, one, became.get(one.scored.message_id)) for one in decision.slate),
        not_sent=(*_excluded(view, decision), *_passed_over(view, decision)),
        silence=silence,
        not_considered=decision.not_considered,
    )


def to_json(one: Told) -> dict[str, Any]:
    """Write what was told as JSON has it; times of messages stand in the zone by whose clock it was told."""
    return {
        **asdict(one),
        "at": iso(one.at),
        "chosen": [asdict(push) | {"send_at": iso(push.send_at, one.zone)} for push in one.chosen],
        "not_sent": [
            asdict(group) | {"until": None if group.until is None else iso(group.until, one.zone)}
            for group in one.not_sent
        ],
    }


def _push(view: Standpoint, decision: Decision, one: Chosen, push: Push | None) -> ToldPush:
    message, zone = view.message_of(one.scored.message_id), decision.zone
    category = message.category if message is not None else None if push is None else push.category
    at = one.send_at if push is None or push.state is not HoldState.CONFIRMED else push.at
    hour = None if zone is None else to_datetime(at, zone).hour
    return ToldPush(
        message_id=one.scored.message_id,
        title=None if message is None else message.title or None,
        category=category,
        category_title=view.words.title(category),
        send_at=at,
        when=_clock(view, at, zone),
        hour=hour,
        reasons=tuple(ToldReason(reason.code, view.words.reason(reason), reason.tag) for reason in one.reasons),
        outcome=_outcome(view, push, zone),
        remedies=of_push(view, category, one.reasons, hour),
    )


def _outcome(view: Standpoint, push: Push | None, zone: str | None) -> Said:
    """Say what became of a push; None: its row was deleted as too old."""
    if push is None:
        return _said(view, OutcomeCode.FORGOTTEN)
    if push.state is HoldState.HELD:
        code = OutcomeCode.PLANNED if push.counts(view.now) else OutcomeCode.LAPSED
    else:
        code = _OUTCOMES[push.state]
    said = _said(view, code, until=view.words.moment(push.at, zone, view.now))
    if code is not OutcomeCode.STOPPED or push.stopped is None:
        return said
    why = text(push.stopped, view.words.language, until=view.words.moment(push.stopped_until, zone, view.now))
    return replace(said, text=f"{said.text}{'' if view.words.language == 'zh' else ' '}{why}")


_OUTCOMES: Mapping[HoldState, OutcomeCode] = {
    HoldState.CONFIRMED: OutcomeCode.SENT,
    HoldState.RELEASED: OutcomeCode.STOPPED,
    HoldState.FAILED: OutcomeCode.FAILED,
}


def _excluded(view: Standpoint, decision: Decision) -> list[ToldGroup]:
    """What was not allowed, by reason, the most frequent first."""
    groups: dict[tuple[str, ...], list[Exclusion]] = {}
    for one in decision.excluded:
        groups.setdefault(_reason_of(view, one), []).append(one)
    return [_excluded_group(view, decision, group) for group in sorted(groups.values(), key=len, reverse=True)]


def _reason_of(view: Standpoint, one: Exclusion) -> tuple[str, ...]:
    """What exclusions must share to be told as one: the same words and the same step out."""
    message = view.message_of(one.message_id) if one.code is ExclusionCode.NO_CONSENT else None
    purpose = "" if message is None else view.policy.tree.purpose_of(message).value
    return (one.code, one.about or "", str(one.limit), one.decided_by or "", purpose)


def _excluded_group(view: Standpoint, decision: Decision, group: Sequence[Exclusion]) -> ToldGroup:
    untils, zone = {one.until for one in group}, decision.zone
    one = replace(group[0], until=group[0].until if len(untils) == 1 else None)
    hour = None if zone is None else to_datetime(decision.decided_at, zone).hour
    return ToldGroup(
        code=one.code,
        text=view.words.excluded(one, zone, decision.decided_at),
        count=len(group),
        titles=_titles(view, group),
        category=one.about,
        category_title=view.words.title(one.about),
        until=one.until,
        remedies=of_exclusion(view, one, hour),
    )


def _passed_over(view: Standpoint, decision: Decision) -> list[ToldGroup]:
    """What was allowed and not chosen, by reason, the most frequent first."""
    groups: dict[PassedCode, list[Passed]] = {}
    for one in decision.passed_over:
        groups.setdefault(one.code, []).append(one)
    return [
        ToldGroup(code, view.words.passed(code), len(group), _titles(view, group), None, None, None, ())
        for code, group in sorted(groups.items(), key=lambda pair: -len(pair[1]))
    ]


def _titles(view: Standpoint, group: Sequence[Exclusion | Passed]) -> tuple[str, ...]:
    found: list[str] = []
    for one in group:
        message = view.message_of(one.message_id)
        if message is not None and message.title and message.title not in found:
            found.append(message.title)
        if len(found) == MOST_NAMED:
            break
    return tuple(found)


def _said(view: Standpoint, code: SilenceCode | OutcomeCode, **facts: str | None) -> Said:
    return Said(code, text(code, view.words.language, **facts))


def _clock(view: Standpoint, at: Instant, zone: str | None) -> str:
    known = view.words.moment(at, zone, view.now)
    return known if known is not None else f"{view.words.moment(at, 'UTC', view.now)} (UTC)"
