"""Confirm and release: what may be handed to the push provider now, and what is given back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pushrank.domain.codes import EventType, ExclusionCode, HoldState, Mode, StopCode
from pushrank.domain.decision import Decision
from pushrank.domain.instants import DAY, Instant
from pushrank.domain.record import Change, Push, Reading, UserRecord
from pushrank.policy import Policy, Verdict, recheck
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.decision_json import read
from pushrank.ranking.identifiers import push_id
from pushrank.ranking.ledger import content_key
from pushrank.store.protocol import Store

LOOK_BACK = 9 * DAY


class UnknownDecisionError(LookupError):
    """There is no decision by that id."""


class LookError(Exception):
    """A look reserved nothing, so it can't be confirmed or released."""


class ForeignMessageError(ValueError):
    """A message that is not in the decision's slate; `place` is its index in what was asked."""

    def __init__(self, place: int, message_id: str) -> None:
        self.place = place
        self.message_id = message_id
        super().__init__(f"message_ids[{place}]: expected a message of the decision's slate, got {message_id!r}")


@dataclass(frozen=True, slots=True)
class Stop:
    """A message that must not be sent now, and when that ends where it does."""

    message_id: str
    code: StopCode | ExclusionCode
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What may be sent now, as message ids, and what may not; each message asked for is in one of the two."""

    send: tuple[str, ...]
    stop: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Holds:
    """Confirms and releases what decisions reserved, one transaction each. May be shared by threads."""

    store: Store
    catalogue: Catalogue
    policy: Policy

    def confirm(self, decision_id: str, message_ids: Sequence[str] | None, as_of: Instant) -> Confirmation:
        """Judge messages of a slate once more, now, and confirm those that may be sent; None means the whole slate.

        Asking again gives the same answer, except that a `send` becomes a `stop` once permission has gone, and that
        what stood in the way may have ended. Raises UnknownDecisionError, LookError, and ForeignMessageError for a
        message outside the slate.
        """
        decision, names = self._slate(decision_id, message_ids)
        messages = {name: self.catalogue.live(name) for name in names}

        def rule(reading: Reading) -> Change[Confirmation]:
            found = _found(reading.record.pushes, decision_id, names)
            wanted = [(push, messages[name]) for name, push in found.items()]
            verdicts = {v.push.message_id: v for v in recheck(self.policy, reading.record, wanted, as_of)}
            confirmed = [v.push for v in verdicts.values() if v.code is None and v.push != found[v.push.message_id]]
            return Change(_answer(reading.record, names, verdicts), pushes=tuple(confirmed))

        return self.store.transact(decision.user_id, rule, as_of - LOOK_BACK, list(names.values()))

    def release(self, decision_id: str, message_ids: Sequence[str] | None, as_of: Instant) -> tuple[str, ...]:
        """Give back what will not be sent, and return the messages that use up nothing any more; repeating is safe.

        A message that was reported as sent is not given back: a `failed` event says that it was not. Raises as
        `confirm` does.
        """
        decision, names = self._slate(decision_id, message_ids)

        def rule(reading: Reading) -> Change[tuple[str, ...]]:
            found = _found(reading.record.pushes, decision_id, names)
            sent = _sent(reading, decision_id) if found else frozenset()
            freed = [replace(push, state=HoldState.RELEASED) for name, push in found.items() if name not in sent]
            return Change(tuple(name for name in names if name not in sent), pushes=tuple(freed))

        return self.store.transact(decision.user_id, rule, as_of - LOOK_BACK, list(names.values()))

    def _slate(self, decision_id: str, message_ids: Sequence[str] | None) -> tuple[Decision, dict[str, str]]:
        """Look up a decision, and the messages of its slate that are meant with their content keys."""
        row = self.store.decision(decision_id)
        if row is None:
            raise UnknownDecisionError(decision_id)
        if row.mode == Mode.LOOK:
            raise LookError(decision_id)
        decision = read(row)
        slate = {one.scored.message_id: content_key(one.scored.message_id, one.event_key) for one in decision.slate}
        for place, name in enumerate(message_ids or ()):
            if name not in slate:
                raise ForeignMessageError(place, name)
        return decision, slate if message_ids is None else {name: slate[name] for name in message_ids}


def _found(pushes: Sequence[Push], decision_id: str, names: Mapping[str, str]) -> dict[str, Push]:
    """What still stands of a decision's pushes, by message."""
    known = {push.push_id: push for push in pushes}
    ours = {name: known.get(push_id(decision_id, name)) for name in names}
    return {name: push for name, push in ours.items() if push is not None}


def _answer(record: UserRecord, names: Mapping[str, str], verdicts: Mapping[str, Verdict]) -> Confirmation:
    send, stop = [], []
    for name, key in names.items():
        verdict = verdicts.get(name)
        if verdict is None:
            stop.append(Stop(name, _lost(record, key)))
        elif verdict.code is None:
            send.append(name)
        else:
            stop.append(Stop(name, verdict.code, verdict.until))
    return Confirmation(tuple(send), tuple(stop))


def _lost(record: UserRecord, key: str) -> StopCode | ExclusionCode:
    """Why a push that a decision reserved no longer stands: the content went to another, or it was given back."""
    rival = next((push for push in record.pushes if push.content_key == key), None)
    if rival is None:
        return StopCode.RELEASED
    return ExclusionCode.ALREADY_SENT if rival.state is HoldState.CONFIRMED else StopCode.HOLD_EXPIRED


def _sent(reading: Reading, decision_id: str) -> frozenset[str]:
    """Messages of a decision that were reported as sent and not as failed."""
    events = [stored.event for stored in reading.events() if stored.event.decision_id == decision_id]
    failed = {event.message_id for event in events if event.type is EventType.FAILED}
    sent = {event.message_id for event in events if event.type is EventType.SENT}
    return frozenset(name for name in sent - failed if name is not None)
