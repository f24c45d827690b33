"""Codes as sentences for one reader: with the reader's clock, the titles of categories, and the limit that counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pushrank.config.types import Category
from pushrank.domain.codes import PassedCode, ReasonCode
from pushrank.domain.decision import Exclusion, Reason
from pushrank.domain.instants import Instant
from pushrank.domain.message import lineage
from pushrank.wording.moments import clock
from pushrank.wording.text import text


class Stopped(Protocol):
    """Why something that was reserved must not go out, and when that ends where it does."""

    @property
    def code(self) -> StrEnum:
        """A code of a stop or of an exclusion."""

    @property
    def until(self) -> Instant | None:
        """When it ends."""


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
        named = self.title(reason.tag)
        tag = reason.tag if reason.code == ReasonCode.INTEREST else named
        return text(reason.code, self.language, tag=tag, category=named)

    def passed(self, code: PassedCode) -> str:
        """Say why a message that was allowed was not chosen."""
        return text(code, self.language)

    def excluded(self, exclusion: Exclusion, zone: str | None, now: Instant) -> str:
        """Say why a message was not allowed."""
        until, category = self.moment(exclusion.until, zone, now), self.title(exclusion.about)
        # A limit is told as one where somebody set it; what suits is told as what it is.
        cap = "suits" if exclusion.decided_by == "adaptive" else "limit"
        return text(exclusion.code, self.language, until=until, category=category, **{cap: exclusion.limit})

    def stop(self, stop: Stopped, zone: str | None, now: Instant) -> str:
        """Say why a message that was reserved must not go out."""
        return text(stop.code, self.language, until=self.moment(stop.until, zone, now))

    def moment(self, at: Instant | None, zone: str | None, now: Instant) -> str | None:
        """Tell a moment by the reader's clock; None without a moment or a zone."""
        return None if at is None or zone is None else clock(at, zone, self.language, now)

    def title(self, category: str | None) -> str | None:
        """Title of a category; None for none."""
        return None if category is None else title(self.categories, category, self.language)
