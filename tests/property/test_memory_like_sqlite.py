"""The store in memory refuses what the one in a database refuses: caps are the same, also after an erasure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pushrank.domain.codes import HoldState
from pushrank.domain.record import Change, Erasure, Slot
from pushrank.store import ConflictError, Store
from pushrank.store.memory import MemoryStore
from tests.contract.store_values import push
from tests.contract.stores import STORES, tomb

few = st.integers(0, 9)
slots = st.builds(
    lambda cap, at, back, ahead, most: Slot(f"cap-{cap}", at, at - back, at + ahead, most),
    st.integers(0, 1),
    few,
    few,
    st.integers(0, 5),
    st.none() | st.integers(0, 3),
)
pushes = st.tuples(st.integers(0, 6), st.sampled_from(HoldState), st.lists(slots, max_size=3))
changes = st.lists(st.lists(pushes, max_size=3), max_size=15)


def _change(wanted: list[tuple[int, HoldState, list[Slot]]]) -> Change[None]:
    if not wanted:
        return Change(None, erase=Erasure(5))
    named = {f"p-{name}": (state, taken) for name, state, taken in wanted}
    written = tuple(replace(push(name, f"{name}#"), state=state) for name, (state, _) in named.items())
    return Change(None, pushes=written, slots={name: tuple(taken) for name, (_, taken) in named.items()})


def _taken(store: Store, change: Change[None]) -> bool:
    try:
        store.transact("ada", lambda _: change, 0)
        # Who was erased comes back at once, with nothing taken.
        store.lift("ada")
    except ConflictError:
        return False
    return True


@given(changes)
@example([[(n, HoldState.HELD, [Slot("c", n, n - 3, n + 1, 2)])] for n in (9, 8, 1, 4, 7)])
@settings(max_examples=150, deadline=None)
def test_both_take_and_refuse_the_same_slots(series: list[list[tuple[int, HoldState, list[Slot]]]]) -> None:
    memory = MemoryStore(tomb)
    with TemporaryDirectory() as folder:
        database = STORES["sqlite"](Path(folder))
        for wanted in series:
            change = _change(wanted)
            assert _taken(memory, change) == _taken(database, change), change
        assert memory.count("slots") == database.count("slots")
        assert memory.user("ada", 0) == database.user("ada", 0)
        database.close()
