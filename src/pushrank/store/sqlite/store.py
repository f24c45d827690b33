"""The store in one SQLite file."""

# What each method promises is written once, in `Store`.
# ruff: noqa: D102

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from pushrank.domain.instants import Instant
from pushrank.domain.ledger import Entry, Head, Link
from pushrank.domain.message import Message
from pushrank.domain.record import A, CountDelta, DecisionRow, FeatureRow, StoredEvent, Tombstone, UserRecord
from pushrank.store.changes import Tomb, check_expires, token_of
from pushrank.store.errors import StoreError
from pushrank.store.first import GONE, SEVERAL
from pushrank.store.protocol import Rule, Step
from pushrank.store.rows import event_of, tombstone_of
from pushrank.store.sqlite import catalogue, claims, door, erasing, journal, keeping, ledger, people, tombstones
from pushrank.store.sqlite.applying import apply
from pushrank.store.sqlite.commits import Commits, Work
from pushrank.store.sqlite.connection import connect, translated
from pushrank.store.sqlite.queue import Queue, key_of
from pushrank.store.sqlite.schema import TABLES, counter, prepare
from pushrank.store.turns import Turns
from pushrank.store.values import Answer, ApiKey, Claim

# Seconds between two tries to get what readers or other processes keep.
_PAUSE = 0.01


