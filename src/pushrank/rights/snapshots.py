"""Logs that were exported from the store: where they lie, and how a user leaves them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pushrank.store.protocol import Store

_MARK = "export/"
TABLES = ("outcomes", "activity", "decisions", "users", "preferences", "consents")
_ROWS = 65_536  # of a table, in memory at once


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Files that were written anew without a user, and folders that are not where they were."""

    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def note_export(store: Store, folder: Path) -> None:
    """Remember that a log was exported into a folder, before anything is written there."""
    place = str(folder.absolute())
    # A mark for each folder: exports that start at once don't overwrite each other's.
    store.mark(_MARK + hashlib.sha256(place.encode()).hexdigest()[:32], place)


def exports(store: Store) -> list[str]:
    """Every folder that a log was exported into."""
    return sorted(store.markers(_MARK).values())


def rewrite(folders: Collection[str], user_keys: Collection[str]) -> Rewritten:
    """Take users out of the tables of exported logs; each file is replaced as a whole, or stays as it is."""
    missing = [folder for folder in folders if not Path(folder).is_dir()]
    files = [Path(folder) / f"{table}.parquet" for folder in folders for table in TABLES]
    gone = [str(file) for file in files if file.is_file() and _without(file, user_keys)]
    return Rewritten(tuple(gone), tuple(missing))


def _without(file: Path, user_keys: Collection[str]) -> bool:
    """Write a file anew without users, a group of rows at a time; False, and nothing written, where it has none."""
    # A service that erases nobody needs no Parquet.
    import pyarrow.parquet as pq  # noqa: PLC0415

    with pq.ParquetFile(file) as parquet:
        if not _has(parquet, user_keys):
            return False
        part = file.with_name(f".{file.name}.{os.getpid()}.part")
        try:
            _copy_others(parquet, part, user_keys)
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    return True


def _has(parquet: Any, user_keys: Collection[str]) -> bool:
    import pyarrow.compute as pc  # noqa: PLC0415

    batches = parquet.iter_batches(_ROWS, columns=["user_id"])
    return any(pc.any(_theirs(batch, user_keys)).as_py() for batch in batches)


def _copy_others(parquet: Any, part: Path, user_keys: Collection[str]) -> None:
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    with pq.ParquetWriter(part, parquet.schema_arrow, compression="zstd") as writer:
        for batch in parquet.iter_batches(_ROWS):
            writer.write_batch(batch.filter(pc.invert(_theirs(batch, user_keys))))


def _theirs(batch: Any, user_keys: Collection[str]) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    names = batch.column("user_id").cast(pa.string())
    return pc.is_in(names, value_set=pa.array(sorted(user_keys), pa.string()))
