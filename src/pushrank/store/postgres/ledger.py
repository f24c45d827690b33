"""The consent ledger: links that stay, entries that may go."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import Connection

from pushrank.domain.ledger import Entry, Head
from pushrank.store.chain import entry_of, lengthened

CHAIN = """
    SELECT seq, ledger.entry_digest, ledger.digest, entry FROM ledger LEFT JOIN ledger_entries USING (seq)
    WHERE seq > %s ORDER BY seq"""
_HEAD = "SELECT seq, digest FROM ledger ORDER BY seq DESC LIMIT 1"
_WORDS = "SELECT seq, entry FROM ledger_entries WHERE user_key = %s ORDER BY seq"
_PLACES = "SELECT seq FROM ledger_entries WHERE user_key = %s"
_LINK = """
    INSERT INTO ledger (seq, entry_digest, digest) SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[])"""
_ENTER = """
    INSERT INTO ledger_entries (seq, user_key, entry) SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bytea[])"""
# An empty chain has no row to lock. Users are locked before, counts after this, by everybody.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('pushrank: ledger', 1))"


def head(connection: Connection) -> Head:
    """Read the last link."""
    found = connection.execute(_HEAD).fetchone()
    return Head(*found) if found else Head()


def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add entries to the chain; others who do wait for the end of this transaction."""
    if not entries:
        return
    connection.execute(_ONE_AT_A_TIME)
    words = lengthened(head(connection), entries)
    places = [link.seq for _, link in words]
    connection.execute(_LINK, (places, [link.entry_digest for _, link in words], [link.digest for _, link in words]))
    connection.execute(_ENTER, (places, [user_key for user_key, _ in words], [link.entry for _, link in words]))


def words(connection: Connection, user_key: str) -> list[tuple[int, Entry]]:
    """Read what a user said, by place."""
    return [(seq, entry_of(seq, entry)) for seq, entry in connection.execute(_WORDS, (user_key,))]


def places(connection: Connection, user_key: str) -> list[int]:
    """Find the places where a user said something."""
    return [seq for (seq,) in connection.execute(_PLACES, (user_key,))]
