from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pushrank.domain.ledger import Entry
from pushrank.domain.record import Change, CountDelta, Erasure, Reading, Tombstone, UserRecord
from pushrank.store import Answer, ConflictError, Rule, Store, StoreError, open_store
from pushrank.store.register import OWNED
from tests.contract.store_values import decision, push, reads, stored, writes
from tests.contract.stores import ADDRESSES, STORES, tomb
from tests.contract.whole_user import ROUTE, canary, event, fill

END = Erasure(500, ("3", "4"), 900)
ERASING = 20


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def erases(erasure: Erasure = END) -> Rule[None]:
    return lambda _: Change(None, erase=erasure)


def rows(store: Store, user_key: str) -> dict[str, int]:
    return {table: len(found) for table, found in store.everything(user_key).items()}


def without_places(store: Store, user_key: str) -> dict[str, list[dict[str, object]]]:
    """Everything of a user without the places of events, which a store in memory does not keep."""
    hidden = {"events": "seq"}
    return {
        table: [{name: value for name, value in row.items() if name != hidden.get(table)} for row in found]
        for table, found in store.everything(user_key).items()
    }


def test_everything_names_each_table_that_holds_rows_of_a_user_and_an_erasure_empties_all(store: Store) -> None:
    fill(store, "ada")
    fill(store, "bob", "bob")
    of_bob = without_places(store, "bob")
    assert set(rows(store, "ada")) == set(OWNED)
    assert min(rows(store, "ada").values()) > 0, "the test fills every table"
    store.transact("ada", erases(), 0)
    assert set(rows(store, "ada").values()) == {0}
    assert store.user("ada", 0) == UserRecord("ada", erased=True)
    assert without_places(store, "bob") == of_bob, "nobody else loses anything"
    assert list(store.users()) == ["bob"]


def test_a_users_events_are_read_in_order_of_arrival_and_no_one_elses(store: Store) -> None:
    fill(store, "ada")
    other = stored("e-bob", "bob")
    store.transact("bob", lambda _: Change(None, events=(other,)), 0)
    arrived = store.transact("ada", lambda reading: Change(list(reading.events())), 0)
    assert arrived
    assert store.events_of("ada") == arrived
    assert store.events_of("bob") == [other]
    assert store.events_of("eve") == []


def test_everything_tells_columns_and_values_of_a_user_alone(store: Store) -> None:
    fill(store, "ada")
    fill(store, "bob", "bob")
    told = store.everything("ada")
    assert [row["event_id"] for row in told["events"]] == [canary(f"event{number}") for number in range(3)]
    assert canary("comment") in told["events"][0]["body"]
    assert canary("tier") in told["users"][0]["facts"]
    assert told["users"][0]["forgotten"] == f'{{"{canary("forgotten")}":5}}'
    assert (told["slots"][0]["cap"], told["slots"][0]["most"]) == (canary("cap"), 2)
    assert told["idempotency"][0]["answer"] == canary("answer").encode()
    assert told["feature_rows"][0]["body"] == canary("figures").encode()
    assert "bob" not in str(told)


def test_all_stores_tell_the_same_of_a_user(tmp_path: Path) -> None:
    told = []
    for name, opened in STORES.items():
        store = opened(tmp_path / name)
        fill(store, "ada")
        everything = store.everything("ada")
        assert everything["ledger_entries"][0].pop("entry")
        told.append(everything)
        store.close()
    assert told[0] == told[1]
    assert told[0] == told[2]


def test_a_tombstone_stands_in_place_of_an_erased_user_for_reading_and_in_transactions(store: Store) -> None:
    fill(store, "ada")
    store.transact("ada", erases(), 0)
    assert store.transact("ada", reads, 0).record == UserRecord("ada", erased=True)
    assert list(store.tombstones()) == [Tombstone(tomb("ada"), 500, ("3", "4"), 900)]
    assert not store.user("bob", 0).erased
    assert not store.transact("bob", reads, 0).record.erased


def test_somebody_of_whom_nothing_is_known_can_be_erased_and_again(store: Store) -> None:
    store.transact("ada", erases(), 0)
    store.transact("ada", erases(Erasure(600, ("5",))), 0)
    assert list(store.tombstones()) == [Tombstone(tomb("ada"), 500, ("5",))], "the first moment stays"
    assert store.head().seq == 1, "the second time there was nothing to tell"


@pytest.mark.parametrize(
    "change",
    [
        Change(None, UserRecord("ada")),
        Change(None, events=(stored("e-9"),)),
        Change(None, pushes=(push("p-9"),)),
        Change(None, decision=decision("d-9")),
        Change(None, ledger=(Entry("ada", "max_per_day", 2, 3, 5, "api"),)),
        Change(None, forget_before=3),
    ],
    ids=["record", "event", "push", "decision", "ledger", "forgetting"],
)
def test_nothing_can_be_written_of_an_erased_user_or_beside_the_erasure(store: Store, change: Change[None]) -> None:
    fill(store, "ada")
    with pytest.raises(ValueError, match="erase: expected nothing but counts beside it"):
        store.transact("ada", lambda _: replace(change, erase=END), 0)
    assert store.user("ada", 0).known
    store.transact("ada", erases(), 0)
    with pytest.raises(ConflictError, match="a tombstone stands"):
        store.transact("ada", lambda _: change, 0)
    assert set(rows(store, "ada").values()) == {0}


def test_a_decision_that_comes_after_the_erasure_is_refused(store: Store) -> None:
    store.transact("ada", erases(), 0)
    with pytest.raises(ConflictError, match="a tombstone stands"):
        store.append_decision(decision("d-1"))
    store.append_decision(decision("d-2", "bob"))
    assert store.count("decisions") == 1


