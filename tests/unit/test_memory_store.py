from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pushrank.domain.codes import HoldState
from pushrank.domain.message import Message
from pushrank.domain.record import Change, CountDelta, Reading, Slot, UserRecord
from pushrank.store import Store, StoreError, open_store
from pushrank.store.memory import MemoryStore
from tests.contract.store_values import decision, push, stored, writes
from tests.contract.stores import STORES


@pytest.mark.parametrize("address", ["memory", "memory:///", "sqlite:///:memory:?mode=memory"])
def test_no_address_leads_to_a_store_that_forgets(address: str) -> None:
    with pytest.raises(StoreError, match="expected sqlite:///PATH or postgresql"):
        open_store(address)


def _filled(store: Store) -> None:
    store.put_messages([Message("m-1", "news"), Message("m-2", "promo")], 5)
    store.delete_message("m-2", 6)
    pushes = (push("a"), push("b", "m-2#", 50, HoldState.CONFIRMED), push("c", "m-3#", state=HoldState.RELEASED))
    events = (stored("e-2", at=7), stored("e-1", at=5))
    ada = writes(record=UserRecord("ada", state=b"1"), events=events, pushes=pushes, row=decision("d-1"))
    store.transact("ada", ada, 0)
    store.transact("cleo", writes(events=(stored("e-3", "cleo"),)), 0)
    store.transact("bob", lambda _: Change(None, UserRecord("bob"), counts=(CountDelta("m-1", 3, 2, 1),)), 0)


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
def test_a_copy_knows_what_rankings_need_and_goes_its_own_way(kind: str, tmp_path: Path) -> None:
    source = STORES[kind](tmp_path)
    _filled(source)
    copy = MemoryStore.copy_of(source)
    for user_key in ("ada", "bob", "cleo"):
        assert copy.user(user_key, 0) == source.user(user_key, 0)
    assert list(copy.events_since(-9)) == list(source.events_since(-9))
    assert list(copy.all_counts()) == [CountDelta("m-1", 3, 2, 1)]
    assert (copy.messages(), copy.messages(deleted=True)) == ([Message("m-1", "news")], [Message("m-2", "promo")])
    assert (copy.count("decisions"), copy.count("slots"), list(copy.users())) == (0, 0, ["ada", "bob"])
    copy.transact("ada", writes(record=UserRecord("ada", state=b"2")), 0)
    assert source.user("ada", 0).state == b"1"
    source.close()
    assert copy.user("ada", 0).state == b"2"


def test_a_rule_of_a_copy_reads_events_in_order_of_time() -> None:
    source = MemoryStore()
    _filled(source)

    def looks(reading: Reading) -> Change[list[str]]:
        return Change([one.event.event_id for one in reading.events()])

    assert MemoryStore.copy_of(source).transact("ada", looks, 0) == ["e-1", "e-2"]


def test_old_decisions_are_forgotten_to_the_moment() -> None:
    store = MemoryStore()
    for at in (1, 2, 3):
        store.append_decision(decision(f"d-{at}", decided_at=at))
    assert store.forget_decisions(3) == 2
    assert [row.decision_id for row in store.decisions_since(0)] == ["d-3"]


def test_a_refused_batch_leaves_the_slots_of_its_first_step_free() -> None:
    store = MemoryStore()
    slot = Slot("day", 5, 0, 9, 1)
    one = Change(None, pushes=(push("a"),), slots={"a": (slot,)})
    two = Change(None, pushes=(push("b", "x#"),), slots={"b": (slot,)})
    with pytest.raises(StoreError, match="beyond its cap"):
        store.transact_batch([("ada", lambda _: one, 0, ()), ("ada", lambda _: two, 0, ())])
    store.transact("ada", lambda _: two, 0)
    assert [found.push_id for found in store.user("ada", 0).pushes] == ["b"]


def test_threads_take_turns() -> None:
    store = MemoryStore()

    def counts(reading: Reading) -> Change[None]:
        before = int(reading.record.state or b"0")
        return Change(None, UserRecord("ada", state=b"%d" % (before + 1)))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.transact("ada", counts, 0), range(400)))
    assert store.user("ada", 0).state == b"400"
