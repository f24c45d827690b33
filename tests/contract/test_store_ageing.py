from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pushrank.domain.codes import HoldState
from pushrank.domain.message import Message
from pushrank.domain.record import Change, FeatureRow, Reading
from pushrank.store import ConflictError, Store
from tests.contract.store_values import decision, push, stored, writes
from tests.contract.stores import STORES
from tests.contract.whole_user import fill


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def test_old_events_are_forgotten_and_the_others_stay(store: Store) -> None:
    store.transact("ada", writes(events=(stored("e-1", at=5), stored("e-2", at=6), stored("e-3", at=4))), 0)
    store.transact("bob", writes(events=(stored("e-4", "bob", at=3),)), 0)
    assert store.aged(6, 10) == ["ada", "bob"]
    assert store.aged(6, 1) == ["ada"]
    assert store.aged(3, 10) == []

    def forgets(_: Reading) -> Change[None]:
        return Change(None, events=(stored("e-5", at=7),), forget_before=6)

    def looks(reading: Reading) -> Change[None]:
        assert reading.digest_of("e-1") is None
        assert [one.event.event_id for one in reading.events()] == ["e-2", "e-5"]
        return Change(None)

    store.transact_batch([("ada", forgets, 0, ()), ("ada", looks, 0, ())])
    assert [one.event.event_id for one in store.events_since(0)] == ["e-4", "e-2", "e-5"]
    assert store.aged(6, 10) == ["bob"]


def test_what_a_decision_saw_is_kept_with_it_and_goes_with_it(store: Store) -> None:
    seen = FeatureRow("d-1", "ada", 100, "view", b"{}")
    store.append_decision(decision("d-1"), seen)
    store.transact(
        "ada", lambda _: Change(None, decision=decision("d-2"), features=replace(seen, decision_id="d-2")), 0
    )
    assert store.features_of("d-1") == seen
    assert store.features_of("d-3") is None
    with pytest.raises(ConflictError):
        store.append_decision(decision("d-3"), replace(seen, decision_id="d-9"))
    with pytest.raises(ConflictError):
        store.transact("ada", lambda _: Change(None, features=seen), 0)
    assert store.count("decisions") == 2
    assert store.expire("decisions", 101, 1) == 1
    assert (store.features_of("d-1"), store.count("feature_rows")) == (None, 1)


def test_the_oldest_rows_go_first_and_no_more_than_asked_for(store: Store) -> None:
    for number in (3, 1, 2):
        row = decision(f"d-{number}", decided_at=number)
        store.append_decision(row, FeatureRow(row.decision_id, "ada", number, "view", b"{}"))
    assert store.expire("feature_rows", 3, 1) == 1
    assert (store.features_of("d-1"), store.count("decisions")) == (None, 3)
    assert store.expire("decisions", 3, 1) == 1
    assert store.decision("d-1") is None
    assert store.expire("decisions", 3, 10) == 1
    assert store.expire("decisions", 3, 10) == 0
    assert store.count("decisions") == 1
    with pytest.raises(ValueError, match="table: expected one of decisions, feature_rows, pushes, got 'users'"):
        store.expire("users", 3, 1)


def test_decisions_about_a_user_are_read_from_the_newest_on(store: Store) -> None:
    for number, user_key in ((1, "ada"), (2, "ada"), (2, "bob"), (3, "ada")):
        store.append_decision(decision(f"d-{number}-{user_key}", user_key, number))
    assert [row.decision_id for row in store.decisions_of("ada", 4, 2)] == ["d-3-ada", "d-2-ada"]
    assert [row.decision_id for row in store.decisions_of("ada", 2, 2)] == ["d-1-ada"]
    assert store.decisions_of("cleo", 4, 2) == []


def test_old_pushes_go_once_their_message_is_not_live_any_more(store: Store) -> None:
    live, ended = Message("live", "news", title="\x00"), Message("ended", "news", title="\x00", expires_at=40)
    later = Message("later", "news", expires_at=60, attributes={"expires_at": 3})
    store.put_messages([live, ended, later, Message("gone", "news")], 1)
    store.delete_message("gone", 2)
    names = ("live", "ended", "later", "gone", "never")
    pushes = tuple(
        replace(push(name, f"{name}#", 10 + place, HoldState.CONFIRMED), message_id=name)
        for place, name in enumerate(names)
    )
    young = replace(push("young", "young#", 50), message_id="gone")
    store.transact("ada", writes(pushes=(*pushes, young)), 0)
    assert store.expire("pushes", 50, 2) == 2
    assert [one.push_id for one in store.user("ada", 0).pushes] == ["live", "later", "never", "young"]
    assert store.expire("pushes", 50, 9) == 1
    assert [one.push_id for one in store.user("ada", 0).pushes] == ["live", "later", "young"]


def test_a_push_goes_with_its_slots(store: Store) -> None:
    fill(store, "ada")
    assert store.expire("pushes", 250, 9) == 2
    assert (store.count("pushes"), store.count("slots"), store.user("ada", 0).pushes) == (0, 0, ())


def test_a_store_is_scrubbed_in_both_ways(store: Store) -> None:
    fill(store, "ada")
    assert store.scrub()
    assert store.scrub(thorough=True)
    assert store.user("ada", 0).known
