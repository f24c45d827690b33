"""What can go wrong in a store."""

from __future__ import annotations


class StoreError(Exception):
    """The store did not answer, or what it holds can't be read: nothing was written, and unknown means no (503)."""


class ConflictError(StoreError):
    """The database's own constraints refused a write: a duplicate that a rule should have seen. Nothing was written."""


class ReusedKeyError(ValueError):
    """An idempotency key came back with another body (422)."""


class InFlightError(ValueError):
    """An idempotency key came back before its first request was answered (409)."""
