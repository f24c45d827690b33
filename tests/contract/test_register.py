"""The register names every column of both databases, and what concerns a user follows from it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pushrank.store import open_store
from pushrank.store.memory import MemoryStore
from pushrank.store.register import OWNED, OWNER, REGISTER
from tests import postgres_server

SHOWN = 300


def in_sqlite(folder: Path) -> dict[str, set[str]]:
    open_store(f"sqlite:///{folder / 'store.sqlite'}").close()
    with closing(sqlite3.connect(folder / "store.sqlite")) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {table: {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")} for table in tables}


def in_postgres() -> dict[str, set[str]]:
    address = postgres_server.shared().address()
    open_store(address).close()
    found: dict[str, set[str]] = {}
    columns = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    for table, column in postgres_server.run(address, columns):
        found.setdefault(str(table), set()).add(str(column))
    return found


def test_the_register_names_every_column_of_both_databases(tmp_path: Path) -> None:
    registered = {table: set(columns) for table, columns in REGISTER.items()}
    assert in_sqlite(tmp_path) == registered
    assert in_postgres() == registered


def test_each_table_with_a_user_in_it_is_erased_exported_and_renamed(tmp_path: Path) -> None:
    owned = {table for table, columns in in_sqlite(tmp_path).items() if {OWNER, "person"} & columns}
    assert owned == set(OWNED)
    assert set(MemoryStore().everything("ada")) == owned


def test_each_column_says_in_plain_words_what_it_is_for_and_how_long_it_stays() -> None:
    for table, columns in REGISTER.items():
        for name, column in columns.items():
            assert column.purpose[0].isupper(), (table, name)
            assert column.purpose.endswith("."), (table, name)
            assert column.retention, (table, name)
            assert len(column.purpose) + len(column.retention) < SHOWN, (table, name)


def test_columns_that_name_a_user_are_pseudonyms_and_bodies_are_personal() -> None:
    for table, owner in OWNED.items():
        assert REGISTER[table][owner].personal == "pseudonym"
    assert REGISTER["tombstones"]["token"].personal == "pseudonym"
    assert {REGISTER[table]["body"].personal for table in ("events", "decisions", "feature_rows")} == {"personal"}
    assert {column.personal for table in ("ledger", "messages", "meta") for column in REGISTER[table].values()} == {
        "no"
    }
