"""Just before a send: whether it is still allowed, now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pushrank.domain.codes import ExclusionCode, HoldState, StopCode
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Push, UserRecord
from pushrank.policy.ask import Constraint, Eligible, Unlisted
from pushrank.policy.calendar import zone_of
from pushrank.policy.policy import Policy, divide


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a confirm says about one push: it may be sent where `code` is None, else why not and until when."""

    push: Push
    code: StopCode | ExclusionCode | None = None
    until: Instant | None = None


def recheck(
    policy: Policy, record: UserRecord, wanted: Sequence[tuple[Push, Message | None]], as_of: Instant
) -> list[Verdict]:
    """Judge each push of a decision in turn, with what the catalogue holds under its message now.

    A push that may be sent comes back `confirmed`, at `as_of` where it was held, and counts for the ones after it.
    Whatever forbids it now stops it; quiet hours do so even where they would only put off. An expired hold is
    taken again if everything allows it, else it is `hold_expired`. For a push confirmed before only permission counts.
    """
    verdicts: list[Verdict] = []
    for push, message in wanted:
        verdict = _judge(policy, record, push, message, as_of)
        verdicts.append(verdict)
        if verdict.code is None:
            others = tuple(other for other in record.pushes if other.push_id != push.push_id)
            record = replace(record, pushes=(*others, verdict.push))
    return verdicts


def _judge(policy: Policy, record: UserRecord, push: Push, message: Message | None, as_of: Instant) -> Verdict:
    if push.state is HoldState.CONFIRMED:
        removed = _removed(policy, [one for one in policy.constraints if one.permission], record, push, message, as_of)
        return Verdict(push) if removed is None else Verdict(push, removed.code, removed.until)
    if push.state is not HoldState.HELD:
        return Verdict(push, StopCode.RELEASED)
    if as_of < push.at:
        return Verdict(push, StopCode.TOO_EARLY, push.at)
    removed = _removed(policy, policy.constraints, record, push, message, as_of)
    if removed is None:
        return Verdict(replace(push, state=HoldState.CONFIRMED, at=as_of, expires_at=None))
    if push.counts(as_of):
        return Verdict(push, removed.code, removed.until)
    return Verdict(push, StopCode.HOLD_EXPIRED)


def _removed(
    policy: Policy,
    constraints: Sequence[Constraint],
    record: UserRecord,
    push: Push,
    message: Message | None,
    as_of: Instant,
) -> Exclusion | None:
    """Give what removes `push` now, where nothing else of its own decision is in its way."""
    others = replace(record, pushes=tuple(other for other in record.pushes if other.push_id != push.push_id))
    ask = policy.ask(others, as_of, zone_of(record, policy.config), now_only=True)
    out = divide(constraints, ask, [Eligible(_as_held(push, message), as_of)])[1]
    return out[0] if out else None


def _as_held(push: Push, message: Message | None) -> Message:
    """Give the message as the hold has it: of the event that its content key names."""
    if message is None:
        return Unlisted(push.message_id, push.category, kind=push.kind)
    return replace(message, event_key=push.content_key.removeprefix(f"{push.message_id}#") or None)
