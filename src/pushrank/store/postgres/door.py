"""What the doors need to remember: API keys and markers."""

from __future__ import annotations

from psycopg import Connection

from pushrank.domain.instants import Instant
from pushrank.store.rows import KEY_COLUMNS, key_of, key_row
from pushrank.store.values import ApiKey

_ADD_KEY = f"INSERT INTO api_keys ({KEY_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)"  # noqa: S608 constants only
_KEYS = f"SELECT {KEY_COLUMNS} FROM api_keys ORDER BY created_at, key_id"  # noqa: S608 constants only
_REVOKE = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, %s) WHERE key_id = %s"
_MARK = "INSERT INTO marks (name, value) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_MARKERS = "SELECT name, value FROM marks WHERE starts_with(name, %s)"


def add_key(connection: Connection, key: ApiKey) -> None:
    """Store an API key."""
    connection.execute(_ADD_KEY, key_row(key))


def keys(connection: Connection) -> list[ApiKey]:
    """Read all API keys, oldest first."""
    return [key_of(row) for row in connection.execute(_KEYS)]


def revoke(connection: Connection, key_id: str, at: Instant) -> bool:
    """End a key; False if there is none by that id."""
    return connection.execute(_REVOKE, (at, key_id)).rowcount == 1


def mark(connection: Connection, name: str, value: str) -> None:
    """Set a marker."""
    connection.execute(_MARK, (name, value))


def marker(connection: Connection, name: str) -> str | None:
    """Read a marker."""
    found = connection.execute("SELECT value FROM marks WHERE name = %s", (name,)).fetchone()
    return found[0] if found else None


def markers(connection: Connection, prefix: str) -> dict[str, str]:
    """Read every marker whose name begins so."""
    return dict(sorted(connection.execute(_MARKERS, (prefix,)).fetchall()))
