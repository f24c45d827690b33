"""The store in PostgreSQL."""

# What each method promises is written once, in `Store`.
# ruff: noqa: D102

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from threading import local
from typing import Any

from psycopg import Connection

from pushrank.domain.instants import Instant
from pushrank.domain.ledger import Entry, Head, Link
from pushrank.domain.message import Message
from pushrank.domain.record import A, Change, CountDelta, DecisionRow, FeatureRow, StoredEvent, Tombstone, UserRecord
from pushrank.store.changes import Tomb, check_expires, token_of
from pushrank.store.errors import StoreError
from pushrank.store.first import GONE, SEVERAL
from pushrank.store.postgres import catalogue, claims, door, erasing, journal, keeping, ledger, people, tombstones
from pushrank.store.postgres.connection import connect, translated
from pushrank.store.postgres.connections import Connections
from pushrank.store.postgres.schema import TABLES, counter, prepare
from pushrank.store.postgres.transactions import begin, begin_steps, commit, run_steps
from pushrank.store.protocol import Rule, Step
from pushrank.store.rows import event_of, tombstone_of
from pushrank.store.turns import Turns
from pushrank.store.values import Answer, ApiKey, Claim

# A stream may take hours, and its reader may pause.
_STREAM_SETTINGS = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = '1h'"
_AT_ONCE = 2_000
_NO_PUSHES: Instant = 2**63 - 1


