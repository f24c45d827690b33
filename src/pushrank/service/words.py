"""Reasons in the language that a caller asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pushrank.config import Category
from pushrank.domain.codes import ReasonCode
from pushrank.domain.decision import Reason
from pushrank.domain.message import lineage
from pushrank.wording import text

__all__ = ["Reason", "language_of", "sayer", "title"]


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


def sayer(categories: Mapping[str, Category], language: str) -> Callable[[Reason], str]:
    """Make a function that puts a reason into words. Only an interest speaks of a tag, all others of a category."""

    def say(reason: Reason) -> str:
        named = None if reason.tag is None else title(categories, reason.tag, language)
        tag = reason.tag if reason.code == ReasonCode.INTEREST else named
        return text(reason.code, language, tag=tag, category=named)

    return say
