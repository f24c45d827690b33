"""What is kept: users, catalogue, pushes, events, decisions; every database behind one protocol."""

from pushrank.store.errors import ConflictError, ReusedKeyError, StoreError
from pushrank.store.opening import open_store
from pushrank.store.protocol import Rule, Step, Store
from pushrank.store.values import Answer, ApiKey

__all__ = [
    "Answer",
    "ApiKey",
    "ConflictError",
    "ReusedKeyError",
    "Rule",
    "Step",
    "Store",
    "StoreError",
    "open_store",
]
