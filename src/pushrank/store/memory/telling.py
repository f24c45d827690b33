"""Rows of a user as a database would give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pushrank.store.memory.claims import Claims
from pushrank.store.memory.content import Content
from pushrank.store.memory.person import Person
from pushrank.store.memory.totals import Catalogue
from pushrank.store.rows import (
    DECISION_COLUMNS,
    FEATURE_COLUMNS,
    PUSH_COLUMNS,
    USER_COLUMNS,
    decision_row,
    event_row,
    feature_row,
    push_row,
    slot_rows,
    user_row,
)

_EVENT_COLUMNS = "seq, event_id, user_key, at, type, message_id, decision_id, utc_offset, digest, body"
_SLOT_COLUMNS = "push_id, cap, user_key, at, starts_at, ends_at, most"
_ANSWER_COLUMNS = "route, key, digest, subject, status, answer, at, person"


def everything(content: Content, claims: Claims, user_key: str) -> Mapping[str, list[dict[str, Any]]]:
    """Give every row of a user, by table and column."""
    person = content.people.get(user_key) or Person(user_key)
    events = [(seq, one) for seq, one in enumerate(content.events.values(), 1) if one.event.user_id == user_key]
    decisions = [row for row in content.decisions.values() if row.user_key == user_key]
    features = [row for row in content.features.values() if row.user_key == user_key]
    spoken = [(seq, user_key, content.links[seq - 1].entry) for seq in content.spoken.get(user_key, ())]
    return {
        "users": _users(person),
        "events": _rows(_EVENT_COLUMNS, [(seq, *event_row(user_key, stored)) for seq, stored in events]),
        "pushes": _rows(f"user_key, {PUSH_COLUMNS}", [push_row(user_key, push) for push in _by_id(person)]),
        "slots": _rows(_SLOT_COLUMNS, sorted(slot_rows(user_key, person.slots), key=lambda row: (row[0], row[1]))),
        "decisions": _rows(DECISION_COLUMNS, sorted(map(decision_row, decisions), key=lambda row: str(row[0]))),
        "feature_rows": _rows(FEATURE_COLUMNS, sorted(map(feature_row, features), key=lambda row: str(row[0]))),
        "ledger_entries": _rows("seq, user_key, entry", spoken),
        "idempotency": _rows(_ANSWER_COLUMNS, claims.rows_of(user_key)),
    }


def _users(person: Person) -> list[dict[str, Any]]:
    rows = [] if person.record is None else [(*user_row(person.record), person.version)]
    return _rows(f"user_key, {USER_COLUMNS}, version", rows)


def _by_id(person: Person) -> list[Any]:
    return [person.pushes[name] for name in sorted(person.pushes)]


def _rows(columns: str, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns.split(", "), row, strict=True)) for row in rows]


def counted(content: Content, catalogue: Catalogue) -> dict[str, int]:
    """Count the rows of tables of users and messages."""
    people = content.people.values()
    return {
        "meta": 3,
        "users": sum(person.record is not None for person in people),
        "events": len(content.events),
        "pushes": len(content.owners),
        "slots": sum(len(taken) for person in people for taken in person.slots.values()),
        "decisions": len(content.decisions),
        "feature_rows": len(content.features),
        "ledger": len(content.links),
        "ledger_entries": sum(link.entry is not None for link in content.links),
        "tombstones": len(content.stones),
        "messages": len(catalogue.live) + len(catalogue.deleted),
        "message_counts": len(content.totals),
    }
