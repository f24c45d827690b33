"""The receipt of an erasure."""

from __future__ import annotations

from pushrank.service.wire.values import Answer


class ErasureText(Answer, frozen=True):
    """Something that an erasure does not reach or leaves: its code, and words for the person."""

    code: str
    text: str


class ErasureAnswer(Answer, frozen=True):
    """What went by table and file, what remains and why, models to be trained anew, and what lies elsewhere.

    `exports_missing` are folders that a log was exported into and that are not there any more: it may lie elsewhere.
    """

    user_id: str
    language: str
    erased_at: str
    erased_before: bool
    rows: dict[str, int]
    scrubbed: bool
    files: tuple[str, ...]
    models: tuple[str, ...]
    retrain_by: str | None
    remains: tuple[ErasureText, ...]
    outside: tuple[ErasureText, ...]
    exports_missing: tuple[str, ...]
