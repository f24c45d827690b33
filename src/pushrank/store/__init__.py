"""What is kept: users, catalogue, pushes, events, decisions; every database behind one protocol."""

from pushrank.store.errors import ConflictError, InFlightError, ReusedKeyError, StoreError
from pushrank.store.opening import open_store
from pushrank.store.protocol import Rule, Step, Store
from pushrank.store.values import Answer, ApiKey, Claim

__all__ = [
    "Answer",
    "ApiKey",
    "Claim",
    "ConflictError",
    "InFlightError",
    "ReusedKeyError",
    "Rule",
    "Step",
    "Store",
    "StoreError",
    "open_store",
]
