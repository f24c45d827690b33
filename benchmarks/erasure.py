"""How long an erasure takes: a user with 10,000 events among 200,000 of others, and an exported log of 200,000 rows.

    python -m benchmarks erasure

Each measurement erases another user through the same door as the call does: the rows of all tables, what the user had
added to counts, the database's own log, and where one was exported, the log's files. On the disk of the repository.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from benchmarks.promises.stores import Kind, empty_store, folder
from benchmarks.report import Table, spread
from pushrank.domain.codes import EventType, Mode
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, MINUTE, Instant, instant
from pushrank.domain.record import Change, DecisionRow, Reading, StoredEvent, UserRecord
from pushrank.logs import write_table
from pushrank.rights.erasure import Eraser, erase
from pushrank.rights.snapshots import note_export
from pushrank.store import Store, open_store

START = instant("2026-01-01T00:00:00+00:00")
AT = START + 60 * DAY
MOST_SECONDS = 2.0
EVENTS = 10_000
OTHERS, EACH = 200, 1_000
ROWS = 200_000
_DECISIONS = 300
_BODY = 2_000
_MESSAGES = 400
_KINDS = (EventType.SENT, EventType.CLICKED, EventType.ACTIVITY, EventType.DISMISSED)


def measure(*, rounds: int) -> Table:
    """Erase `rounds` users with and without an exported log on each database."""
    raw: dict[str, list[float]] = {}
    for kind in Kind:
        with folder() as inside, empty_store(kind, inside) as address:
            raw |= {f"{kind.value}, {log}": times for log, times in _measured(address, inside, rounds).items()}
    rows = [
        (name, spread(times, "{:.2f}"), "no" if max(times) > MOST_SECONDS else "yes") for name, times in raw.items()
    ]
    title = f"Erasure of a user with {EVENTS:,} events among {OTHERS * EACH:,} of others"
    return Table("erasure", title, ("store, exported log", "s", "under 2 s"), rows, raw)


def _measured(address: str, inside: Path, rounds: int) -> dict[str, list[float]]:
    names = {
        "none": [f"u_none_{turn}" for turn in range(rounds)],
        "200,000 rows": [f"u_{turn}" for turn in range(rounds)],
    }
    with closing(open_store(address, tomb=_tomb)) as store:
        for other in range(OTHERS):
            _fill(store, f"o_{other}", EACH)
        for user in (user for users in names.values() for user in users):
            _fill(store, user, EVENTS)
        eraser = Eraser(store, _tomb, inside / "trained-on", 30, inside / "home")
        found = {"none": [_timed(eraser, user) for user in names["none"]]}
        _export(store, inside / "log", names["200,000 rows"])
        return {**found, "200,000 rows": [_timed(eraser, user) for user in names["200,000 rows"]]}


def _timed(eraser: Eraser, user: str) -> float:
    started = perf_counter()
    receipt = erase(eraser, [user], AT)
    spent = perf_counter() - started
    if not receipt.scrubbed or receipt.rows["events"] != EVENTS:
        msg = f"expected {EVENTS} events to go, got {receipt}"
        raise RuntimeError(msg)
    return spent


def _tomb(user_key: str) -> str:
    return f"t_{sha256(user_key.encode()).hexdigest()}"


def _fill(store: Store, user: str, events: int) -> None:
    """Give a user a history: events two minutes apart, decisions, and a state."""
    for start in range(0, events, EACH):
        told = tuple(_event(user, number) for number in range(start, start + EACH))
        store.transact(user, partial(_change, user, told), START)
    steps = [
        DecisionRow(f"d-{user}-{number}", user, AT - number, Mode.LOOK, b"x" * _BODY) for number in _numbers(events)
    ]
    for row in steps:
        store.append_decision(row)


def _numbers(events: int) -> Iterable[int]:
    return range(_DECISIONS if events == EVENTS else 0)


def _change(user: str, told: tuple[StoredEvent, ...], _: Reading) -> Change[None]:
    return Change(None, UserRecord(user, known=True, state=b"s" * _BODY, last_event_at=told[-1].event.at), told)


def _event(user: str, number: int) -> StoredEvent:
    kind = _KINDS[number % len(_KINDS)]
    at: Instant = START + 2 * number * MINUTE
    activity = kind is EventType.ACTIVITY
    about = f"m-{number // len(_KINDS) % _MESSAGES}"
    event = Event(
        event_id=f"e-{user}-{number}",
        type=kind,
        user_id=user,
        at=at,
        message_id=None if activity else about,
        decision_id=None if activity else f"d-{user}-{number // len(_KINDS)}",
        kind="view" if activity else None,
        tags=("tennis", "rain") if activity else (),
    )
    return StoredEvent(event, 0, sha256(event.event_id.encode()).hexdigest())


def _export(store: Store, log: Path, users: list[str]) -> None:
    """Write a log as an export does: outcomes of which each of the users has some, and the other tables of a size."""
    note_export(store, log)
    everybody = np.array([*users, *(f"o_{other}" for other in range(OTHERS))])
    names = everybody[np.arange(ROWS) % len(everybody)]
    at = pd.to_datetime(START + np.arange(ROWS, dtype=np.int64) * MINUTE, unit="us", utc=True)
    sent = {"user_id": names, "message_id": [f"m-{place % _MESSAGES}" for place in range(ROWS)], "sent_at": at}
    write_table(log, "outcomes", pd.DataFrame({**sent, "clicked_at": at, "channel": "push"}))
    write_table(log, "activity", pd.DataFrame({"user_id": names, "at": at, "kind": "view", "tags": [["a"]] * ROWS}))
    write_table(log, "users", pd.DataFrame({"user_id": everybody, "timezone": "UTC"}))
