"""The places that a push takes under caps, as the store shall refuse one too many behind the rules."""

from __future__ import annotations

from pushrank.domain.decision import Frequency
from pushrank.domain.message import Message
from pushrank.domain.record import Push, Slot, UserRecord
from pushrank.policy.ask import Ask
from pushrank.policy.calendar import zone_of
from pushrank.policy.constraints.capping import Capping
from pushrank.policy.limits import Limit, Subject
from pushrank.policy.policy import Policy


def slots_of(
    policy: Policy, record: UserRecord, push: Push, message: Message | None, suits: Frequency | None = None
) -> tuple[Slot, ...]:
    """One slot for each limit that `push` falls under at its `at`, over its own channel.

    `message` is what the rules were asked about; limits that it passes as a service message don't limit its slots.
    None: nobody asked, as for another system's send, so no slot is limited, and all count for others. `suits` is the
    frequency that the rules were told: what suits the user at a ranking, `utmost` at a confirm. The rules of `exclude`
    and `recheck` refuse whatever these slots would refuse, given the same, all pushes within `Policy.look_back`, and
    expired holds gone. A slot's own limit is looked at when the push takes it, so one that falls later stops nobody.
    """
    ask = policy.ask(record, push.at, zone_of(record, policy.config), frequency=suits)
    subject = Subject(push.category, push.kind, push.channel, push.at)
    slots: dict[str, Slot] = {}
    for constraint in policy.constraints:
        if isinstance(constraint, Capping):
            for limit in constraint.limits(ask, subject):
                if limit.window.rolls or ask.zone is not None:
                    slot = limit.slot(ask.zone, push.at, _most(constraint, ask, limit, message))
                    slots[slot.cap] = _stricter(slot, slots.get(slot.cap))
    return tuple(slots.values())


def _most(constraint: Capping, ask: Ask, limit: Limit, message: Message | None) -> int | None:
    if message is None or (constraint.passes(ask, limit) and ask.is_service(message)):
        return None
    return limit.most


def _stricter(slot: Slot, other: Slot | None) -> Slot:
    """Choose between slots under one cap: `*` and a category's own name may speak of the same."""
    if other is None or other.most is None or (slot.most is not None and slot.most < other.most):
        return slot
    return other
