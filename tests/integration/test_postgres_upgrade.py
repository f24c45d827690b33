"""A schema that the release before wrote is brought up and keeps what it holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from pushrank.domain.record import Change, Erasure, UserRecord
from pushrank.store import Answer, open_store
from tests import postgres_server
from tests.contract.store_values import push, writes
from tests.contract.stores import tomb


def back_to_2(address: str) -> None:
    """Take out of a schema what version 3 brought, as the release before left it."""
    for statement in (
        "DROP TABLE feature_rows, ledger_entries, ledger, tombstones",
        "DROP INDEX decisions_by_user, pushes_given_back, idempotency_by_person",
        "ALTER TABLE users DROP COLUMN forgotten",
        "ALTER TABLE idempotency DROP COLUMN person",
        "DROP TRIGGER pushes_one_owner ON pushes",
        """CREATE TRIGGER pushes_one_owner BEFORE UPDATE ON pushes
            FOR EACH ROW WHEN (NEW.user_key <> OLD.user_key) EXECUTE FUNCTION pushes_one_owner()""",
        "UPDATE meta SET value = 2 WHERE name = 'schema'",
    ):
        postgres_server.run(address, statement)


def shape(address: str) -> set[tuple[object, ...]]:
    columns = """
        SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
        WHERE table_schema = current_schema()"""
    others = """
        SELECT replace(indexdef, current_schema(), '') FROM pg_indexes WHERE schemaname = current_schema()
        UNION ALL SELECT event_object_table || trigger_name || coalesce(action_condition, '')
        FROM information_schema.triggers WHERE trigger_schema = current_schema()"""
    return {*postgres_server.run(address, columns), *postgres_server.run(address, others)}


def test_the_schema_of_the_release_before_is_brought_up_by_many_at_once() -> None:
    address = postgres_server.shared().address()
    store = open_store(address)
    store.transact("ada", writes(record=UserRecord("ada", state=b"s"), pushes=(push("p-1"),)), 0)
    store.remember("k", "route", "abc", Answer(200, b"{}", 5))
    store.close()
    fresh = shape(address)
    back_to_2(address)
    assert shape(address) != fresh
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(lambda _: open_store(address, tomb=tomb), range(8)))
    assert shape(address) == fresh
    assert stores[0].user("ada", 0) == UserRecord("ada", known=True, state=b"s", pushes=(push("p-1"),))
    assert stores[0].rename("ada", "new")
    stores[0].transact("bob", lambda _: Change(None, erase=Erasure(7)), 0)
    assert stores[0].count("idempotency") == 0, "whom a kept answer names is unknown, so it goes with the first erasure"
    for one in stores:
        one.close()
