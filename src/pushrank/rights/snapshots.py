"""Logs that were exported from the store: where they lie, and how a user leaves them."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pushrank.store.protocol import Store

MARK = "exports"
TABLES = ("outcomes", "activity", "decisions", "users", "preferences", "consents")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Files that were written anew without a user, and folders that are not where they were."""

    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def note_export(store: Store, folder: Path) -> None:
    """Remember that a log was exported into a folder, before anything is written there."""
    known = exports(store)
    if str(folder.absolute()) not in known:
        store.mark(MARK, msgspec.json.encode([*known, str(folder.absolute())]).decode())


def exports(store: Store) -> list[str]:
    """Every folder that a log was exported into."""
    return msgspec.json.decode(store.marker(MARK) or "[]", type=list[str])


def rewrite(folders: Collection[str], user_keys: Collection[str]) -> Rewritten:
    """Take users out of the tables of exported logs; each file is replaced as a whole, or stays as it is."""
    missing = [folder for folder in folders if not Path(folder).is_dir()]
    files = [Path(folder) / f"{table}.parquet" for folder in folders for table in TABLES]
    gone = [str(file) for file in files if file.is_file() and _without(file, user_keys)]
    return Rewritten(tuple(gone), tuple(missing))


def _without(file: Path, user_keys: Collection[str]) -> bool:
    # A service that erases nobody needs no Parquet.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pq.read_table(file, partitioning=None)
    theirs = pc.is_in(table["user_id"].cast(pa.string()), value_set=pa.array(sorted(user_keys), pa.string()))
    if not pc.any(theirs).as_py():
        return False
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        pq.write_table(table.filter(pc.invert(theirs)), part, compression="zstd")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return True
