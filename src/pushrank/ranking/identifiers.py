"""Names of decisions and of the pushes they reserve."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from pushrank.domain.instants import Instant

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_CHARACTERS = 26
_RANDOM_BYTES = 10
_MILLISECOND = 1000


def new_decision_id(as_of: Instant, rng: np.random.Generator) -> str:
    """Make a ULID: 48 bits of milliseconds since 1970 and 80 bits of chance, 26 characters of Crockford's base 32.

    Ids sort by time. A moment before 1970 counts as 1970.
    """
    moment = (max(as_of, 0) // _MILLISECOND) % (1 << 48)
    number = moment << 80 | int.from_bytes(rng.bytes(_RANDOM_BYTES), "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(10 * (_CHARACTERS // 2 - 1), -1, -10)])


def chance_of(decision_id: str) -> np.random.Generator:
    """Give the chance that belongs to a decision, from its start: the same id draws the same again."""
    seed = blake2b(decision_id.encode(), digest_size=16, person=b"pushrank chance").digest()
    return np.random.default_rng(int.from_bytes(seed, "big"))


def push_id(decision_id: str, message_id: str) -> str:
    """Name of the push by which a decision reserves a message; the same for a repeat."""
    return f"{decision_id}/{message_id}"


def foreign_push_id(event_id: str) -> str:
    """Name of a push that another system sent, after the event that told of it."""
    return f"event/{event_id}"
