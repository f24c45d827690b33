"""From any store into an empty one: what rankings need to go on from there."""

from __future__ import annotations

from typing import TypeVar

from pushrank.domain.instants import Instant
from pushrank.domain.record import Change, StoredEvent
from pushrank.store.protocol import Rule, Store

A = TypeVar("A")

_FIRST: Instant = -(2**63)


def copy_into(target: Store, source: Store) -> None:
    """Copy users, their held and confirmed pushes, events, messages and counts. Nobody should write meanwhile.

    Left behind are decisions, so what was held before can't be confirmed; pushes that were given back; the consent
    ledger and tombstones; idempotency keys, API keys and markers. The pushes copied take no slots, so behind them only
    the rules count.
    """
    live, deleted = source.messages(), source.messages(deleted=True)
    target.put_messages([*live, *deleted], 0)
    for message in deleted:
        target.delete_message(message.message_id, 0)
    events: dict[str, list[StoredEvent]] = {user_key: [] for user_key in source.users()}
    for stored in source.events_since(_FIRST):
        events.setdefault(stored.event.user_id, []).append(stored)
    for user_key, happened in events.items():
        record = source.user(user_key, _FIRST)
        kept = Change(None, record if record.known else None, tuple(happened), record.pushes)
        target.transact(user_key, _writing(kept), _FIRST)
    counts = tuple(source.all_counts())
    if counts:
        target.transact("", _writing(Change(None, counts=counts)), _FIRST)


def _writing(change: Change[A]) -> Rule[A]:
    return lambda _: change
