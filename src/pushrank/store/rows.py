"""Rows of users, pushes, slots and events, as every database of the store writes and reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pushrank.domain.codes import ExclusionCode, HoldState, Kind, StopCode
from pushrank.domain.record import Change, DecisionRow, FeatureRow, Push, Slot, StoredEvent, Tombstone, UserRecord
from pushrank.store.codec import (
    EVENT,
    FACTS,
    FORGOTTEN,
    MODELS,
    PREFERENCES,
    PRESENCE,
    SCOPES,
    TAGS,
    unreadable,
    written,
)
from pushrank.store.values import ApiKey

USER_COLUMNS = "facts, preferences, reachable, state, last_event_at, presence, forgotten"
PUSH_COLUMNS = (
    "push_id, content_key, message_id, category, kind, state, at, decision_id, expires_at, channel, tags, stopped,"
    " stopped_until"
)
EVENT_COLUMNS = "event_id, utc_offset, digest, body"
DECISION_COLUMNS = "decision_id, user_key, decided_at, mode, body"
FEATURE_COLUMNS = "decision_id, user_key, at, features, body"
TOMBSTONE_COLUMNS = "token, at, models, retrain_by"
COUNT_COLUMNS = "message_id, bucket, sends, clicks, opt_outs, dismissals"
KEY_COLUMNS = "key_id, hash, scopes, created_at, expires_at, revoked_at"
BEYOND_CAP = """
    SELECT 1 FROM (
        SELECT NEW.starts_at AS starts_at, NEW.ends_at AS ends_at
        UNION ALL
        SELECT starts_at, ends_at FROM slots
        WHERE user_key = NEW.user_key AND cap = NEW.cap AND at >= NEW.at AND starts_at <= NEW.at AND NEW.at < ends_at
    ) AS span
    WHERE (
        SELECT count(*) FROM slots
        WHERE user_key = NEW.user_key AND cap = NEW.cap AND at >= span.starts_at AND at < span.ends_at
    ) >= NEW.most"""
"""Finds a row where a slot would be one too many: no window that it enters, its own and those that look back from later
pushes, may hold more than its `most`. For triggers, in the SQL that both databases speak."""
_WHOSE = {
    "pushes": """
        (user_key = {0} AND state IN ('held', 'confirmed') OR user_key = {0} AND state IN ('released', 'failed'))""",
    "idempotency": "(person = {0} AND person <> '')",
}
FREEING = frozenset({HoldState.RELEASED, HoldState.FAILED})

_KINDS = {kind.value: kind for kind in Kind}
_STATES = {state.value: state for state in HoldState}
_STOPS: dict[str, StopCode | ExclusionCode] = {code.value: code for code in (*StopCode, *ExclusionCode)}


def whose(table: str, user: str) -> str:
    """Say in SQL which rows of a table are a user's, in the words of its indexes; `user` is a parameter."""
    return _WHOSE.get(table, "user_key = {0}").format(user)


def user_of(user_key: str, row: Sequence[Any] | None, pushes: Sequence[Push]) -> UserRecord:
    """Decode USER_COLUMNS of a user, None where there is no row, with the pushes that were read, in any order."""
    ordered = tuple(sorted(pushes, key=lambda push: (push.at, push.push_id)))
    if row is None:
        return UserRecord(user_key, pushes=ordered)
    facts, preferences, reachable, state, last_event_at, presence, forgotten = row
    return UserRecord(
        user_key,
        known=True,
        facts=FACTS.read(facts, user_key),
        preferences=PREFERENCES.read(preferences, user_key),
        reachable=bool(reachable),
        state=state,
        last_event_at=last_event_at,
        presence=PRESENCE.read(presence, user_key),
        pushes=ordered,
        forgotten={} if forgotten == "{}" else FORGOTTEN.read(forgotten, user_key),
    )


def user_row(record: UserRecord) -> tuple[Any, ...]:
    """Encode a user: the key, then USER_COLUMNS."""
    facts, preferences, presence = written(record.facts), written(record.preferences), written(record.presence)
    forgotten = written(record.forgotten)
    return (
        record.user_key,
        facts,
        preferences,
        record.reachable,
        record.state,
        record.last_event_at,
        presence,
        forgotten,
    )


