"""One step of a transaction: a fresh reading, its rule, its writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any

from pushrank.domain.instants import Instant
from pushrank.domain.record import A, Change, Reading
from pushrank.store.changes import Tomb, check_erased, check_owner
from pushrank.store.protocol import Step
from pushrank.store.rows import slots_ended
from pushrank.store.sqlite import catalogue, erasing, journal, ledger, people


def apply(connection: sqlite3.Connection, step: Step[A], tomb: Tomb | None) -> A:
    """Run a rule and write what it wants written."""
    user_key, rule, since, content_keys = step
    reading = _reading_of(connection, user_key, since, content_keys, tomb)
    change = rule(reading)
    check_owner(user_key, change)
    check_erased(reading.record, change)
    if change.erase is None:
        _write(connection, user_key, change)
        ledger.append(connection, change.ledger)
    else:
        erasing.erase(connection, reading.record, change.erase, tomb)
    if change.counts:
        catalogue.add_counts(connection, change.counts)
    return change.answer


def _write(connection: sqlite3.Connection, user_key: str, change: Change[Any]) -> None:
    if change.record is not None:
        people.save_user(connection, change.record)
    people.give_back(connection, slots_ended(change))
    if change.pushes:
        people.save_pushes(connection, user_key, change.pushes)
    if change.slots:
        people.take(connection, user_key, change.slots)
    if change.events:
        journal.add_events(connection, user_key, change.events)
    if change.forget_before is not None:
        journal.forget_events(connection, user_key, change.forget_before)
    journal.add_decision(connection, change.decision, change.features)


def _reading_of(
    connection: sqlite3.Connection, user_key: str, since: Instant, content_keys: Sequence[str], tomb: Tomb | None
) -> Reading:
    return Reading(
        people.read_user(connection, user_key, since, content_keys, tomb),
        partial(journal.events_of, connection, user_key),
        partial(journal.digest_of, connection),
        partial(journal.decision_of, connection, user_key),
        partial(people.pushes_of, connection, user_key),
        partial(ledger.words, connection, user_key),
    )
