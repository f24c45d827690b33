"""What concerns one user is found by indexes, however many others a file holds."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from pushrank.domain.record import Change, Erasure
from pushrank.store import open_store
from pushrank.store.sqlite import SqliteStore, keeping
from tests.contract.stores import tomb
from tests.contract.whole_user import fill

# To look for any row at all, or for the last one, takes one step, and a list of names that was handed in is short.
_SCAN = re.compile(r"SCAN (?!json_each|tombstones|ledger$)")


def scans(path: Path, statements: Iterable[str]) -> list[tuple[str, str]]:
    found = []
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", (5,) * statement.count("?")).fetchall()
            found += [(statement, row[3]) for row in plan if _SCAN.match(row[3])]
    return found


def test_nothing_about_one_user_reads_a_table_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = SqliteStore(path, tomb=tomb)
    seen: list[str] = []
    for connection in (store._writer, store._reader):
        connection.set_trace_callback(seen.append)
    fill(store, "ada")
    store.everything("ada")
    store.words("ada")
    store.decisions_of("ada", 9, 9)
    store.rename("ada", "new")
    store.transact("new", lambda _: Change(None, forget_before=50), 0)
    store.transact("new", lambda _: Change(None, erase=Erasure(9)), 0)
    store.user("new", 0, ("a",))
    store.close()
    asked = {statement for statement in seen if re.match(r"\s*(SELECT|DELETE|UPDATE|INSERT)", statement)}
    assert len(asked) > len(("a read", "a write")) * 20
    assert scans(path, sorted(asked)) == []


def test_what_is_old_is_found_by_its_age(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = open_store(f"sqlite:///{path}")
    store.close()
    oldest = [keeping.AGED, *keeping.EXPIRE.values()]
    assert scans(path, oldest) == []
    assert scans(path, ["SELECT * FROM events WHERE body = 'x'"]), "the test would see it"
