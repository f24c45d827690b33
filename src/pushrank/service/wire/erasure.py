"""The receipt of an erasure."""

from __future__ import annotations

from pushrank.service.wire.values import Answer


class ErasureAnswer(Answer, frozen=True):
    """What went by table and file, what remains and why, models to be trained anew, and what lies elsewhere."""

    user_id: str
    erased_at: str
    erased_before: bool
    rows: dict[str, int]
    scrubbed: bool
    files: tuple[str, ...]
    models: tuple[str, ...]
    retrain_by: str | None
    remains: tuple[str, ...]
    outside: tuple[str, ...]
