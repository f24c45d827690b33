"""The consent ledger: links that stay, entries that may go."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pushrank.domain.ledger import Entry, Head
from pushrank.store.chain import entry_of, lengthened

CHAIN = """
    SELECT seq, ledger.entry_digest, ledger.digest, entry FROM ledger LEFT JOIN ledger_entries USING (seq)
    WHERE seq > ? ORDER BY seq"""
_HEAD = "SELECT seq, digest FROM ledger ORDER BY seq DESC LIMIT 1"
_WORDS = "SELECT seq, entry FROM ledger_entries WHERE user_key = ? ORDER BY seq"
_PLACES = "SELECT seq FROM ledger_entries WHERE user_key = ?"
_LINK = "INSERT INTO ledger (seq, entry_digest, digest) VALUES (?, ?, ?)"
_ENTER = "INSERT INTO ledger_entries (seq, user_key, entry) VALUES (?, ?, ?)"


def head(connection: sqlite3.Connection) -> Head:
    """Read the last link."""
    found = connection.execute(_HEAD).fetchone()
    return Head(*found) if found else Head()


def append(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Add entries to the chain; the transaction keeps other writers out."""
    if not entries:
        return
    words = lengthened(head(connection), entries)
    connection.executemany(_LINK, [(link.seq, link.entry_digest, link.digest) for _, link in words])
    connection.executemany(_ENTER, [(link.seq, user_key, link.entry) for user_key, link in words])


def words(connection: sqlite3.Connection, user_key: str) -> list[tuple[int, Entry]]:
    """Read what a user said, by place."""
    return [(seq, entry_of(seq, entry)) for seq, entry in connection.execute(_WORDS, (user_key,))]


def places(connection: sqlite3.Connection, user_key: str) -> list[int]:
    """Find the places where a user said something."""
    return [seq for (seq,) in connection.execute(_PLACES, (user_key,))]
