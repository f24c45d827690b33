from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pushrank.domain.codes import HoldState, Kind, Purpose, QuietAction, Urgency
from pushrank.domain.message import Message
from pushrank.domain.record import Change, CountDelta, Presence, Push, Reading, UserRecord
from pushrank.domain.user import Consent, Preferences, QuietWindow, UserFacts
from pushrank.store import ApiKey, ConflictError, Store, StoreError, open_store
from tests.contract.store_values import decision, push, stored, writes
from tests.contract.stores import ADDRESSES, STORES

FULL_RECORD = UserRecord(
    "ada",
    known=True,
    facts=UserFacts(
        timezone="Asia/Shanghai",
        language="zh",
        country="CN",
        birthday="02-29",
        age_band="25-34",
        minor=False,
        registered_at=-5,
        tier="gold",
        attributes={"steps": 1234.5, "name": "安", "vip": True, "none": None},
    ),
    preferences=Preferences(
        push=False,
        muted_until=2**60,
        categories={"*": False, "sport.tennis": True},
        max_per_day=0,
        max_per_week=7,
        quiet_hours=(QuietWindow(1320, 480, (0, 6)),),
        in_quiet_hours=QuietAction.DROP,
        timezone="Europe/Berlin",
        language="en",
        personalisation=False,
        consents={Purpose.MARKETING: Consent(granted=False, policy_version="2026-11", at=9)},
        objected=True,
        version=7,
    ),
    reachable=False,
    state=b"\x00\xff state",
    last_event_at=99,
    presence=Presence((20_000, 19_990), {"sku-1": 7}, (98, 12)),
)


@pytest.fixture(params=ADDRESSES)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return ADDRESSES[request.param](tmp_path)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def test_a_user_without_a_row_is_unknown_and_wants_everything_by_default(store: Store) -> None:
    assert store.user("ada", 0) == UserRecord("ada")


def test_a_record_comes_back_as_it_was_written(store: Store) -> None:
    store.transact("ada", writes(record=FULL_RECORD), 0)
    assert store.user("ada", 0) == FULL_RECORD
    assert not store.user("bob", 0).known


def test_a_later_record_replaces_the_earlier_one(store: Store) -> None:
    store.transact("ada", writes(record=FULL_RECORD), 0)
    store.transact("ada", writes(record=UserRecord("ada", state=b"2")), 0)
    assert store.user("ada", 0) == UserRecord("ada", known=True, state=b"2")


def test_pushes_are_read_by_time_or_by_content_in_order_of_time(store: Store) -> None:
    late, early, old, older = push("a", "x#", 30), push("b", "y#", 20), push("c", "z#", 10), push("d", "w#", 9)
    store.transact("ada", writes(pushes=(late, early, old, older)), 0)
    assert store.user("ada", 20).pushes == (early, late)
    assert store.user("ada", 20, ("z#", "y#", "nothing#")).pushes == (old, early, late)
    assert store.user("ada", 31).pushes == ()
    assert store.user("bob", 0, ("z#",)).pushes == ()


@pytest.mark.parametrize("state", [HoldState.RELEASED, HoldState.FAILED])
def test_a_push_that_was_given_back_is_read_no_more(store: Store, state: HoldState) -> None:
    store.transact("ada", writes(pushes=(push("a"),)), 0)
    store.transact("ada", writes(pushes=(push("a", state=state),)), 0)
    assert store.user("ada", 0, ("m-1#",)).pushes == ()
    assert store.count("pushes") == 1


def test_a_hold_becomes_confirmed_by_its_push_id(store: Store) -> None:
    confirmed = Push("a", "m-1#", "m-1", "news", Kind.INFORM, HoldState.CONFIRMED, 140, None, None, "email")
    store.transact("ada", writes(pushes=(push("a"),)), 0)
    store.transact("ada", writes(pushes=(confirmed,)), 0)
    assert store.user("ada", 0).pushes == (confirmed,)


