"""The store in one SQLite file: WAL, synchronous FULL, one writer at a time."""

from pushrank.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
