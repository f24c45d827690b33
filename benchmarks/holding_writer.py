"""One process that holds and confirms at the store's own door, for `holding`.

    python -m benchmarks.holding_writer ADDRESS ME
    python -m benchmarks.holding_writer FILE ME unqueued

Reads a JSON line `[way, seconds]` for each round and writes what each step took as one. `pairs` holds and confirms, as
a ranking and a confirm would write them; `upserts` counts barely, on PostgreSQL.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import msgspec
import numpy as np

from pushrank.domain.codes import HoldState, Kind, Mode
from pushrank.domain.instants import DAY, HOUR, MINUTE, Instant, instant
from pushrank.domain.record import Change, DecisionRow, Push, Reading, Slot, UserRecord
from pushrank.domain.user import Preferences, UserFacts
from pushrank.store import Store, open_store
from pushrank.store.sqlite import SqliteStore

USERS = 2000
NOW: Instant = instant("2026-11-23T12:00:00+00:00")
LOOK_BACK = 9 * DAY
_BODY = b'{"decision": "' + b"x" * 2030 + b'"}'
_UPSERT = """
    INSERT INTO bare_upserts (name, n) VALUES (%s, 1)
    ON CONFLICT (name) DO UPDATE SET n = bare_upserts.n + 1 WHERE bare_upserts.n < 1000000000"""


def prepare(store: Store) -> None:
    """Make the users whom pushes are held for, with a state of a usual size."""
    facts = UserFacts(timezone="Asia/Shanghai", language="zh", registered_at=NOW - 90 * DAY)
    for start in range(0, USERS, 200):
        store.transact_batch([(_name(n), _saves(_name(n), facts), NOW, ()) for n in range(start, start + 200)])


def _saves(user_key: str, facts: UserFacts) -> Callable[[Reading], Change[None]]:
    preferences = Preferences(max_per_day=500, version=1)
    return lambda _: Change(None, UserRecord(user_key, True, facts, preferences, state=b"s" * 1500, last_event_at=NOW))  # noqa: FBT003


def _name(number: int) -> str:
    return f"{number:032x}"


def _slots(at: Instant) -> tuple[Slot, ...]:
    day = at - at % DAY
    return (
        Slot("cap_day@UTC", at, day, day + DAY, 1000),
        Slot("cap_week/7d", at, at - 7 * DAY, at + 1, 1000),
        Slot("min_gap", at, at - 1, at + 1, 1000),
    )


def _holds(user_key: str, decision_id: str, at: Instant, reading: Reading) -> Change[int]:
    key, name = f"m-{decision_id}#", f"{decision_id}/m"
    taken = any(push.content_key == key for push in reading.record.pushes if push.counts(at))
    assert not taken
    push = Push(
        name, key, f"m-{decision_id}", "sport.tennis", Kind.INFORM, HoldState.HELD, at, decision_id, at + 5 * MINUTE
    )
    row = DecisionRow(decision_id, user_key, at, Mode.HOLD.value, _BODY)
    return Change(len(reading.record.pushes), pushes=(push,), decision=row, slots={name: _slots(at)})


def _confirms(decision_id: str, at: Instant, reading: Reading) -> Change[int]:
    held = reading.pushes_of(decision_id)
    changed = tuple(replace(push, state=HoldState.CONFIRMED, at=at, expires_at=None) for push in held)
    return Change(len(held), pushes=changed, slots={push.push_id: _slots(at) for push in changed})


class Writer:
    """Holds and confirms pushes of users taken in turn by chance."""

    def __init__(self, store: Store, me: int) -> None:
        self._store = store
        self._me = me
        self._numbers = count()
        self._users = np.random.default_rng(me).integers(0, USERS, 1 << 16)

    def pair(self) -> tuple[int, int]:
        """Hold one push and confirm it; nanoseconds of each."""
        number = next(self._numbers)
        user_key, decision_id = _name(int(self._users[number % len(self._users)])), f"{self._me:02}-{number:08}"
        at = NOW + number * (HOUR // 1000)
        begun = perf_counter_ns()
        keys = [f"m-{decision_id}#"]
        self._store.transact(user_key, partial(_holds, user_key, decision_id, at), at - LOOK_BACK, keys)
        held = perf_counter_ns()
        found = self._store.transact(user_key, partial(_confirms, decision_id, at + 1), at - LOOK_BACK, keys)
        assert found == 1
        return held - begun, perf_counter_ns() - held


def _rounds(work: Callable[[], tuple[int, ...]], seconds: float) -> list[tuple[int, ...]]:
    took, end = [], perf_counter_ns() + int(seconds * 1e9)
    while perf_counter_ns() < end:
        took.append(work())
    return took


def _upserts(address: str, me: int) -> Iterator[Callable[[], tuple[int, ...]]]:
    import psycopg  # noqa: PLC0415 (only where there is a PostgreSQL to ask)

    with psycopg.connect(address, autocommit=True) as connection:
        users = iter(np.random.default_rng(me).integers(0, USERS, 1 << 20))

        def upsert() -> tuple[int, ...]:
            begun = perf_counter_ns()
            connection.execute(_UPSERT, (_name(int(next(users))),))
            return (perf_counter_ns() - begun,)

        yield upsert


def _say(told: Any) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.flush()


def _serve(address: str, me: int, *, queued: bool) -> None:
    with closing(open_store(address) if queued else SqliteStore(Path(address), queued=False)) as store:
        writer = Writer(store, me)
        _say("ready")
        for line in sys.stdin:
            way, seconds = msgspec.json.decode(line)
            works = iter([writer.pair]) if way == "pairs" else _upserts(address, me)
            for work in works:
                _say(_rounds(work, seconds))


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), queued="unqueued" not in sys.argv[3:])