@pytest.mark.parametrize("first", [HoldState.HELD, HoldState.CONFIRMED])
@pytest.mark.parametrize("second", [HoldState.HELD, HoldState.CONFIRMED])
def test_the_database_itself_refuses_the_same_content_twice(store: Store, first: HoldState, second: HoldState) -> None:
    store.transact("ada", writes(pushes=(push("a", state=first),)), 0)
    twice = writes(record=FULL_RECORD, events=(stored("e-1"),), pushes=(push("b", state=second),), row=decision("d-1"))
    with pytest.raises(ConflictError, match="pushes"):
        store.transact("ada", twice, 0)
    assert [found.push_id for found in store.user("ada", 0).pushes] == ["a"]
    assert (store.count("users"), store.count("events"), store.count("decisions")) == (0, 0, 0)


def test_two_users_may_get_the_same_content(store: Store) -> None:
    store.transact("ada", writes(pushes=(push("a"),)), 0)
    store.transact("bob", writes(pushes=(push("b"),)), 0)
    assert store.count("pushes") == 2


def test_a_hold_is_replaced_by_one_change_in_whatever_order_it_says_so(store: Store) -> None:
    store.transact("ada", writes(pushes=(push("old"),)), 0)
    store.transact("ada", writes(pushes=(push("new", at=200), push("old", state=HoldState.RELEASED))), 0)
    assert [found.push_id for found in store.user("ada", 0).pushes] == ["new"]


def test_a_push_of_another_user_can_not_be_written(store: Store) -> None:
    store.transact("ada", writes(pushes=(push("a"),)), 0)
    with pytest.raises(ConflictError, match=r"push_id: expected a push of user 'bob' or a new one, got 'a'"):
        store.transact("bob", writes(pushes=(push("a", state=HoldState.RELEASED),)), 0)
    assert store.user("ada", 0).pushes == (push("a"),)


def test_a_rule_reads_what_is_stored_of_its_user(store: Store) -> None:
    store.transact("ada", writes(record=FULL_RECORD, events=(stored("e-2"), stored("e-1", at=5))), 0)
    store.append_decision(decision("d-1"))
    store.append_decision(decision("d-2", "bob"))

    def looks(reading: Reading) -> Change[None]:
        assert reading.record == FULL_RECORD
        assert list(reading.events()) == [stored("e-2"), stored("e-1", at=5)]
        assert (reading.digest_of("e-1"), reading.digest_of("e-3")) == ("digest of e-1", None)
        assert reading.decision("d-1") == decision("d-1")
        assert reading.decision("d-2") is None, "a decision about another user is none of this user's"
        assert reading.decision("d-3") is None
        return Change(None)

    store.transact("ada", looks, 0)


def test_what_a_rule_raises_is_raised_and_undoes_everything(store: Store) -> None:
    def fails(_: Reading) -> Change[None]:
        raise LookupError

    steps = [("ada", writes(record=FULL_RECORD), 0, ()), ("bob", fails, 0, ())]
    with pytest.raises(LookupError):
        store.transact_batch(steps)
    assert not store.user("ada", 0).known


def test_a_batch_answers_in_order_and_each_step_sees_those_before(store: Store) -> None:
    def adds(reading: Reading) -> Change[int]:
        before = len(reading.record.pushes)
        return Change(before, pushes=(push(f"p-{before}", f"m-{before}#"),))

    assert store.transact_batch([("ada", adds, 0, ()), ("ada", adds, 0, ()), ("ada", adds, 0, ())]) == [0, 1, 2]


@pytest.mark.parametrize(
    "rule",
    [
        writes(record=UserRecord("bob")),
        writes(events=(stored("e-1", "bob"),)),
        writes(row=decision("d-1", "bob")),
    ],
    ids=["record", "event", "decision"],
)
def test_a_rule_can_not_write_another_user(store: Store, rule: object) -> None:
    with pytest.raises(ValueError, match="expected a change of 'ada', for whom the rule ran, got one of 'bob'"):
        store.transact("ada", rule, 0)  # type: ignore[arg-type]
    assert (store.count("users"), store.count("events"), store.count("decisions")) == (0, 0, 0)


