"""From one pseudonym to another."""

from __future__ import annotations

from dataclasses import replace

from pushrank.domain.record import DecisionRow
from pushrank.store.changes import Tomb, named, rekeyed
from pushrank.store.errors import ConflictError
from pushrank.store.memory.content import Content


def rename(content: Content, old_key: str, new_key: str, tomb: Tomb | None) -> bool:
    """Move everything of a user to a new key; see `Store.rename`."""
    if not content.standing(old_key, tomb):
        return False
    if content.standing(new_key, tomb):
        msg = f"user_key: expected a new pseudonym, got {new_key!r}, under which something stands already"
        raise ConflictError(msg)
    _move_person(content, old_key, new_key)
    _move_events(content, old_key, new_key)
    _move_decisions(content, old_key, new_key)
    if old_key in content.spoken:
        content.spoken[new_key] = content.spoken.pop(old_key)
    if content.buried(old_key, tomb) and tomb is not None:
        stone = content.stones.pop(tomb(old_key))
        content.stones[tomb(new_key)] = replace(stone, token=tomb(new_key))
    return True


def _move_person(content: Content, old_key: str, new_key: str) -> None:
    person = content.people.pop(old_key, None)
    if person is None:
        return
    person = person.copied()
    person.user_key = new_key
    if person.record is not None:
        person.record = replace(person.record, user_key=new_key)
    content.people[new_key] = person
    content.owners |= dict.fromkeys(person.pushes, new_key)


def _move_events(content: Content, old_key: str, new_key: str) -> None:
    moved = [rekeyed(stored, new_key) for stored in content.events_of.pop(old_key, ())]
    if moved:
        content.events_of[new_key] = moved
        content.events |= {stored.event.event_id: stored for stored in moved}


def _move_decisions(content: Content, old_key: str, new_key: str) -> None:
    old, new = named(old_key).encode(), named(new_key).encode()
    for name, row in content.decisions.items():
        if row.user_key == old_key:
            content.decisions[name] = _moved(row, new_key, old, new)
    for name, seen in content.features.items():
        if seen.user_key == old_key:
            content.features[name] = replace(seen, user_key=new_key, body=seen.body.replace(old, new))


def _moved(row: DecisionRow, new_key: str, old: bytes, new: bytes) -> DecisionRow:
    return replace(row, user_key=new_key, body=row.body.replace(old, new))
