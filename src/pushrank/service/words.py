"""What a decision says, in the language that a caller asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushrank.config import Category
from pushrank.domain.codes import PassedCode, ReasonCode
from pushrank.domain.decision import Exclusion, Reason
from pushrank.domain.instants import Instant
from pushrank.domain.message import lineage
from pushrank.ranking.holds import Stop
from pushrank.wording import clock, text


def language_of(accepted: str | None, known: Sequence[str]) -> str:
    """Choose the first known language of an `Accept-Language` header, else the first that there is."""
    for entry in (accepted or "").split(","):
        base = entry.split(";")[0].strip().split("-")[0].lower()
        if base in known:
            return base
    return known[0]


def title(categories: Mapping[str, Category], category: str, language: str) -> str:
    """Title of the nearest listed category; the name itself where none is listed."""
    for name in lineage(category):
        if name in categories:
            return categories[name].title.get(language, category)
    return category


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences over codes, for one reader. Moments are told by the reader's clock; where that is unknown, not at all.

    Only an interest speaks of a tag, all other reasons of a category.
    """

    categories: Mapping[str, Category]
    language: str

    def reason(self, reason: Reason) -> str:
        """Say why a message was chosen."""
        named = self._title(reason.tag)
        tag = reason.tag if reason.code == ReasonCode.INTEREST else named
        return text(reason.code, self.language, tag=tag, category=named)

    def passed(self, code: PassedCode) -> str:
        """Say why a message that was allowed was not chosen."""
        return text(code, self.language)

    def excluded(self, exclusion: Exclusion, zone: str | None, now: Instant) -> str:
        """Say why a message was not allowed."""
        until, category = self._until(exclusion.until, zone, now), self._title(exclusion.about)
        # A limit is told as one where somebody set it; what suits is told as what it is.
        cap = "suits" if exclusion.decided_by == "adaptive" else "limit"
        return text(exclusion.code, self.language, until=until, category=category, **{cap: exclusion.limit})

    def stop(self, stop: Stop, zone: str | None, now: Instant) -> str:
        """Say why a message that was reserved must not go out."""
        return text(stop.code, self.language, until=self._until(stop.until, zone, now))

    def _until(self, until: Instant | None, zone: str | None, now: Instant) -> str | None:
        return None if until is None or zone is None else clock(until, zone, self.language, now)

    def _title(self, category: str | None) -> str | None:
        return None if category is None else title(self.categories, category, self.language)
