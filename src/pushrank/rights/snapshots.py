"""Logs that were exported from the store: where they lie, and how a user leaves them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pushrank.rights.leftovers import written_without
from pushrank.store.protocol import Store

_MARK = "export/"
TABLES = ("outcomes", "activity", "decisions", "users", "preferences", "consents")


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
    gone = [str(file) for file in files if file.is_file() and written_without(file, user_keys, columns=False)]
    return Rewritten(tuple(gone), tuple(missing))
