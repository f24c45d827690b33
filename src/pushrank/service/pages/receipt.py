"""What went, and what lies elsewhere, told to whoever had everything erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pushrank.domain.instants import Instant
from pushrank.wording.moments import day
from pushrank.wording.outside import outside
from pushrank.wording.pages import PAGES, page_text


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the template shows. `by`: until when what was learned is learned anew; None where nothing has to be."""

    at: str
    gone: tuple[str, ...]
    outside: tuple[str, ...]
    by: str | None


def receipt(rows: Mapping[str, int], at: Instant, retrain_by: Instant | None, zone: str, language: str) -> Receipt:
    """Put a receipt into words; `rows` are those deleted by table."""
    named = ((f"went_{table}", count) for table, count in rows.items() if count)
    gone = tuple(page_text(name, language, count=count) for name, count in named if name in PAGES)
    return Receipt(
        at=day(at, zone, language),
        gone=gone or (page_text("went_nothing", language),),
        outside=tuple(one["text"] for one in outside(language)),
        by=None if retrain_by is None else day(retrain_by, zone, language),
    )
