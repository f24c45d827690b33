"""Names as integers, the same on every machine and in every run."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=1 << 20)
def key(name: str | None) -> int:
    """Stable signed 64-bit key of a name; 0 stands for None and the empty name, and for nothing else."""
    if not name:
        return 0
    digest = blake2b(name.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) or 1
