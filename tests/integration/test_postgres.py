"""What only a server can do: be down, end connections, keep others waiting, be configured to lose writes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import psycopg
import pytest

from pushrank.domain.message import Message
from pushrank.domain.record import Change, CountDelta, Reading, Slot, UserRecord
from pushrank.store import ApiKey, ConflictError, Rule, Store, StoreError, open_store
from pushrank.store.postgres import PostgresStore
from pushrank.store.postgres.connection import connect
from tests import postgres_server
from tests.contract.store_values import decision, push, stored, writes
from tests.small_service import MESSAGES, service_in_process

ROOT = Path(__file__).resolve().parents[2]
RANK = {"user_id": "u-1", "candidates": ["m-news"], "at": "2026-11-23T10:00:00Z"}


@pytest.fixture
def address() -> str:
    return postgres_server.shared().address()


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    opened = open_store(address)
    yield opened
    opened.close()


@pytest.fixture
def own_server() -> Iterator[postgres_server.PostgresServer]:
    """A server that a test may stop without others noticing."""
    server = postgres_server.PostgresServer()
    yield server
    server.remove()


@contextmanager
def setting(address: str, name: str, value: str) -> Iterator[None]:
    """Change a setting of the whole server for a while, as an operator would by a reload."""
    postgres_server.run(address, f"ALTER SYSTEM SET {name} = '{value}'")
    postgres_server.run(address, "SELECT pg_reload_conf(), pg_sleep(0.1)")
    try:
        yield
    finally:
        postgres_server.run(address, f"ALTER SYSTEM RESET {name}")
        postgres_server.run(address, "SELECT pg_reload_conf(), pg_sleep(0.1)")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:secret@127.0.0.1:1/db",
        "postgresql://me:secret@nowhere.invalid/db",
        "postgresql://me:secret@host:port/db",
        "postgresql://me:secret@host/db?no_such_option=secret",
        "postgres://me:sec%ret@host/db?sslmode=secret",
    ],
)
def test_an_address_that_leads_nowhere_is_an_error_without_the_password(address: str) -> None:
    with pytest.raises(StoreError) as refusal:
        open_store(address)
    told = [str(refusal.value), repr(refusal.value.__cause__), str(refusal.value.__suppress_context__)]
    assert not any("sec" in text for text in told)
    assert told[2] == "True", "a traceback would show what libpq said"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("/postgres?", "/nothing?"), "there is no such database"),
        (("postgres:@", "nobody:@"), "it does not know the user"),
        (("/data", "/elsewhere"), "nothing listens at its address"),
    ],
)
def test_the_reason_why_a_database_can_not_be_opened_is_told(change: tuple[str, str], reason: str) -> None:
    with pytest.raises(StoreError, match=f"the database did not answer: {reason}"):
        open_store(postgres_server.shared().uri.replace(*change))


def test_a_server_that_would_lose_writes_is_refused_and_an_open_connection_stays_durable(
    own_server: postgres_server.PostgresServer,
) -> None:
    address = own_server.address()
    store = PostgresStore(address)
    with setting(own_server.uri, "synchronous_commit", "off"):
        with pytest.raises(StoreError, match="expected synchronous_commit on and fsync on, got off and on"):
            open_store(address)
        with store._connections.borrowed(lambda connection: connection.execute("SHOW synchronous_commit")) as (
            _,
            found,
        ):
            assert found.fetchone() == ("on",)
    with setting(own_server.uri, "fsync", "off"), pytest.raises(StoreError, match="got on and off"):
        open_store(address)
    open_store(address).close()
    store.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [("statement_timeout", "30s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "30s")],
)
def test_no_wait_is_endless(address: str, name: str, value: str) -> None:
    connection = connect(address)
    assert connection.execute(f"SHOW {name}".encode()).fetchone() == (value,)
    assert connection.info.get_parameters()["connect_timeout"] == "5"
    connection.close()


def test_a_store_of_another_version_is_refused(address: str) -> None:
    open_store(address).close()
    postgres_server.run(address, "UPDATE meta SET value = 99 WHERE name = 'schema'")
    with pytest.raises(StoreError, match="expected version 3, got 99"):
        open_store(address)


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE users SET facts = '{'", "table users, row 'ada', column facts"),
        ("UPDATE users SET preferences = '[]'", "table users, row 'ada', column preferences"),
        ("UPDATE users SET presence = ''", "table users, row 'ada', column presence"),
        ("UPDATE pushes SET kind = 'spam'", "table pushes, row 'p-1', column kind: expected a kind of message, got"),
        ("UPDATE pushes SET tags = '{}'", "table pushes, row 'p-1', column tags"),
        ("UPDATE pushes SET stopped = 'why'", "table pushes, row 'p-1', column stopped: expected a code of a stop"),
    ],
)
def test_a_user_whose_row_can_not_be_read_is_an_error_with_its_place(
    address: str, store: Store, statement: str, place: str
) -> None:
    store.transact("ada", writes(record=UserRecord("ada"), pushes=(push("p-1"),)), 0)
    postgres_server.run(address, statement)
    with pytest.raises(StoreError, match=place):
        store.user("ada", 0)
    with pytest.raises(StoreError, match=place):
        store.transact("ada", writes(pushes=(push("p-2", "m-2#"),)), 0)
    assert store.count("pushes") == 1


def test_other_rows_that_can_not_be_read_are_errors_with_their_place(address: str, store: Store) -> None:
    store.transact("ada", writes(events=(stored("e-1"),)), 0)
    store.put_messages([Message("m-1", "news")], 0)
    store.add_key(ApiKey("k-1", "h", ("rank",), 0))
    for statement in ("events SET body = '{}'", "messages SET body = '{}'", "api_keys SET scopes = 'all'"):
        postgres_server.run(address, f"UPDATE {statement}")
    with pytest.raises(StoreError, match=r"table events, row 'e-1', column body: expected Event"):
        list(store.events_since(0))
    with pytest.raises(StoreError, match=r"table messages, row 'm-1', column body: expected Message"):
        store.messages()
    with pytest.raises(StoreError, match="table api_keys, row 'k-1', column scopes"):
        store.keys()


def test_what_the_database_refuses_is_told_without_the_values(store: Store) -> None:
    store.add_key(ApiKey("k-1", "the hash", (), 0))
    with pytest.raises(ConflictError) as refusal:
        store.add_key(ApiKey("k-2", "the hash", (), 0))
    assert "api_keys" in str(refusal.value)
    assert "the hash" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_connections_that_the_server_ended_are_replaced_without_an_error(address: str) -> None:
    store = PostgresStore(address, most=3)
    barrier = Barrier(3)

    def waits(_: Reading) -> Change[None]:
        barrier.wait(10)
        return Change(None)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda name: store.transact(name, waits, 0), ("ada", "bob", "cleo")))
    ended = postgres_server.run(
        address,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'pushrank' AND pid <> pg_backend_pid()",
    )
    assert len(ended) >= 3
    store.transact("ada", writes(events=(stored("e-1"),)), 0)
    assert [found.event.event_id for found in store.events_since(0)] == ["e-1"]
    store.close()


def test_a_connection_that_ends_while_a_rule_runs_is_an_error_and_nothing_is_written(address: str) -> None:
    store = PostgresStore(address, most=1)

    def cut_off(_: Reading) -> Change[None]:
        postgres_server.run(
            address,
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'pushrank' AND state = 'idle in transaction'",
        )
        return Change(None, UserRecord("ada"), (stored("e-1"),))

    with pytest.raises(StoreError, match="did not answer"):
        store.transact("ada", cut_off, 0)
    assert not store.user("ada", 0).known
    assert store.count("events") == 0
    store.transact("ada", writes(events=(stored("e-1"),)), 0)
    store.close()


def test_while_the_server_is_down_every_call_fails_at_once_and_later_all_is_well(
    own_server: postgres_server.PostgresServer,
) -> None:
    store = open_store(own_server.address())
    store.transact("ada", writes(record=UserRecord("ada"), events=(stored("e-1"),)), 0)
    own_server.stop()
    start = time.monotonic()
    for use in (store.ping, lambda: store.user("ada", 0), lambda: list(store.users()), lambda: store.mark("a", "b")):
        with pytest.raises(StoreError, match="did not answer"):
            use()
    assert time.monotonic() - start < 5
    own_server.start()
    assert store.user("ada", 0).known
    assert list(store.events_since(0)) == [stored("e-1")]
    store.close()


def test_while_the_server_is_down_the_service_answers_503_and_comes_back_by_itself(
    own_server: postgres_server.PostgresServer, tmp_path: Path
) -> None:
    with service_in_process(tmp_path, PUSHRANK_STORE=own_server.address()) as service:
        assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        first = service.call.post("/v1/rank", RANK)
        assert [entry["message_id"] for entry in first.json()["slate"]] == ["m-news"]
        own_server.stop()
        for answer in (
            service.call.post("/v1/rank", RANK),
            service.call.post(f"/v1/decisions/{first.json()['decision_id']}/confirm", {}),
            service.call.post("/v1/messages", {"messages": MESSAGES}),
        ):
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
        assert service.call("GET", "/readyz", key="").status_code == 503
        own_server.start()
        confirmed = service.call.post(f"/v1/decisions/{first.json()['decision_id']}/confirm", {"at": RANK["at"]})
        assert confirmed.json()["send"] == ["m-news"]
        assert service.call.post("/v1/rank", RANK).json()["excluded"][0]["code"] == "already_sent"


def test_a_store_with_no_connection_left_says_so(address: str) -> None:
    store = PostgresStore(address, most=1, seconds=0.05)

    def asks_another(_: Reading) -> Change[None]:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(store.ping).result()
        return Change(None)

    with pytest.raises(StoreError, match=r"no connection became free within 0\.05 s; 1 are in use"):
        store.transact("ada", asks_another, 0)
    store.ping()
    store.close()


def test_a_user_whom_another_keeps_locked_is_an_error_after_a_while(address: str) -> None:
    store = open_store(address)
    with psycopg.connect(address) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('ada', 0))")
        with pytest.raises(StoreError, match="lock timeout"):
            store.transact("ada", writes(events=(stored("e-1"),)), 0)
        store.transact("bob", writes(events=(stored("e-2", "bob"),)), 0)
    store.transact("ada", writes(events=(stored("e-1"),)), 0)
    store.close()


_SLOT = "INSERT INTO slots (push_id, cap, user_key, at, starts_at, ends_at, most) VALUES ('{}', 'c', 'ada', 5, 0, 9, 1)"


def test_the_cap_holds_even_for_writers_that_take_no_lock(address: str, store: Store) -> None:
    store.transact("ada", writes(pushes=(push("a", "a#"), push("b", "b#"))), 0)
    with psycopg.connect(address) as first, ThreadPoolExecutor(1) as thread:
        first.execute(_SLOT.format("a"))
        second = thread.submit(postgres_server.run, address, _SLOT.format("b"))
        time.sleep(0.2)
        assert not second.done(), "the trigger waits for the other writer"
        first.commit()
        with pytest.raises(psycopg.errors.CheckViolation, match="beyond its cap"):
            second.result()
    assert store.count("slots") == 1


def test_the_cap_refuses_to_count_what_an_old_snapshot_hides(address: str, store: Store) -> None:
    store.transact("ada", writes(pushes=(push("a", "a#"),)), 0)
    with psycopg.connect(address) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(psycopg.errors.RaiseException, match="expected isolation read committed"):
            other.execute(_SLOT.format("a"))


def test_a_database_that_prefers_another_isolation_is_used_in_the_right_one(address: str, store: Store) -> None:
    other = open_store(f"{address}%20-cdefault_transaction_isolation%3Dserializable")
    slots = {"a": (Slot("c", 5, 0, 9, 1),)}
    other.transact("ada", lambda _: Change(None, pushes=(push("a", "a#"),), slots=slots), 0)
    assert store.count("slots") == 1
    other.close()


def _race(store: Store, rounds: int, names: list[str]) -> None:
    for number in range(rounds):
        steps = [(name, _adds(f"{'-'.join(names)}-{number}-{place}"), 0, ()) for place, name in enumerate(names)]
        store.transact_batch(steps)


def _adds(event_id: str) -> Rule[None]:
    def rule(reading: Reading) -> Change[None]:
        user = reading.record.user_key
        counts = (CountDelta("m-1", 1, 1), CountDelta("m-2", 1, 1))
        return Change(None, UserRecord(user), (stored(event_id, user),), counts=counts)

    return rule


def test_batches_over_the_same_users_in_any_order_never_wait_for_each_other_in_turn(address: str) -> None:
    stores = [open_store(address) for _ in range(4)]
    orders = [["ada", "bob", "cleo"], ["cleo", "bob", "ada"], ["bob", "ada", "cleo"], ["cleo", "ada", "bob"]]
    before = _deadlocks(address)
    with ThreadPoolExecutor(4) as threads:
        races = [threads.submit(_race, *pair) for pair in zip(stores, [40] * 4, orders, strict=True)]
        for race in races:
            race.result(60)
    assert stores[0].count("events") == 4 * 40 * 3
    assert stores[0].counts(0) == [CountDelta("m-1", 1, 480), CountDelta("m-2", 1, 480)]
    for store in stores:
        store.close()
    assert _deadlocks(address) == before


def _deadlocks(address: str) -> int:
    (found,) = postgres_server.run(address, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(str(found[0]))


def test_a_writer_that_is_killed_in_a_transaction_lets_go_of_its_user(address: str, store: Store) -> None:
    program = """
import sys, time
from pushrank.domain.record import Change
from pushrank.store import open_store
def waits(_):
    print("inside", flush=True)
    time.sleep(60)
    return Change(None)
open_store(sys.argv[1]).transact("ada", waits, 0)
"""
    command = [sys.executable, "-c", program, address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=_environment(), text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "inside\n"
        writer.kill()
    store.transact("ada", writes(row=decision("d-1")), 0)
    assert store.decision("d-1") is not None


def test_a_store_does_not_cross_a_fork(address: str) -> None:
    program = """
import os, sys
from pushrank.store import StoreError, open_store
store = open_store(sys.argv[1])
child = os.fork()
if child == 0:
    try:
        store.ping()
    except StoreError as error:
        os._exit(7 if "fork" in str(error) else 8)
    os._exit(9)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
store.ping()
store.close()
sys.exit(status)
"""
    command = [sys.executable, "-c", program, address]
    assert subprocess.run(command, cwd=ROOT, env=_environment(), check=False).returncode == 7


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
