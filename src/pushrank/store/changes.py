"""What every database of the store asks of a change before it writes one, and how a user gets another key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeAlias

from pushrank.domain.record import Change, StoredEvent, UserRecord
from pushrank.store.codec import written
from pushrank.store.errors import ConflictError, StoreError

Tomb: TypeAlias = Callable[[str], str]
"""Gives the token of a user's tombstone."""


def check_owner(user_key: str, change: Change[Any]) -> None:
    """Raise ValueError where a change is about another user than the one for whom its rule ran."""
    named = [stored.event.user_id for stored in change.events]
    named += [entry.user_key for entry in change.ledger]
    named += [row.user_key for row in (change.record, change.decision, change.features) if row is not None]
    for name in named:
        if name != user_key:
            msg = f"user_key: expected a change of {user_key!r}, for whom the rule ran, got one of {name!r}"
            raise ValueError(msg)


def check_erased(record: UserRecord, change: Change[Any]) -> None:
    """Refuse to write anything of an erased user, and anything but counts beside an erasure."""
    if not record.erased and change.erase is None:
        return
    writes = {
        "record": change.record is not None,
        "events": bool(change.events),
        "pushes": bool(change.pushes),
        "decision": change.decision is not None,
        "slots": bool(change.slots),
        "ledger": bool(change.ledger),
        "features": change.features is not None,
        "forget_before": change.forget_before is not None,
    }
    beside = ", ".join(name for name, given in writes.items() if given)
    if beside and change.erase is not None:
        msg = f"erase: expected nothing but counts beside it, got {beside}"
        raise ValueError(msg)
    if beside:
        raise refused_write()


def refused_write() -> ConflictError:
    """Build the error for a write about a user who was erased."""
    return ConflictError("tombstones: expected a user who was not erased, got one in whose place a tombstone stands")


def token_of(tomb: Tomb | None, user_key: str) -> str:
    """Give the token of a user; ValueError in a store that was opened without the key of its tombstones."""
    if tomb is None:
        msg = "tombstones: expected a store that was opened with their key, got one without"
        raise ValueError(msg)
    return tomb(user_key)


def sealed() -> StoreError:
    """Build the error for a question about tombstones to a store that can't read them."""
    return StoreError("tombstones: expected a store opened with their key, since some stand here, got one without")


def rekeyed(stored: StoredEvent, user_key: str) -> StoredEvent:
    """Give an event to another user. A digest of the event as it stands is made anew; another one can't be."""
    event = replace(stored.event, user_id=user_key)
    same = stored.digest == _digest(written(stored.event))
    return replace(stored, event=event, digest=_digest(written(event)) if same else stored.digest)


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()


def named(user_key: str) -> str:
    """The words by which the JSON of a decision names its user."""
    return f'"user_id":"{user_key}"'


EXPIRING = ("decisions", "feature_rows", "pushes")


def check_expires(table: str) -> None:
    """Raise ValueError for a table whose rows do not go by age."""
    if table not in EXPIRING:
        msg = f"table: expected one of {', '.join(EXPIRING)}, got {table!r}"
        raise ValueError(msg)