def test_a_rule_that_opens_a_second_transaction_fails_and_leaves_the_store_usable(store: Store) -> None:
    def nested(_: Reading) -> Change[None]:
        store.append_decision(decision("d-1"))
        return Change(None)

    with pytest.raises(StoreError, match="second transaction"):
        store.transact("ada", nested, 0)
    store.append_decision(decision("d-2"))
    assert store.count("decisions") == 1


def test_an_event_id_is_stored_once_for_all_users(store: Store) -> None:
    store.transact("ada", writes(events=(stored("e-1"),)), 0)
    with pytest.raises(ConflictError, match="event_id"):
        store.transact("bob", writes(record=UserRecord("bob"), events=(stored("e-1", "bob"),)), 0)
    assert list(store.events_since(0)) == [stored("e-1")]
    assert not store.user("bob", 0).known


def test_a_decision_is_stored_once_and_found_again(store: Store) -> None:
    store.append_decision(decision("d-1"))
    store.transact("ada", writes(row=decision("d-2")), 0)
    with pytest.raises(ConflictError, match="decision_id"):
        store.append_decision(decision("d-2"))
    assert store.decision("d-1") == decision("d-1")
    assert store.decision("d-2") == decision("d-2")
    assert store.decision("d-3") is None


def test_history_is_read_by_time_and_then_by_arrival(store: Store) -> None:
    for event_id, at in (("late", 9), ("c", 5), ("b", 5), ("old", 1)):
        store.transact("ada", writes(events=(stored(event_id, at=at),), row=decision(event_id, "ada", at)), 0)
    assert [found.event.event_id for found in store.events_since(5)] == ["c", "b", "late"]
    assert [found.decision_id for found in store.decisions_since(5)] == ["b", "c", "late"]


def test_a_reader_of_history_keeps_its_snapshot_while_others_write(store: Store) -> None:
    store.transact("ada", writes(events=(stored("e-1"), stored("e-2"))), 0)
    reader = store.events_since(0)
    first = next(reader)
    store.transact("ada", writes(events=(stored("e-3"),)), 0)
    assert [first, *reader] == [stored("e-1"), stored("e-2")]


def test_users_are_those_with_a_record_in_order(store: Store) -> None:
    for user_key in ("cleo", "ada", "bob"):
        store.transact(user_key, writes(record=UserRecord(user_key)), 0)
    store.transact("hold only", writes(pushes=(push("a"),)), 0)
    assert list(store.users()) == ["ada", "bob", "cleo"]


def test_messages_come_back_as_they_were_written_and_in_order(store: Store) -> None:
    full = Message(
        "m-2",
        "sport.tennis",
        Purpose.MARKETING,
        Kind.STORY,
        "标题",
        "text\n\x00",
        tags=("a", "b"),
        items=("sku-1",),
        published_at=-1,
        expires_at=2**61,
        worth=3.25,
        urgency=Urgency.BREAKING,
        actions=("open",),
        price=0.1,
        in_stock=False,
        attributes={"colour": "red", "weight": 1.5, "new": True, "size": None},
    )
    store.put_messages([full, Message("m-1", "news")], 5)
    assert store.messages() == [Message("m-1", "news"), full]


def test_a_message_is_replaced_deleted_once_and_may_come_back(store: Store) -> None:
    store.put_messages([Message("m-1", "news")], 5)
    store.put_messages([Message("m-1", "promo")], 6)
    assert store.messages() == [Message("m-1", "promo")]
    assert store.delete_message("m-1", 7)
    assert not store.delete_message("m-1", 8)
    assert not store.delete_message("m-2", 8)
    assert store.messages() == []
    assert store.messages(deleted=True) == [Message("m-1", "promo")]
    store.put_messages([Message("m-1", "news")], 9)
    assert store.messages() == [Message("m-1", "news")]
    assert store.messages(deleted=True) == []


