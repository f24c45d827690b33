"""The language in which a caller is answered."""

from __future__ import annotations

from collections.abc import Sequence


def language_of(accepted: str | None, known: Sequence[str]) -> str:
    """Choose the first known language of an `Accept-Language` header, else the first that there is."""
    for entry in (accepted or "").split(","):
        base = entry.split(";")[0].strip().split("-")[0].lower()
        if base in known:
            return base
    return known[0]
