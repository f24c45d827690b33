"""What the doors need to remember: API keys and markers."""

from __future__ import annotations

from dataclasses import replace

from pushrank.domain.instants import Instant
from pushrank.store.errors import ConflictError
from pushrank.store.values import ApiKey


class Doors:
    """API keys by id, and markers."""

    def __init__(self) -> None:
        self.keys: dict[str, ApiKey] = {}
        self.marks: dict[str, str] = {}

    def add(self, key: ApiKey) -> None:
        """Keep an API key; ConflictError for a known id or hash."""
        if key.key_id in self.keys or any(known.hash == key.hash for known in self.keys.values()):
            msg = f"api_keys: expected a new id and hash, got key {key.key_id!r} again"
            raise ConflictError(msg)
        self.keys[key.key_id] = key

    def in_order(self) -> list[ApiKey]:
        """Give all keys, oldest first."""
        return sorted(self.keys.values(), key=lambda key: (key.created_at, key.key_id))

    def revoke(self, key_id: str, at: Instant) -> bool:
        """End a key; False if there is none by that id."""
        key = self.keys.get(key_id)
        if key is not None and key.revoked_at is None:
            self.keys[key_id] = replace(key, revoked_at=at)
        return key is not None
