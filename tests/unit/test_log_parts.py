"""A log in parts: which push an opt-out belongs to."""

from __future__ import annotations

import pandas as pd

from pushrank.domain.instants import HOUR
from pushrank.logs.parts import Part

NOTHING = pd.DataFrame({"user_id": pd.Series(dtype="str"), "at": pd.Series(dtype="int64")})


def part(*rows: tuple[str, str, int, int]) -> Part:
    """Rows of user, message, hour of the send and hour of the opt-out, -1 for none."""
    columns = pd.DataFrame(rows, columns=["user_id", "message_id", "sent_at", "opted_out_at"])
    hours = columns["opted_out_at"]
    outcomes = columns.assign(
        sent_at=columns["sent_at"] * HOUR,
        opted_out=(hours >= 0).astype("int8"),
        opted_out_at=(hours * HOUR).where(hours >= 0, -1),
    )
    return Part.of(outcomes, NOTHING)


def opt_outs(found: Part) -> list[tuple[int, int]]:
    flags, at = found.outcomes["opted_out"].tolist(), found.outcomes["opted_out_at"].tolist()
    return [(flag, moment // HOUR if flag else moment) for flag, moment in zip(flags, at, strict=True)]


def test_an_opt_out_moves_to_the_last_push_before_it() -> None:
    found = part(("u", "m-1", 0, 5), ("u", "m-2", 3, -1), ("u", "m-3", 6, -1), ("v", "m-1", 4, -1))
    assert opt_outs(found) == [(0, -1), (1, 5), (0, -1), (0, -1)]


def test_of_several_opt_outs_at_one_push_the_first_counts_whatever_came_later() -> None:
    rows = ("u", "m-1", 0, 9), ("u", "m-2", 1, 7), ("u", "m-3", 2, 8)
    assert opt_outs(part(*rows)) == [(0, -1), (0, -1), (1, 7)]
    known_by_then = [(user, message, sent, at if at < 9 else -1) for user, message, sent, at in rows]
    assert opt_outs(part(*known_by_then)) == [(0, -1), (0, -1), (1, 7)]
