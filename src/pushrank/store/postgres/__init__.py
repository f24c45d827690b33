"""The store in PostgreSQL: one lock for each user, READ COMMITTED, commits that are synced."""

from pushrank.store.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
