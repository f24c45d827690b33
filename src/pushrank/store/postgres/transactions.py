"""One transaction over one user or several: locks, then for each step a fresh reading, its rule, its writes.

What can be sent together is: a step costs one round trip before its rule and one after it. Between the two the server
waits in a transaction, for no longer than `idle_in_transaction_session_timeout`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from psycopg import Connection, Cursor

from pushrank.domain.record import A, Change, CountDelta, Reading
from pushrank.store.changes import check_owner
from pushrank.store.errors import StoreError
from pushrank.store.postgres import catalogue, journal, people
from pushrank.store.protocol import Step
from pushrank.store.rows import slots_ended

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


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


def run_steps(connection: Connection, steps: Sequence[Step[A]], found: Cursor[people.Row]) -> list[A]:
    """Run the steps in order and commit; the counts of all are added last, so that they are locked most briefly."""
    answers: list[A] = []
    counts: list[CountDelta] = []
    for number, (user_key, rule, *_) in enumerate(steps, start=1):
        change = rule(_reading(connection, user_key, found))
        check_owner(user_key, change)
        answers.append(change.answer)
        counts.extend(change.counts)
        with connection.pipeline():
            _write(connection, user_key, change)
            found = _ask(connection, steps[number]) if number < len(steps) else _end(connection, counts)
    check_committed(found)
    return answers


def _ask(connection: Connection, step: Step[A]) -> Cursor[people.Row]:
    user_key, _, since, content_keys = step
    return people.ask(connection, user_key, since, content_keys)


def _reading(connection: Connection, user_key: str, found: Cursor[people.Row]) -> Reading:
    return Reading(
        people.heard(user_key, found),
        partial(journal.events_of, connection, user_key),
        partial(journal.digest_of, connection),
        partial(journal.decision_of, connection, user_key),
        partial(people.pushes_of, connection, user_key),
    )


def _write(connection: Connection, user_key: str, change: Change[Any]) -> None:
    if change.record is not None:
        people.save_user(connection, change.record)
    people.give_back(connection, slots_ended(change))
    people.save_pushes(connection, user_key, change.pushes)
    people.take(connection, user_key, change.slots)
    if change.events:
        journal.add_events(connection, user_key, change.events)
    if change.decision is not None:
        journal.add_decision(connection, change.decision)


def _end(connection: Connection, counts: Sequence[CountDelta]) -> Cursor[people.Row]:
    if counts:
        catalogue.add_counts(connection, counts)
    return connection.execute("COMMIT")
