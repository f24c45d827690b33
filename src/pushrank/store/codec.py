"""Values as JSON text in a column, and back. What can't be read is an error that names the place, never a default."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from pushrank.domain.event import Event
from pushrank.domain.message import Message
from pushrank.domain.record import Presence
from pushrank.domain.user import Preferences, UserFacts
from pushrank.store.errors import StoreError

T = TypeVar("T")

_encoder = msgspec.json.Encoder()


def written(value: object) -> str:
    """Encode a frozen value as JSON text."""
    return _encoder.encode(value).decode()


class Column(Generic[T]):
    """A column of JSON text that holds values of one type."""

    def __init__(self, table: str, name: str, kind: type[T]) -> None:
        self.table = table
        self.name = name
        self.kind = kind
        self._decoder = msgspec.json.Decoder(kind)

    def read(self, text: str, key: str) -> T:
        """Decode the text found in row `key`; damaged JSON and unknown words raise StoreError."""
        try:
            return self._decoder.decode(text)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise unreadable(self.table, key, self.name, f"{self.kind.__name__} as JSON", str(error)) from error


def unreadable(table: str, key: str, column: str, expected: str, got: str) -> StoreError:
    """Build the error for a stored value that can't be understood."""
    return StoreError(f"table {table}, row {key!r}, column {column}: expected {expected}, got {got}")


FACTS = Column("users", "facts", UserFacts)
PREFERENCES = Column("users", "preferences", Preferences)
FORGOTTEN: Column[dict[str, int]] = Column("users", "forgotten", dict[str, int])
PRESENCE = Column("users", "presence", Presence)
TAGS: Column[tuple[str, ...]] = Column("pushes", "tags", tuple[str, ...])
MODELS: Column[tuple[str, ...]] = Column("tombstones", "models", tuple[str, ...])
EVENT = Column("events", "body", Event)
MESSAGE = Column("messages", "body", Message)
SCOPES: Column[tuple[str, ...]] = Column("api_keys", "scopes", tuple[str, ...])
