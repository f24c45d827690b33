"""Writes events and says which are acknowledged: `python -m tests.integration.event_writer ADDRESS ROUND BATCHES`.

Each line on standard output is the number of a batch of ten events that the store has acknowledged. With a fourth
argument, `NORMAL` or `OFF`, the writer weakens its own connection: the control of the tests of durability.
"""

from __future__ import annotations

import os
import sys
from functools import partial

from pushrank.domain.record import Change, Reading, StoredEvent, UserRecord
from pushrank.store import open_store
from pushrank.store.sqlite import SqliteStore
from tests.contract.store_values import stored

EVENTS_IN_BATCH = 10
USERS_IN_BATCH = 5


def names(round_: int, batch: int) -> list[str]:
    return [f"e-{round_}-{batch}-{number}" for number in range(EVENTS_IN_BATCH)]


def _append(events: tuple[StoredEvent, ...], reading: Reading) -> Change[None]:
    before = int(reading.record.state or b"0")
    state = str(before + len(events)).encode()
    return Change(None, UserRecord(reading.record.user_key, state=state), events)


def write(address: str, round_: int, batches: int, weakness: str | None) -> None:
    store = open_store(address)
    if weakness is not None:
        assert isinstance(store, SqliteStore)
        store._writer.execute(f"PRAGMA synchronous = {weakness}")
    for batch in range(batches):
        events = [(f"u-{number % USERS_IN_BATCH}", name) for number, name in enumerate(names(round_, batch))]
        steps = [
            (user, partial(_append, tuple(stored(name, user) for owner, name in events if owner == user)), 0, ())
            for user in sorted({user for user, _ in events})
        ]
        store.transact_batch(steps)
        os.write(1, f"{batch}\n".encode())
    store.close()


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else None)