class SqliteStore:
    """One file, one writing and one reading connection for each process that opens it; see `Store` for the promises.

    Writes of several threads that wait at the same moment are synced together.

    Parameters
    ----------
    path
        The database file; it and its folder are made where missing, readable by their owner only.
    busy_seconds
        How long a write waits for other processes: so long in the queue with them, and then again for the database
        before it raises StoreError.
    turns
        What a thread that writes steps aside from while it waits.
    queued
        Whether processes that write wait in a queue, where the system has one; without it some may starve.
    tomb
        Gives the token of a user's tombstone.

    """

    def __init__(
        self,
        path: Path,
        busy_seconds: float = 5.0,
        turns: Turns | None = None,
        *,
        queued: bool = True,
        tomb: Tomb | None = None,
    ) -> None:
        self._tomb = tomb
        self._path = path
        self._busy_seconds = busy_seconds
        self._pid = os.getpid()
        self._read_lock = Lock()
        self._writer = connect(path, busy_seconds)
        # Who waits for other processes waits in the queue.
        self._writer.execute("PRAGMA busy_timeout = 0")
        self._commits = Commits(self._writer, turns or Turns(), Queue(key_of(path) if queued else None, busy_seconds))
        try:
            self._write(prepare)
            self._reader = connect(path, busy_seconds, read_only=True)
        except BaseException:
            self._writer.close()
            raise

    def _write(self, work: Work[A]) -> A:
        self._check_process()
        return self._commits.write(work)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        self._check_process()
        with self._read_lock, translated():
            yield self._reader

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            msg = "the store was opened before a fork; a connection can't be shared, so open it after the fork"
            raise StoreError(msg)

    def _stream(self, statement: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        # A connection of its own: the snapshot may live long, and other readers must not wait for it.
        self._check_process()
        with translated():
            with self._read_lock:
                self._reader.execute("SELECT 1")
            connection = connect(self._path, self._busy_seconds, read_only=True)
            try:
                yield from connection.execute(statement, values)
            finally:
                connection.close()

    def user(self, user_key: str, since: Instant, content_keys: Sequence[str] = ()) -> UserRecord:
        with self._reading() as connection:
            return people.read_user(connection, user_key, since, content_keys, self._tomb)

    def transact(self, user_key: str, rule: Rule[A], since: Instant, content_keys: Sequence[str] = ()) -> A:
        return self._write(lambda connection: apply(connection, (user_key, rule, since, content_keys), self._tomb))

    def transact_batch(self, steps: Sequence[Step[A]]) -> list[A]:
        return self._write(lambda connection: [apply(connection, step, self._tomb) for step in steps])

    def append_decision(self, row: DecisionRow, features: FeatureRow | None = None) -> None:
        def work(connection: sqlite3.Connection) -> None:
            tombstones.check(connection, row.user_key, self._tomb)
            journal.add_decision(connection, row, features)

        self._write(work)

    def decision(self, decision_id: str) -> DecisionRow | None:
        with self._reading() as connection:
            return journal.decision(connection, decision_id)

    def put_messages(self, messages: Sequence[Message], at: Instant) -> None:
        self._write(lambda connection: catalogue.put_messages(connection, messages, at))

    def delete_message(self, message_id: str, at: Instant) -> bool:
        return self._write(lambda connection: catalogue.delete_message(connection, message_id, at))

    def messages(self, *, deleted: bool = False) -> list[Message]:
        with self._reading() as connection:
            return catalogue.messages(connection, deleted=deleted)

    def catalogue_version(self) -> int:
        with self._reading() as connection:
            return counter(connection, "catalogue_version")

    def counts(self, since_version: int) -> list[CountDelta]:
        with self._reading() as connection:
            return catalogue.counts_since(connection, since_version)

    def all_counts(self) -> Iterator[CountDelta]:
        return (CountDelta(*row) for row in self._stream(catalogue.ALL_COUNTS))

    def counts_version(self) -> int:
        with self._reading() as connection:
            return counter(connection, "counts_version")

    def claim(  # noqa: PLR0913 - what a request is known by
        self, key: str, route: str, digest: str, subject: str, at: Instant, stale: Instant, person: str = ""
    ) -> Claim:
        request = (key, route, digest)
        # A repeat, which is what keys are for, costs no sync.
        with self._reading() as connection:
            known = claims.answered(connection, request)
        if known is not None:
            return known
        return self._write(
            lambda connection: claims.claim(connection, request, subject, at, stale, self._still(connection, person))
        )

    def _still(self, connection: sqlite3.Connection, person: str) -> str:
        erased = person not in ("", SEVERAL) and tombstones.stands(connection, person, self._tomb)
        return GONE if erased else person

    def remember(self, key: str, route: str, digest: str, answer: Answer) -> Answer:
        return self._write(lambda connection: claims.remember(connection, (key, route, digest), answer))

    def abandon(self, key: str, route: str, digest: str, at: Instant) -> None:
        self._write(lambda connection: claims.abandon(connection, (key, route, digest), at))

    def forget_answers(self, before: Instant) -> int:
        return self._write(lambda connection: claims.forget(connection, before))

    def add_key(self, key: ApiKey) -> None:
        self._write(lambda connection: door.add_key(connection, key))

    def keys(self) -> list[ApiKey]:
        with self._reading() as connection:
            return door.keys(connection)

    def revoke_key(self, key_id: str, at: Instant) -> bool:
        return self._write(lambda connection: door.revoke(connection, key_id, at))

    def mark(self, name: str, value: str) -> None:
        self._write(lambda connection: door.mark(connection, name, value))

    def marker(self, name: str) -> str | None:
        with self._reading() as connection:
            return door.marker(connection, name)

    def markers(self, prefix: str) -> dict[str, str]:
        with self._reading() as connection:
            return door.markers(connection, prefix)

    def users(self) -> Iterator[str]:
        return (user_key for (user_key,) in self._stream("SELECT user_key FROM users ORDER BY user_key"))

    def events_since(self, at: Instant) -> Iterator[StoredEvent]:
        return map(event_of, self._stream(journal.EVENTS_SINCE, (at,)))

    def decisions_since(self, at: Instant) -> Iterator[DecisionRow]:
        return (DecisionRow(*row) for row in self._stream(journal.DECISIONS_SINCE, (at,)))

    def decisions_of(self, user_key: str, before: Instant, most: int) -> list[DecisionRow]:
        with self._reading() as connection:
            return journal.decisions_of(connection, user_key, before, most)

    def features_of(self, decision_id: str) -> FeatureRow | None:
        with self._reading() as connection:
            return journal.features_of(connection, decision_id)

    def events_of(self, user_key: str) -> list[StoredEvent]:
        return [event_of(row) for row in self._stream(journal.OF_USER, (user_key,))]

    def words(self, user_key: str) -> list[tuple[int, Entry]]:
        with self._reading() as connection:
            return ledger.words(connection, user_key)

    def chain(self, after: int = 0) -> Iterator[Link]:
        return (Link(*row) for row in self._stream(ledger.CHAIN, (after,)))

    def head(self) -> Head:
        with self._reading() as connection:
            return ledger.head(connection)

    def everything(self, user_key: str) -> Mapping[str, list[dict[str, Any]]]:
        with self._reading() as connection:
            connection.execute("BEGIN")
            try:
                return erasing.everything(connection, user_key)
            finally:
                connection.execute("COMMIT")

    def tombstones(self) -> Iterator[Tombstone]:
        return map(tombstone_of, self._stream(tombstones.ALL))

    def lift(self, user_key: str) -> bool:
        token = token_of(self._tomb, user_key)
        return self._write(lambda connection: tombstones.lift(connection, token))

    def rename(self, old_key: str, new_key: str) -> bool:
        with self._reading() as connection:
            if not erasing.standing(connection, old_key, self._tomb):
                return False
        return self._write(lambda connection: erasing.rename(connection, old_key, new_key, self._tomb))

    def expire(self, table: str, before: Instant, most: int) -> int:
        check_expires(table)
        if table == "pushes":
            # They are looked for while others may write.
            gone = [push_id for (push_id,) in self._stream(keeping.OLD_PUSHES, (before, most))]
            return self._write(lambda connection: keeping.drop_pushes(connection, gone)) if gone else 0
        return self._write(lambda connection: keeping.expire(connection, table, before, most))

    def aged(self, before: Instant, most: int) -> list[str]:
        return [user_key for (user_key,) in self._stream(keeping.AGED, (before, most))]

    def scrub(self, *, thorough: bool = False) -> bool:
        self._check_process()
        rewriting = thorough or self._commits.outside(keeping.is_small)
        rewritten = not rewriting or self._insisted(keeping.rewrite)
        return self._insisted(keeping.emptied) and rewritten

    def _insisted(self, work: Work[bool]) -> bool:
        """Try again until it is done, no longer than a write waits; between two tries others may write."""
        end = time.monotonic() + self._busy_seconds
        while not self._commits.outside(work):
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE)
        return True

    def count(self, table: str) -> int:
        if table not in TABLES:
            msg = f"table: expected one of {', '.join(TABLES)}, got {table!r}"
            raise ValueError(msg)
        with self._reading() as connection:
            (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 a known name
        return int(rows)

    def ping(self) -> None:
        self.catalogue_version()

    def close(self) -> None:
        self._check_process()
        with self._read_lock, translated():
            self._reader.close()
        self._commits.close()
