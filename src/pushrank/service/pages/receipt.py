"""What went, what is left, and what lies elsewhere, told to whoever had everything erased."""

from __future__ import annotations

from dataclasses import dataclass

from pushrank.domain.instants import instant
from pushrank.service.wire.erasure import ErasureAnswer
from pushrank.wording.moments import day
from pushrank.wording.pages import PAGES, page_text


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the template shows. `by`: until when what was learned is learned anew; None where nothing has to be."""

    at: str
    gone: tuple[str, ...]
    remains: tuple[str, ...]
    outside: tuple[str, ...]
    by: str | None


def receipt(answer: ErasureAnswer, zone: str, language: str) -> Receipt:
    """Put a receipt into words; its lists are said in the language of the answer, which is to be the same."""
    named = ((f"went_{table}", count) for table, count in answer.rows.items() if count)
    gone = tuple(page_text(name, language, count=count) for name, count in named if name in PAGES)
    return Receipt(
        at=day(instant(answer.erased_at), zone, language),
        gone=gone or (page_text("went_nothing", language),),
        remains=tuple(one.text for one in answer.remains),
        outside=tuple(one.text for one in answer.outside),
        by=None if answer.retrain_by is None else day(instant(answer.retrain_by), zone, language),
    )
