"""Files of a home that hold a user by more than a row of an exported log: judged predictions, and whole columns."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

PREDICTIONS = "predictions*.parquet"  # those of the baselines lie beside
USERS = "users.parquet"
_ROWS = 65_536  # of a table, in memory at once


def files(home: Path, exported: Iterable[str]) -> list[Path]:
    """Predictions that lie anywhere in a home, and the users of exported logs, of which each attribute is a column."""
    users = [Path(folder) / USERS for folder in exported]
    return [*sorted(home.rglob(PREDICTIONS)), *(path for path in users if path.is_file())]


def take_out(paths: Iterable[Path], user_keys: Collection[str]) -> tuple[str, ...]:
    """Write files anew without users and without columns that nobody else filled; gives those that were written."""
    return tuple(str(path) for path in paths if written_without(path, user_keys, columns=True))


def written_without(path: Path, user_keys: Collection[str], *, columns: bool) -> bool:
    """Write a file anew without users, some rows at a time; False, and nothing written, where it has none.

    With `columns` those that nobody else filled go, too. The file is replaced as a whole, or stays as it is.
    """
    # A service that erases nobody needs no Parquet.
    import pyarrow.parquet as pq  # noqa: PLC0415

    theirs = sorted(user_keys)
    with pq.ParquetFile(path) as parquet:
        if not _has(parquet, theirs):
            return False
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            _copy(parquet, part, theirs, _filled_by(parquet, theirs) if columns else [])
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return True


def _has(parquet: Any, user_keys: list[str]) -> bool:
    import pyarrow.compute as pc  # noqa: PLC0415

    batches = parquet.iter_batches(_ROWS, columns=["user_id"])
    return any(pc.any(_about(batch, user_keys)).as_py() for batch in batches)


def _filled_by(parquet: Any, user_keys: list[str]) -> list[str]:
    """Name the columns that hold values of these users and of nobody else."""
    import pyarrow.compute as pc  # noqa: PLC0415

    theirs: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for batch in parquet.iter_batches(_ROWS):
        about = _about(batch, user_keys)
        for counts, mask in ((theirs, about), (others, pc.invert(about))):
            some = batch.filter(mask)
            counts.update({name: len(some) - some.column(name).null_count for name in some.schema.names})
    return [name for name, number in theirs.items() if number and not others[name] and name != "user_id"]


def _copy(parquet: Any, part: Path, user_keys: list[str], gone: list[str]) -> None:
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    names = [name for name in parquet.schema_arrow.names if name not in gone]
    schema = parquet.schema_arrow
    for name in gone:
        schema = schema.remove(schema.get_field_index(name))
    # What pandas notes beside a table names every column that it had.
    schema = schema.remove_metadata() if gone else schema
    with pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in parquet.iter_batches(_ROWS):
            kept = batch.filter(pc.invert(_about(batch, user_keys))).select(names)
            writer.write_batch(kept.replace_schema_metadata(schema.metadata))


def _about(batch: Any, user_keys: list[str]) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    return pc.is_in(batch.column("user_id").cast(pa.string()), value_set=pa.array(user_keys, pa.string()))
