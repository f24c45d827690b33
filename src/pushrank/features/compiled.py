"""The compiler of the fold: one place that says how numba is used."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

_HERE = Path(__file__).parent


def fingerprint(files: Iterable[Path]) -> str:
    """Digest of the contents of some files, whatever the order in which they are named."""
    return sha256(b"".join(sha256(path.read_bytes()).digest() for path in sorted(files))).hexdigest()[:16]


def cache_folder(own: Path, chosen: str | None) -> Path | None:
    """Where compiled code is kept: below `chosen`, else beside the sources where they may be written to, else nowhere.

    numba looks only at the file of the compiled function itself, not at what it calls from other files. So that a
    change of the fold can't leave a stale caller behind, the folder is named after all sources together.
    """
    base = Path(chosen) if chosen else own / "__pycache__"
    if chosen is None and not os.access(own, os.W_OK):
        return None
    return base / f"compiled-{fingerprint(own.glob('*.py'))}"


_FOLDER = cache_folder(_HERE, os.environ.get("NUMBA_CACHE_DIR"))
if _FOLDER is not None:
    numba.config.CACHE_DIR = str(_FOLDER)


def compiled(function: F) -> F:
    """Compile on first call and keep the result on disk; no fast-math, so that sums keep their order and bits."""
    return cast("F", numba.njit(cache=_FOLDER is not None, fastmath=False)(function))
