"""What the doors need to remember: API keys and markers."""

from __future__ import annotations

import sqlite3

from pushrank.domain.instants import Instant
from pushrank.store.rows import key_of, key_row
from pushrank.store.values import ApiKey

_ADD_KEY = """
    INSERT INTO api_keys (key_id, hash, scopes, created_at, expires_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?)"""
_KEYS = """
    SELECT key_id, hash, scopes, created_at, expires_at, revoked_at FROM api_keys ORDER BY created_at, key_id"""
_REVOKE = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE key_id = ?"
_MARK = "INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_MARKERS = "SELECT name, value FROM marks WHERE substr(name, 1, length(?)) = ?"


def add_key(connection: sqlite3.Connection, key: ApiKey) -> None:
    """Store an API key."""
    connection.execute(_ADD_KEY, key_row(key))


def keys(connection: sqlite3.Connection) -> list[ApiKey]:
    """Read all API keys, oldest first."""
    return [key_of(row) for row in connection.execute(_KEYS)]


def revoke(connection: sqlite3.Connection, key_id: str, at: Instant) -> bool:
    """End a key; False if there is none by that id."""
    return connection.execute(_REVOKE, (at, key_id)).rowcount == 1


def mark(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Set a marker."""
    connection.execute(_MARK, (name, value))


def marker(connection: sqlite3.Connection, name: str) -> str | None:
    """Read a marker."""
    found = connection.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
    return found[0] if found else None


def markers(connection: sqlite3.Connection, prefix: str) -> dict[str, str]:
    """Read every marker whose name begins so."""
    return dict(sorted(connection.execute(_MARKERS, (prefix, prefix)).fetchall()))
