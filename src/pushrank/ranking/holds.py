"""Confirm and release: what may be handed to the push provider now, and what is given back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pushrank.domain.codes import EventType, ExclusionCode, HoldState, Mode, StopCode
from pushrank.domain.decision import Decision
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Change, Push, Reading, Slot
from pushrank.features.tallies import taken_back
from pushrank.policy import Policy, Verdict, recheck, slots_of, utmost, zone_of
from pushrank.ranking import budget
from pushrank.ranking.catalogue import Catalogue, LookUp
from pushrank.ranking.decision_json import read
from pushrank.ranking.identifiers import push_id
from pushrank.store.protocol import Store


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
    """What may be sent now, as message ids, and what may not; each message asked for is in one of the two.

    `zone` is the one by whose clock the user reads.
    """

    send: tuple[str, ...]
    stop: tuple[Stop, ...]
    zone: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Holds:
    """Confirms and releases what decisions reserved, one transaction each. May be shared by threads."""

    store: Store
    catalogue: Catalogue
    policy: Policy

    def confirm(self, decision_id: str, message_ids: Sequence[str] | None, as_of: Instant) -> Confirmation:
        """Judge messages of a slate once more, now, and confirm those that may be sent; None means the whole slate.

        Asking again gives the same answer, except that a `send` becomes a `stop` once permission has gone, and that
        `too_early` ends. Raises UnknownDecisionError, LookError, and ForeignMessageError for a message outside the
        slate.
        """
        decision, names = self._slate(decision_id, message_ids)
        messages = {name: self.catalogue.live(name) for name in names}
        twins = self.catalogue.twins()

        def rule(reading: Reading) -> Change[Confirmation]:
            found = _found(reading, decision_id, names)
            wanted = [(push, messages[name] or _gone(push, self.catalogue.lookup())) for name, push in found.items()]
            verdicts = {v.push.message_id: v for v in recheck(self.policy, reading.record, wanted, as_of, twins)}
            changed = budget.ended(reading.record.pushes, as_of)
            slots: dict[str, tuple[Slot, ...]] = {}
            most = utmost(self.policy.config, reading.record)
            for name, verdict in verdicts.items():
                push = verdict.push
                if push != found[name]:
                    changed = budget.joined(reading.record.pushes, changed, push)
                    if verdict.code is None:
                        slots[push.push_id] = slots_of(self.policy, reading.record, push, messages[name], most)
            zone = zone_of(reading.record, self.policy.config)
            return Change(replace(_answer(names, verdicts), zone=zone), pushes=changed, slots=slots)

        return self.store.transact(decision.user_id, rule, as_of - self.policy.look_back, list(names.values()))

    def release(self, decision_id: str, message_ids: Sequence[str] | None, as_of: Instant) -> tuple[str, ...]:
        """Give back what will not be sent, and return the messages that use up nothing any more; repeating is safe.

        A message that was reported as sent is not given back: a `failed` event says that it was not. Raises as
        `confirm` does.
        """
        decision, names = self._slate(decision_id, message_ids)

        def rule(reading: Reading) -> Change[tuple[str, ...]]:
            found = _found(reading, decision_id, names)
            sent = _sent(reading, decision_id, found.values())
            changed: tuple[Push, ...] = ()
            for push in found.values():
                if push.message_id not in sent:
                    pushes = budget.merged(reading.record.pushes, changed)
                    changed = budget.merged(changed, budget.released(pushes, push))
            return Change(tuple(name for name in names if name not in sent), pushes=changed)

        return self.store.transact(decision.user_id, rule, as_of - self.policy.look_back, list(names.values()))

    def _slate(self, decision_id: str, message_ids: Sequence[str] | None) -> tuple[Decision, dict[str, str]]:
        """Look up a decision, and the messages of its slate that are meant with their content keys."""
        row = self.store.decision(decision_id)
        if row is None:
            raise UnknownDecisionError(decision_id)
        if row.mode == Mode.LOOK:
            raise LookError(decision_id)
        decision = read(row)
        slate = {
            one.scored.message_id: budget.content_key(one.scored.message_id, one.event_key) for one in decision.slate
        }
        for place, name in enumerate(message_ids or ()):
            if name not in slate:
                raise ForeignMessageError(place, name)
        return decision, slate if message_ids is None else {name: slate[name] for name in message_ids}


def _gone(push: Push, message_of: LookUp) -> Message | None:
    """Give a confirmed message that was taken out of the catalogue since: permission is asked about its purpose."""
    return message_of(push.message_id) if push.state is HoldState.CONFIRMED else None


def _found(reading: Reading, decision_id: str, names: Iterable[str]) -> dict[str, Push]:
    """The pushes by which a decision reserved, by message, whatever became of them."""
    known = {push.push_id: push for push in reading.pushes_of(decision_id)}
    ours = {name: known.get(push_id(decision_id, name)) for name in names}
    return {name: push for name, push in ours.items() if push is not None}


def _answer(names: Iterable[str], verdicts: Mapping[str, Verdict]) -> Confirmation:
    send, stop = [], []
    for name in names:
        verdict = verdicts.get(name)
        if verdict is None:
            # Whatever took the reservation away, there is nothing left that could be sent.
            stop.append(Stop(name, StopCode.RELEASED))
        elif verdict.code is None:
            send.append(name)
        else:
            stop.append(Stop(name, verdict.code, verdict.until))
    return Confirmation(tuple(send), tuple(stop))


def _sent(reading: Reading, decision_id: str, found: Iterable[Push]) -> frozenset[str]:
    """Messages of a decision of which a report of a send stands."""
    if not any(push.state is HoldState.CONFIRMED for push in found):
        return frozenset()
    events = [stored.event for stored in reading.events() if stored.event.decision_id == decision_id]
    failed = taken_back(events)
    sent = (event for event in events if event.type is EventType.SENT and event.event_id not in failed)
    return frozenset(event.message_id for event in sent if event.message_id is not None)