def test_counts_are_taken_back_in_the_same_change(store: Store) -> None:
    store.transact("ada", lambda _: Change(None, counts=(CountDelta("m-1", 3, 2, 1),)), 0)
    store.transact("ada", lambda _: Change(None, counts=(CountDelta("m-1", 3, -1, -1),), erase=END), 0)
    assert list(store.all_counts()) == [CountDelta("m-1", 3, 1, 0)]


def test_an_erasure_that_fails_leaves_everything(store: Store) -> None:
    fill(store, "ada")
    before = store.everything("ada")

    def fails(_: Reading) -> Change[None]:
        raise LookupError

    with pytest.raises(LookupError):
        store.transact_batch([("ada", erases(), 0, ()), ("bob", fails, 0, ())])
    assert store.everything("ada") == before
    assert list(store.tombstones()) == []
    assert store.head().seq == 1


def test_later_steps_of_a_batch_see_the_erasure_before_them(store: Store) -> None:
    fill(store, "ada")

    def looks(reading: Reading) -> Change[None]:
        assert reading.record == UserRecord("ada", erased=True)
        assert list(reading.events()) == []
        assert reading.digest_of(canary("event1")) is None
        assert reading.decision(canary("decision")) is None
        assert list(reading.pushes_of(canary("decision"))) == []
        return Change(None)

    speaks = Change(None, ledger=(Entry("ada", "max_per_day", 2, 3, 6, "api"),), events=(event("ada", 7),))
    steps = [("ada", lambda _: speaks, 0, ()), ("ada", erases(), 0, ()), ("ada", looks, 0, ())]
    store.transact_batch(steps)
    assert set(rows(store, "ada").values()) == {0}
    store.transact_batch([("bob", writes(events=(event("bob", 7),), pushes=(push("p-1"),)), 0, ())])
    assert [link.entry is None for link in store.chain()] == [True, True, False]


def test_ids_of_an_erased_user_are_free_again(store: Store) -> None:
    fill(store, "ada")
    taken = writes(
        record=UserRecord("bob"), events=(event("bob", 1),), pushes=(replace(push(canary("held")), content_key="x#"),)
    )
    store.transact_batch([("ada", erases(), 0, ()), ("bob", taken, 0, ())])
    assert rows(store, "bob")["events"] == rows(store, "bob")["pushes"] == 1


def test_answers_that_may_name_an_erased_user_go_also_those_still_to_come(store: Store) -> None:
    answers = {"hers": "ada", "his": "bob", "batch": "*", "nobody": ""}
    for key, person in answers.items():
        store.claim(key, ROUTE, "abc", "s", 4, 0, person)
        store.remember(key, ROUTE, "abc", Answer(200, b"{}", 5))
    for key in ("her work", "batch work"):
        store.claim(key, ROUTE, "abc", "s", 4, 0, "ada" if key == "her work" else "*")
    store.transact("ada", erases(), 0)
    assert store.count("idempotency") == 4
    for key in ("her work", "batch work"):
        assert store.remember(key, ROUTE, "abc", Answer(200, b"late", 6)) == Answer(200, b"late", 6)
    assert store.count("idempotency") == 2
    assert not store.claim("his", ROUTE, "abc", "s", 9, 0, "bob").fresh
    assert not store.claim("nobody", ROUTE, "abc", "s", 9, 0).fresh
    assert store.claim("late", ROUTE, "abc", "s", 9, 0, "ada").fresh
    store.remember("late", ROUTE, "abc", Answer(200, b"after", 9))
    assert store.count("idempotency") == 2, "of an erased user no answer is kept"


def test_an_answer_that_nobody_claimed_may_name_anybody(store: Store) -> None:
    store.remember("k", ROUTE, "abc", Answer(200, b"{}", 5))
    store.transact("ada", erases(), 0)
    assert store.count("idempotency") == 0


def test_who_comes_back_is_unknown_first(store: Store) -> None:
    fill(store, "ada")
    store.transact("ada", erases(), 0)
    assert not store.lift("bob")
    assert store.lift("ada")
    assert not store.lift("ada")
    assert store.user("ada", 0) == UserRecord("ada")
    store.transact("ada", writes(record=UserRecord("ada")), 0)
    assert store.user("ada", 0).known


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_a_store_without_the_key_of_tombstones_erases_nobody_and_does_not_guess(
    address: object, tmp_path: Path
) -> None:
    url = address(tmp_path)  # type: ignore[operator]
    without, opened = open_store(url), open_store(url, tomb=tomb)
    with pytest.raises(ValueError, match="tombstones: expected a store that was opened with their key"):
        without.transact("ada", erases(), 0)
    with pytest.raises(ValueError, match="tombstones: expected a store that was opened with their key"):
        without.lift("ada")
    assert not without.user("ada", 0).known
    fill(opened, "bob")
    opened.transact("ada", erases(), 0)
    assert without.user("bob", 0) == opened.user("bob", 0)
    for ask in (
        lambda: without.user("ada", 0),
        lambda: without.user("cleo", 0),
        lambda: without.transact("cleo", reads, 0),
        lambda: without.append_decision(decision("d-1", "cleo")),
    ):
        with pytest.raises(StoreError, match="opened with their key"):
            ask()
    without.close()
    opened.close()


def test_who_writes_while_a_user_is_erased_writes_before_or_not_at_all(store: Store) -> None:
    def work(number: int) -> None:
        with suppress(ConflictError):
            if number == ERASING:
                store.transact("ada", erases(), 0)
            elif number % 2:
                store.append_decision(decision(f"d-{number}"))
            else:
                store.transact("ada", writes(record=UserRecord("ada"), events=(stored(f"e-{number}"),)), 0)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(40)))
    assert set(rows(store, "ada").values()) == {0}
    assert store.user("ada", 0) == UserRecord("ada", erased=True)