def test_another_connection_sees_by_the_versions_that_something_changed(address: str) -> None:
    store, other = open_store(address), open_store(address)
    catalogue, counts = other.catalogue_version(), other.counts_version()
    store.put_messages([Message("m-1", "news")], 5)
    assert other.catalogue_version() > catalogue
    catalogue = other.catalogue_version()
    store.delete_message("m-1", 6)
    assert other.catalogue_version() > catalogue
    assert other.counts_version() == counts
    store.transact("ada", lambda _: Change(None, counts=(CountDelta("m-1", 3, sends=1),)), 0)
    assert other.counts_version() > counts
    store.close()
    other.close()


def test_counts_add_up_and_are_read_as_totals_of_what_changed(store: Store) -> None:
    first = (CountDelta("m-2", 1, 2, 1, 1, 1), CountDelta("m-1", 1, 1), CountDelta("m-1", 1, 1))
    store.transact("ada", lambda _: Change(None, counts=first), 0)
    version = store.counts_version()
    assert store.counts(version) == []
    store.transact("bob", lambda _: Change(None, counts=(CountDelta("m-2", 1, 1, 0, 0, 3),)), 0)
    assert store.counts(version) == [CountDelta("m-2", 1, 3, 1, 1, 4)]
    assert list(store.all_counts()) == [CountDelta("m-1", 1, 2), CountDelta("m-2", 1, 3, 1, 1, 4)]
    assert sorted(store.counts(0), key=lambda row: (row.message_id, row.bucket)) == list(store.all_counts())


def test_api_keys_are_kept_by_hash_and_revoked_once(store: Store) -> None:
    late, early = ApiKey("k-1", "h1", ("rank", "insights"), 9, expires_at=20), ApiKey("k-2", "h2", (), 5)
    store.add_key(late)
    store.add_key(early)
    assert store.keys() == [early, late]
    assert store.revoke_key("k-2", 10)
    assert store.revoke_key("k-2", 11)
    assert not store.revoke_key("k-3", 11)
    assert store.keys()[0] == ApiKey("k-2", "h2", (), 5, revoked_at=10)
    with pytest.raises(ConflictError):
        store.add_key(ApiKey("k-1", "h3", (), 9))
    with pytest.raises(ConflictError):
        store.add_key(ApiKey("k-4", "h1", (), 9))


def test_an_api_key_is_valid_until_it_expires_or_is_revoked() -> None:
    key = ApiKey("k", "h", (), 0, expires_at=20)
    assert (key.valid(19), key.valid(20)) == (True, False)
    assert not ApiKey("k", "h", (), 0, revoked_at=10).valid(5)


def test_a_marker_is_read_as_last_written(store: Store) -> None:
    assert store.marker("load") is None
    store.mark("load", "part 1")
    store.mark("load", "part 2")
    assert store.marker("load") == "part 2"


def test_markers_are_found_by_the_beginning_of_their_names(store: Store) -> None:
    for name in ("a%/2", "a%/1", "a_/3", "b/4", "A%/5"):
        store.mark(name, f"of {name}")
    assert list(store.markers("a%/").items()) == [("a%/1", "of a%/1"), ("a%/2", "of a%/2")]
    assert store.markers("c") == {}


def test_everything_is_still_there_after_opening_again(address: str) -> None:
    store = open_store(address)
    store.transact("ada", writes(record=FULL_RECORD, events=(stored("e-1"),), row=decision("d-1")), 0)
    store.close()
    again = open_store(address)
    assert again.user("ada", 0) == FULL_RECORD
    assert list(again.events_since(0)) == [stored("e-1")]
    assert again.decision("d-1") == decision("d-1")
    again.close()


def test_a_closed_store_says_so_and_may_be_closed_again(store: Store) -> None:
    store.ping()
    store.close()
    store.close()
    for use in (store.ping, lambda: store.user("ada", 0), lambda: list(store.users()), lambda: store.mark("a", "b")):
        with pytest.raises(StoreError):
            use()


def test_only_tables_of_the_schema_are_counted(store: Store) -> None:
    assert store.count("users") == 0
    with pytest.raises(ValueError, match="expected one of meta"):
        store.count("users; DROP TABLE users")
