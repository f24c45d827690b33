"""What every store promises, whatever database is behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from pushrank.domain.instants import Instant
from pushrank.domain.ledger import Entry, Head, Link
from pushrank.domain.message import Message
from pushrank.domain.record import (
    A,
    Change,
    CountDelta,
    DecisionRow,
    FeatureRow,
    Reading,
    StoredEvent,
    Tombstone,
    UserRecord,
)
from pushrank.store.values import Answer, ApiKey, Claim

Rule: TypeAlias = Callable[[Reading], Change[A]]
Step: TypeAlias = tuple[str, Rule[A], Instant, Sequence[str]]


class Store(Protocol):
    """Users, catalogue, pushes, events and decisions.

    A method returns only after what it wrote would outlive a power cut. Every method raises StoreError when the
    database does not answer or a row can't be read, and then has written nothing; but where the answer to a commit was
    lost on its way, it may have written all, and repeating it is safe. Users are named by pseudonym
    (`user_key`) throughout; a stored event carries that key as its `user_id`. A store may be used by many threads, but
    not across a fork: open it afterwards.
    """

    def user(self, user_key: str, since: Instant, content_keys: Sequence[str] = ()) -> UserRecord:
        """Read one user in one round; a user without a row has `known` False.

        `pushes` holds, ordered by `at` and `push_id`, the held and confirmed ones with `at >= since` or with one of the
        content keys. Holds that have expired are among them: `Push.counts` tells. Where a tombstone stands in place of
        the user, `erased` is True; a store that was opened without the key of its tombstones raises StoreError for a
        user without a row as soon as it holds any.
        """

    def transact(self, user_key: str, rule: Rule[A], since: Instant, content_keys: Sequence[str] = ()) -> A:
        """Run a rule on a fresh reading of one user and write its change, all or nothing; return its answer.

        No other writer comes in between. `rule` may write only the user it was called for (ValueError) and may not call
        this store. What it raises undoes everything and is raised here. Of `Change.record` the fields `known` and
        `pushes` are ignored: pushes are upserts by `push_id` in `Change.pushes`, of which those that free a content key
        (released, failed) are written first, and slots are given back before any is taken. A second held or confirmed
        push of one content key, an event or decision whose id is stored already, a push id of another user, and a slot
        that more than its `most` would share raise ConflictError: the database's last word, should a rule err.
        """

    def transact_batch(self, steps: Sequence[Step[A]]) -> list[A]:
        """Run many `(user_key, rule, since, content_keys)` in order as one durable transaction.

        Each sees what those before it wrote; if one raises, none has happened.
        """

    def append_decision(self, row: DecisionRow, features: FeatureRow | None = None) -> None:
        """Store a decision that touches no user, and what it saw; a known id raises ConflictError."""

    def decision(self, decision_id: str) -> DecisionRow | None:
        """Look up a decision."""

    def put_messages(self, messages: Sequence[Message], at: Instant) -> None:
        """Insert or replace messages by id, all or none; a deleted one comes back."""

    def delete_message(self, message_id: str, at: Instant) -> bool:
        """Take a message out of the catalogue; False if it was not in it."""

    def messages(self, *, deleted: bool = False) -> list[Message]:
        """Return the catalogue ordered by id; with `deleted`, only what was taken out of it."""

    def catalogue_version(self) -> int:
        """Return a number that has grown whenever the catalogue changed, by whichever process; cheap."""

    def counts(self, since_version: int) -> list[CountDelta]:
        """Return the rows that changed after that version, each with its totals, so that a row replaces the old one.

        Read `counts_version` before this: what changes in between is then read twice rather than never.
        """

    def all_counts(self) -> Iterator[CountDelta]:
        """Return the totals of every message and hour, as one snapshot, ordered by message and bucket."""

    def counts_version(self) -> int:
        """Return a number that has grown whenever counts changed, by whichever process; cheap."""

    def claim(  # noqa: PLR0913 - what a request is known by
        self, key: str, route: str, digest: str, subject: str, at: Instant, stale: Instant, person: str = ""
    ) -> Claim:
        """Enter a request under an idempotency key before its work is done; a key belongs to its route.

        The first comer gets a fresh claim with its `subject`, the name of what its work will make. Later ones get the
        answer, with the first subject; InFlightError while there is none and the claim was made at `stale` or later.
        An older claim belongs to a process that died: it is taken over as of `at`, fresh and with the first subject, so
        that what the first one made is found. Another `digest` of the body raises ReusedKeyError. `person` is the user
        whom the request is about, by key, empty for nobody and `*` where it may name several: an erasure of the user
        drops the answer.
        """

    def remember(self, key: str, route: str, digest: str, answer: Answer) -> Answer:
        """Give a claim its answer unless it has one, and return the kept one; see `claim` for another body.

        Without a claim the answer is kept all the same, with an empty subject.
        """

    def abandon(self, key: str, route: str, digest: str, at: Instant) -> None:
        """Drop the claim made or taken over at `at`, so that the request may be tried again, also with another body.

        One that has its answer, or that another took over since, stays.
        """

    def forget_answers(self, before: Instant) -> int:
        """Drop kept answers and claims older than `before` and return how many they were.

        The oldest go first, and at most `values.AT_ONCE` in one call, so that no other write waits for long.
        """

    def add_key(self, key: ApiKey) -> None:
        """Store an API key; a known id or hash raises ConflictError."""

    def keys(self) -> list[ApiKey]:
        """Return all API keys, the expired and revoked ones too, oldest first."""

    def revoke_key(self, key_id: str, at: Instant) -> bool:
        """End a key; False if there is none by that id. The first revocation stands."""

    def mark(self, name: str, value: str) -> None:
        """Leave a marker, such as how far a load has come."""

    def marker(self, name: str) -> str | None:
        """Read a marker."""

    def markers(self, prefix: str) -> dict[str, str]:
        """Read every marker whose name begins so, by name and in the order of names."""

    def users(self) -> Iterator[str]:
        """Return the keys of all known users in order, as one snapshot."""

    def events_since(self, at: Instant) -> Iterator[StoredEvent]:
        """Return the events that happened at or after `at`, by time and then by arrival, as one snapshot."""

    def decisions_since(self, at: Instant) -> Iterator[DecisionRow]:
        """Return the decisions made at or after `at`, by time and then by id, as one snapshot."""

    def decisions_of(self, user_key: str, before: Instant, most: int) -> list[DecisionRow]:
        """Return the user's latest decisions made before a moment, the newest first."""

    def features_of(self, decision_id: str) -> FeatureRow | None:
        """Look up what a decision saw, where that was kept."""

    def events_of(self, user_key: str) -> list[StoredEvent]:
        """Return all events of a user in order of arrival, as one snapshot, for which no writer waits."""

    def words(self, user_key: str) -> list[tuple[int, Entry]]:
        """Return what a user said, by place in the ledger, oldest first."""

    def chain(self, after: int = 0) -> Iterator[Link]:
        """Return the links of the ledger after a place, in order, as one snapshot."""

    def head(self) -> Head:
        """Return the last link of the ledger."""

    def everything(self, user_key: str) -> Mapping[str, list[dict[str, Any]]]:
        """Return every row that is stored of a user, by table and column, as one snapshot; tables as registered."""

    def tombstones(self) -> Iterator[Tombstone]:
        """Return all tombstones, oldest first, as one snapshot."""

    def lift(self, user_key: str) -> bool:
        """Take the tombstone of a user away, who wants to come back; False where none stands."""

    def rename(self, old_key: str, new_key: str) -> bool:
        """Move everything of a user, a tombstone too, to a new pseudonym in one transaction; False for an unknown one.

        Raises ConflictError where something stands under the new one already.
        """

    def expire(self, table: str, before: Instant, most: int) -> int:
        """Delete the oldest rows of a table that are older than a moment, at most so many; return how many went.

        `decisions`, `feature_rows`, and `pushes` of messages that are not live any more; others raise ValueError.
        """

    def aged(self, before: Instant, most: int) -> list[str]:
        """Return the keys of users who have events older than a moment."""

    def scrub(self, *, thorough: bool = False) -> bool:
        """Take what was deleted out of the files, as far as the database lets; False where a reader was in the way.

        SQLite empties its write-ahead log and writes a file below 64 MB anew; PostgreSQL vacuums. In a larger file, and
        in PostgreSQL, copies of deleted rows may be left in the gaps of pages. `thorough` writes everything anew, which
        takes long and blocks others; only after that nothing is left, also of what earlier releases had deleted.
        PostgreSQL's own log keeps what it had until the server recycles it.
        """

    def count(self, table: str) -> int:
        """Count the rows of a table of the schema; another name raises ValueError."""

    def ping(self) -> None:
        """Raise StoreError unless the database answers."""

    def close(self) -> None:
        """Let go of the database; may be repeated. Every later call raises StoreError."""
