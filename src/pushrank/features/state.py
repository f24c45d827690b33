"""What is remembered of one user: fixed-size arrays, so that a million users fit and a copy is a memcpy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Counters of `total`, `week` and `month`.
SENDS, CLICKS, OPENS, DISMISSALS, ACTIVITY, CONVERSIONS, OPT_OUTS = range(7)
COUNTERS = ("sends", "clicks", "opens", "dismissals", "activity", "conversions", "opt_outs")
# Places of `clock`, instants in microseconds, 0 for never; `MARK` is the next place of the ring of recent pushes.
LAST_EVENT, LAST_SENT, LAST_CLICKED, LAST_OPENED, LAST_DISMISSED, LAST_ACTIVE, FIRST_EVENT, MARK = range(8)
# Columns of `hours`, `weekdays`, `category` and `tag`.
SLOT_SENDS, SLOT_CLICKS, SLOT_ACTIVITY = range(3)
CATEGORY_SENDS, CATEGORY_CLICKS, CATEGORY_DISMISSALS, CATEGORY_TOTAL_SENDS, CATEGORY_TOTAL_CLICKS = range(5)

RECENT = 32  # pushes remembered one by one
CATEGORIES = 24  # categories and parents remembered; the one idle for longest makes room
TAGS = 64  # tags remembered, likewise
MESSAGE_TAGS = 8  # tags of one message or activity that count
TOPIC_TAGS = 12  # tags that stand for the topic of a message


class UserState(NamedTuple):
    """Arrays of one user. `week` and `month` are decayed to `clock[LAST_EVENT]`, slots to their own `*_at`.

    `recent_*` is a ring over the last pushes: instant, message key, category key, local hour of the week at which the
    push was sent, and what came of it as bits (1 clicked, 2 opened, 4 dismissed).
    """

    clock: Ints
    total: Floats
    week: Floats
    month: Floats
    hours: Floats
    weekdays: Floats
    recent_at: Ints
    recent_message: Ints
    recent_category: Ints
    recent_hour: Ints
    recent_outcome: Ints
    category_key: Ints
    category_at: Ints
    category_sent_at: Ints
    category: Floats
    tag_key: Ints
    tag_at: Ints
    tag: Floats


_SHAPES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("i8", (8,)),
    ("f8", (len(COUNTERS),)),
    ("f8", (len(COUNTERS),)),
    ("f8", (len(COUNTERS),)),
    ("f8", (24, 3)),
    ("f8", (7, 3)),
    ("i8", (RECENT,)),
    ("i8", (RECENT,)),
    ("i8", (RECENT,)),
    ("i8", (RECENT,)),
    ("i8", (RECENT,)),
    ("i8", (CATEGORIES,)),
    ("i8", (CATEGORIES,)),
    ("i8", (CATEGORIES,)),
    ("f8", (CATEGORIES, 5)),
    ("i8", (TAGS,)),
    ("i8", (TAGS,)),
    ("f8", (TAGS, 3)),
)
_SIZES = tuple(int(np.prod(shape)) for _, shape in _SHAPES)
STATE_BYTES = 8 * sum(_SIZES)


def empty_state() -> UserState:
    """State of a user of whom nothing is known."""
    return UserState(*(np.zeros(shape, dtype=kind) for kind, shape in _SHAPES))


def encode_state(state: UserState) -> bytes:
    """Write a state as bytes: all arrays one after the other, little-endian, zero bytes at the end cut off."""
    return b"".join(array.tobytes() for array in state).rstrip(b"\0")


def decode_state(blob: bytes | None) -> UserState:
    """Read what `encode_state` wrote into fresh, writable arrays; None gives the empty state.

    Raises ValueError when the bytes are longer than a state can be.
    """
    if blob is None:
        return empty_state()
    if len(blob) > STATE_BYTES:
        msg = f"expected a user state of at most {STATE_BYTES} bytes, got {len(blob)}"
        raise ValueError(msg)
    whole = np.frombuffer(bytearray(blob.ljust(STATE_BYTES, b"\0")), dtype="<i8")
    arrays, start = [], 0
    for (kind, shape), size in zip(_SHAPES, _SIZES, strict=True):
        arrays.append(whole[start : start + size].view(kind).reshape(shape))
        start += size
    return UserState(*arrays)
