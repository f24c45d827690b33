"""Just before a send: whether it is still allowed, now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pushrank.domain.codes import ExclusionCode, HoldState, StopCode
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Push, UserRecord
from pushrank.policy.ask import NO_TWINS, Ask, Constraint, Eligible, Unlisted
from pushrank.policy.calendar import zone_of
from pushrank.policy.frequency import utmost
from pushrank.policy.policy import Policy, divide


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a confirm says about one push: it may be sent where `code` is None, else why not and until when.

    `push` is as it stands from now on.
    """

    push: Push
    code: StopCode | ExclusionCode | None = None
    until: Instant | None = None


def recheck(
    policy: Policy,
    record: UserRecord,
    wanted: Sequence[tuple[Push, Message | None]],
    as_of: Instant,
    twins: Mapping[str, frozenset[str]] = NO_TWINS,
) -> list[Verdict]:
    """Judge each push of a decision in turn, with what the catalogue holds under its message now.

    A push that may be sent comes back `confirmed`, at `as_of` where it was held, and counts for the ones after it.
    Whatever forbids it now stops it; quiet hours do so even where they would only put off. An expired hold is
    taken again if everything allows it, else it is `hold_expired`; so is one whose content another push took since.
    For a push confirmed before only permission counts. No model is at hand, so of the caps per day and week the user's
    own word and the policy's bounds hold; what suits the user was kept to when the push was held.

    Every stop but `too_early` is final: the push keeps its code and moment, a hold is given back, and what may have
    gone out goes on counting. What is still to be judged is in nobody's way, so the first of a slate comes first.
    """
    waiting = {push.push_id for push, _ in wanted if push.state is HoldState.HELD and push.at <= as_of}
    verdicts: list[Verdict] = []
    most = utmost(policy.config, record)
    for push, message in wanted:
        waiting.discard(push.push_id)
        others = tuple(o for o in record.pushes if o.push_id != push.push_id)
        ahead = replace(record, pushes=tuple(o for o in others if o.push_id not in waiting))
        zone = zone_of(ahead, policy.config)
        ask = policy.ask(ahead, as_of, zone, now_only=True, channel=push.channel, twins=twins, frequency=most)
        verdict = _judge(policy, ask, push, message)
        verdicts.append(verdict)
        record = replace(record, pushes=(*others, verdict.push))
    return verdicts


def _judge(policy: Policy, ask: Ask, push: Push, message: Message | None) -> Verdict:
    """Judge one push; `ask` has the user's record without it, so that it is not in its own way."""
    if push.stopped is not None:
        return Verdict(push, push.stopped, push.stopped_until)
    if push.state is HoldState.FAILED:
        return Verdict(push, StopCode.RELEASED)
    if push.state is HoldState.CONFIRMED:
        removed = _withdrawn(policy.constraints, ask, push, message)
        return Verdict(push) if removed is None else _stopped(push, removed.code, removed.until)
    return _judge_hold(policy, ask, push, message)


def _judge_hold(policy: Policy, ask: Ask, push: Push, message: Message | None) -> Verdict:
    as_of = ask.as_of
    if as_of < push.at:
        return Verdict(push, StopCode.TOO_EARLY, push.at)
    removed = _removed(policy.constraints, ask, push, message)
    if removed is None:
        return Verdict(_confirmed(push, _as_held(push, message), as_of))
    if push.expires_at is None or as_of < push.expires_at:
        return _stopped(push, removed.code, removed.until)
    return _stopped(push, StopCode.HOLD_EXPIRED)


def _confirmed(push: Push, message: Message, as_of: Instant) -> Push:
    """Give the push as it counts once sent: under the category and kind for which the caps were just asked."""
    category, kind = message.category, message.kind
    return replace(push, state=HoldState.CONFIRMED, at=as_of, expires_at=None, category=category, kind=kind)


def _stopped(push: Push, code: StopCode | ExclusionCode, until: Instant | None = None) -> Verdict:
    state = HoldState.RELEASED if push.state is HoldState.HELD else push.state
    return Verdict(replace(push, state=state, stopped=code, stopped_until=until), code, until)


def _removed(constraints: Sequence[Constraint], ask: Ask, push: Push, message: Message | None) -> Exclusion | None:
    """Give what removes `push` now."""
    out = divide(constraints, ask, [Eligible(_as_held(push, message), ask.as_of)])[1]
    return out[0] if out else None


def _withdrawn(constraints: Sequence[Constraint], ask: Ask, push: Push, message: Message | None) -> Exclusion | None:
    """Give what has ended the permission for a push that was confirmed before."""
    rows = [Eligible(_as_held(push, message), ask.as_of)]
    found = (out for one in constraints if one.permission for out in one.still(ask, rows)[1])
    return next(found, None)


def _as_held(push: Push, message: Message | None) -> Message:
    """Give the message as the hold has it: of the event that its content key names."""
    if message is None:
        return Unlisted(push.message_id, push.category, kind=push.kind)
    return replace(message, event_key=push.content_key.removeprefix(f"{push.message_id}#") or None)
