"""One transaction over one user or several: locks, then for each step a fresh reading, its rule, its writes.

What can be sent together is: a step costs one round trip before its rule and one after it. Between the two the server
waits in a transaction, for no longer than `idle_in_transaction_session_timeout`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from psycopg import Connection, Cursor

from pushrank.domain.ledger import Entry
from pushrank.domain.record import A, Change, CountDelta, Reading
from pushrank.store.changes import Tomb, check_erased, check_owner
from pushrank.store.errors import StoreError
from pushrank.store.postgres import catalogue, erasing, journal, ledger, people
from pushrank.store.protocol import Step
from pushrank.store.rows import slots_ended

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


class _Shared(NamedTuple):
    """What the steps add to the places that all users share."""

    entries: list[Entry]
    counts: list[CountDelta]

    def add(self, change: Change[Any]) -> None:
        self.entries.extend(change.ledger)
        self.counts.extend(change.counts)

    def speak(self, connection: Connection) -> None:
        ledger.append(connection, self.entries)
        self.entries.clear()


def begin(connection: Connection) -> None:
    """Open a transaction of which each statement sees what others have committed by then."""
    connection.execute(_BEGIN)


def commit(connection: Connection) -> None:
    """End a transaction; StoreError where the server undid it instead."""
    check_committed(connection.execute("COMMIT"))


def check_committed(end: Cursor[Any]) -> None:
    """Raise StoreError where the answer to COMMIT says that a failed transaction was undone."""
    if end.statusmessage != "COMMIT":
        msg = f"expected the database to commit, got {end.statusmessage}"
        raise StoreError(msg)


def begin_steps(connection: Connection, steps: Sequence[Step[A]]) -> Cursor[people.Row]:
    """Open a transaction, lock the users of all steps and ask for the first one."""
    with connection.pipeline():
        begin(connection)
        people.lock(connection, [user_key for user_key, *_ in steps])
        return _ask(connection, steps[0])


def run_steps(
    connection: Connection, steps: Sequence[Step[A]], found: Cursor[people.Row], tomb: Tomb | None
) -> list[A]:
    """Run the steps in order and commit; what all users share is written last, so that it is locked most briefly."""
    answers: list[A] = []
    shared = _Shared([], [])
    for number, (user_key, rule, *_) in enumerate(steps, start=1):
        reading = _reading(connection, user_key, found, tomb)
        change = rule(reading)
        check_owner(user_key, change)
        check_erased(reading.record, change)
        answers.append(change.answer)
        shared.add(change)
        with connection.pipeline():
            if change.erase is None:
                _write(connection, user_key, change)
            else:
                shared.speak(connection)
                erasing.erase(connection, reading.record, change.erase, tomb)
            found = _ask(connection, steps[number]) if number < len(steps) else _end(connection, shared)
    check_committed(found)
    return answers


def _ask(connection: Connection, step: Step[A]) -> Cursor[people.Row]:
    user_key, _, since, content_keys = step
    return people.ask(connection, user_key, since, content_keys)


def _reading(connection: Connection, user_key: str, found: Cursor[people.Row], tomb: Tomb | None) -> Reading:
    return Reading(
        people.heard(connection, user_key, found, tomb),
        partial(journal.events_of, connection, user_key),
        partial(journal.digest_of, connection),
        partial(journal.decision_of, connection, user_key),
        partial(people.pushes_of, connection, user_key),
        partial(ledger.words, connection, user_key),
    )


def _write(connection: Connection, user_key: str, change: Change[Any]) -> None:
    if change.record is not None:
        people.save_user(connection, change.record)
    people.give_back(connection, slots_ended(change))
    people.save_pushes(connection, user_key, change.pushes)
    people.take(connection, user_key, change.slots)
    if change.events:
        journal.add_events(connection, user_key, change.events)
    if change.forget_before is not None:
        journal.forget_events(connection, user_key, change.forget_before)
    journal.add_decision(connection, change.decision, change.features)


def _end(connection: Connection, shared: _Shared) -> Cursor[people.Row]:
    shared.speak(connection)
    if shared.counts:
        catalogue.add_counts(connection, shared.counts)
    return connection.execute("COMMIT")