def push_of(row: Sequence[Any]) -> Push:
    """Decode PUSH_COLUMNS."""
    push_id, content_key, message_id, category, kind, state, *rest, tags, stopped, until = row
    at, decision_id, expires_at, channel = rest
    return Push(
        push_id,
        content_key,
        message_id,
        category,
        _kind(push_id, kind),
        _STATES[state],
        at,
        decision_id,
        expires_at,
        channel,
        () if tags == "[]" else TAGS.read(tags, push_id),
        None if stopped is None else _stop(push_id, stopped),
        until,
    )


def _kind(push_id: str, name: str) -> Kind:
    kind = _KINDS.get(name)
    if kind is None:
        error = unreadable("pushes", push_id, "kind", "a kind of message", repr(name))
        raise error
    return kind


def _stop(push_id: str, name: str) -> StopCode | ExclusionCode:
    code = _STOPS.get(name)
    if code is None:
        error = unreadable("pushes", push_id, "stopped", "a code of a stop", repr(name))
        raise error
    return code


def push_row(user_key: str, push: Push) -> tuple[Any, ...]:
    """Encode a push: its user's key, then PUSH_COLUMNS."""
    return (
        user_key,
        push.push_id,
        push.content_key,
        push.message_id,
        push.category,
        push.kind.value,
        push.state.value,
        push.at,
        push.decision_id,
        push.expires_at,
        push.channel,
        written(push.tags) if push.tags else "[]",
        None if push.stopped is None else push.stopped.value,
        push.stopped_until,
    )


def in_order(pushes: Sequence[Push]) -> list[Push]:
    """Put the pushes that free a content key first."""
    return sorted(pushes, key=lambda push: push.state not in FREEING)


def slot_rows(user_key: str, slots: Mapping[str, Sequence[Slot]]) -> list[tuple[Any, ...]]:
    """Encode slots by push id: push_id, cap, user_key, at, starts_at, ends_at, most."""
    return [
        (push_id, slot.cap, user_key, slot.at, slot.starts, slot.ends, slot.most)
        for push_id, taken in slots.items()
        for slot in taken
    ]


def slots_ended(change: Change[Any]) -> list[str]:
    """Name the pushes whose slots a change gives back before it takes any."""
    freed = (push.push_id for push in change.pushes if push.state in FREEING)
    return sorted({*change.slots, *freed})


def event_of(row: Sequence[Any]) -> StoredEvent:
    """Decode EVENT_COLUMNS."""
    event_id, offset, digest, body = row
    return StoredEvent(EVENT.read(body, event_id), offset, digest)


def event_row(user_key: str, stored: StoredEvent) -> tuple[Any, ...]:
    """Encode an event: event_id, user_key, at, type, message_id, decision_id, utc_offset, digest, body."""
    event = stored.event
    about = (event.event_id, user_key, event.at, event.type.value, event.message_id, event.decision_id)
    return (*about, stored.offset, stored.digest, written(event))


def decision_row(row: DecisionRow) -> tuple[Any, ...]:
    """Encode DECISION_COLUMNS."""
    return (row.decision_id, row.user_key, row.decided_at, str(row.mode), row.body)


def feature_row(row: FeatureRow) -> tuple[Any, ...]:
    """Encode FEATURE_COLUMNS."""
    return (row.decision_id, row.user_key, row.at, row.features, row.body)


def tombstone_of(row: Sequence[Any]) -> Tombstone:
    """Decode TOMBSTONE_COLUMNS."""
    token, at, models, retrain_by = row
    return Tombstone(token, at, MODELS.read(models, token), retrain_by)


def tombstone_row(stone: Tombstone) -> tuple[Any, ...]:
    """Encode TOMBSTONE_COLUMNS."""
    return (stone.token, stone.at, written(stone.models), stone.retrain_by)


def key_of(row: Sequence[Any]) -> ApiKey:
    """Decode KEY_COLUMNS."""
    key_id, digest, scopes, *times = row
    return ApiKey(key_id, digest, SCOPES.read(scopes, key_id), *times)


def key_row(key: ApiKey) -> tuple[Any, ...]:
    """Encode KEY_COLUMNS."""
    return (key.key_id, key.hash, written(key.scopes), key.created_at, key.expires_at, key.revoked_at)