class PostgresStore:
    """A database that many machines may share; see `Store` for the promises.

    A commit whose answer the network lost raises StoreError too, though it may have been kept: repeating it is safe,
    because ids make a second write of the same thing a ConflictError or no change.

    Parameters
    ----------
    address
        As libpq reads it, `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`.
    most
        How many connections this process opens, beside one for each stream that is being read.
    seconds
        How long a thread waits for one of them before it gets StoreError.
    turns
        What a thread steps aside from while it waits.
    tomb
        Gives the token of a user's tombstone.

    """

    def __init__(
        self, address: str, most: int = 8, seconds: float = 5.0, turns: Turns | None = None, tomb: Tomb | None = None
    ) -> None:
        self._tomb = tomb
        self._address = address
        self._seconds = seconds
        self._pid = os.getpid()
        self._turns = turns or Turns()
        self._here = local()
        self._connections = Connections(address, most, seconds)
        try:
            self._write(prepare)
        except BaseException:
            self._connections.close()
            raise

    def _check(self) -> None:
        if os.getpid() != self._pid:
            msg = "the store was opened before a fork; a connection can't be shared, so open it after the fork"
            raise StoreError(msg)
        if getattr(self._here, "ruling", False):
            msg = "expected a rule that leaves the store alone, got one that opens a second transaction"
            raise StoreError(msg)

    def _read(self, work: Callable[[Connection], A]) -> A:
        self._check()
        with self._turns.aside(), self._connections.borrowed(work) as (_, answer):
            return answer

    def _write(self, work: Callable[[Connection], A]) -> A:
        self._check()
        with self._turns.aside(), self._connections.borrowed(begin) as (connection, _):
            answer = work(connection)
            commit(connection)
            return answer

    @contextmanager
    def _ruling(self) -> Iterator[None]:
        self._here.ruling = True
        try:
            yield
        finally:
            self._here.ruling = False

    def _stream(self, statement: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        # A connection of its own: the snapshot may live long, and others must not wait for it.
        self.ping()
        with translated():
            connection = connect(self._address)
            try:
                connection.execute(_STREAM_SETTINGS)
                with connection.transaction(), connection.cursor("stream") as cursor:
                    cursor.itersize = _AT_ONCE
                    yield from cursor.execute(statement, values)
            finally:
                connection.close()

    def user(self, user_key: str, since: Instant, content_keys: Sequence[str] = ()) -> UserRecord:
        return self._read(
            lambda connection: people.heard(
                connection, user_key, people.ask(connection, user_key, since, content_keys), self._tomb
            )
        )

    def transact(self, user_key: str, rule: Rule[A], since: Instant, content_keys: Sequence[str] = ()) -> A:
        return self.transact_batch([(user_key, rule, since, content_keys)])[0]

    def transact_batch(self, steps: Sequence[Step[A]]) -> list[A]:
        self._check()
        if not steps:
            return []
        with (
            self._turns.aside(),
            self._connections.borrowed(lambda connection: begin_steps(connection, steps)) as (connection, found),
            self._ruling(),
        ):
            return run_steps(connection, steps, found, self._tomb)

    def append_decision(self, row: DecisionRow, features: FeatureRow | None = None) -> None:
        # As a step of its user, since an erasure must not come in between.
        self.transact(row.user_key, lambda _: Change(None, decision=row, features=features), _NO_PUSHES)

    def decision(self, decision_id: str) -> DecisionRow | None:
        return self._read(lambda connection: journal.decision(connection, decision_id))

    def put_messages(self, messages: Sequence[Message], at: Instant) -> None:
        self._write(lambda connection: catalogue.put_messages(connection, messages, at))

    def delete_message(self, message_id: str, at: Instant) -> bool:
        return self._write(lambda connection: catalogue.delete_message(connection, message_id, at))

    def messages(self, *, deleted: bool = False) -> list[Message]:
        return self._read(lambda connection: catalogue.messages(connection, deleted=deleted))

    def catalogue_version(self) -> int:
        return self._read(lambda connection: counter(connection, "catalogue_version"))

    def counts(self, since_version: int) -> list[CountDelta]:
        return self._read(lambda connection: catalogue.counts_since(connection, since_version))

    def all_counts(self) -> Iterator[CountDelta]:
        return (CountDelta(*row) for row in self._stream(catalogue.ALL_COUNTS))

    def counts_version(self) -> int:
        return self._read(lambda connection: counter(connection, "counts_version"))

    def claim(  # noqa: PLR0913 - what a request is known by
        self, key: str, route: str, digest: str, subject: str, at: Instant, stale: Instant, person: str = ""
    ) -> Claim:
        request = (key, route, digest)
        return self._write(
            lambda connection: claims.claim(connection, request, subject, at, stale, self._still(connection, person))
        )

    def _still(self, connection: Connection, person: str) -> str:
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
        return self._read(door.keys)

    def revoke_key(self, key_id: str, at: Instant) -> bool:
        return self._write(lambda connection: door.revoke(connection, key_id, at))

    def mark(self, name: str, value: str) -> None:
        self._write(lambda connection: door.mark(connection, name, value))

    def marker(self, name: str) -> str | None:
        return self._read(lambda connection: door.marker(connection, name))

    def markers(self, prefix: str) -> dict[str, str]:
        return self._read(lambda connection: door.markers(connection, prefix))

    def users(self) -> Iterator[str]:
        return (user_key for (user_key,) in self._stream("SELECT user_key FROM users ORDER BY user_key"))

    def events_since(self, at: Instant) -> Iterator[StoredEvent]:
        return map(event_of, self._stream(journal.EVENTS_SINCE, (at,)))

    def decisions_since(self, at: Instant) -> Iterator[DecisionRow]:
        return (DecisionRow(*row) for row in self._stream(journal.DECISIONS_SINCE, (at,)))

    def decisions_of(self, user_key: str, before: Instant, most: int) -> list[DecisionRow]:
        return self._read(lambda connection: journal.decisions_of(connection, user_key, before, most))

    def features_of(self, decision_id: str) -> FeatureRow | None:
        return self._read(lambda connection: journal.features_of(connection, decision_id))

    def events_of(self, user_key: str) -> list[StoredEvent]:
        return self._read(lambda connection: journal.events_of(connection, user_key))

    def words(self, user_key: str) -> list[tuple[int, Entry]]:
        return self._read(lambda connection: ledger.words(connection, user_key))

    def chain(self, after: int = 0) -> Iterator[Link]:
        return (Link(*row) for row in self._stream(ledger.CHAIN, (after,)))

    def head(self) -> Head:
        return self._read(ledger.head)

    def everything(self, user_key: str) -> Mapping[str, list[dict[str, Any]]]:
        return self._read(lambda connection: erasing.everything(connection, user_key))

    def tombstones(self) -> Iterator[Tombstone]:
        return map(tombstone_of, self._stream(tombstones.ALL))

    def lift(self, user_key: str) -> bool:
        token = token_of(self._tomb, user_key)
        return self._write(lambda connection: tombstones.lift(connection, token))

    def rename(self, old_key: str, new_key: str) -> bool:
        if not self._read(lambda connection: erasing.standing(connection, old_key, self._tomb)):
            return False
        return self._write(lambda connection: erasing.rename(connection, old_key, new_key, self._tomb))

    def expire(self, table: str, before: Instant, most: int) -> int:
        check_expires(table)
        return self._write(lambda connection: keeping.expire(connection, table, before, most))

    def aged(self, before: Instant, most: int) -> list[str]:
        return self._read(lambda connection: keeping.aged(connection, before, most))

    def scrub(self, *, thorough: bool = False) -> bool:
        self.ping()
        with self._turns.aside(), translated(), closing(connect(self._address)) as connection:
            work = keeping.rewrite if thorough else keeping.vacuum
            return work(connection, self._seconds)

    def count(self, table: str) -> int:
        if table not in TABLES:
            msg = f"table: expected one of {', '.join(TABLES)}, got {table!r}"
            raise ValueError(msg)
        statement = f"SELECT count(*) FROM {table}"  # noqa: S608 a known name
        (rows,) = self._read(lambda connection: connection.execute(statement).fetchall())[0]
        return int(rows)

    def ping(self) -> None:
        self.catalogue_version()

    def close(self) -> None:
        self._check()
        self._connections.close()
