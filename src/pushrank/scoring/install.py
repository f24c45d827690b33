"""Laying a bundle where a service looks for it, without a moment at which half of it is there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pushrank.scoring import bundle, manifest

_KEPT = 3


def install(source: Path, target: Path) -> None:
    """Copy the bundle in `source` beside `target` and turn `target` into a link to it by one atomic rename.

    Readers that follow the link once see the old bundle or the new one, whole. A few former bundles are kept for
    readers that are still at it. A plain directory at `target` is moved among them first.
    """
    contents = manifest.read_contents(source)
    shelf = target.parent / f"{target.name}.bundles"
    shelf.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        target.rename(_free_name(shelf, "former"))
    home = _free_name(shelf, contents.manifest.digest[:16])
    bundle.write(home, {**contents.files, manifest.NAME: manifest.encode(contents.manifest)})
    link = target.with_name(f".{target.name}.{os.getpid()}")
    link.unlink(missing_ok=True)
    link.symlink_to(home.relative_to(target.parent))
    link.replace(target)
    manifest.sync_directory(target.parent)
    _clear(shelf, home)


def _free_name(shelf: Path, stem: str) -> Path:
    taken = {path.name for path in shelf.iterdir()}
    return next(shelf / name for number in range(len(taken) + 1) if (name := f"{stem}-{number}") not in taken)


def _clear(shelf: Path, newest: Path) -> None:
    former = sorted((path for path in shelf.iterdir() if path != newest), key=lambda path: path.stat().st_mtime)
    for path in former[: -_KEPT + 1]:
        shutil.rmtree(path, ignore_errors=True)
