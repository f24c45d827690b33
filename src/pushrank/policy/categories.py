"""The category tree: what holds for a category, itself listed or hanging under its prefix."""

from __future__ import annotations

from collections.abc import Mapping

from pushrank.config.types import Category
from pushrank.domain.codes import Purpose
from pushrank.domain.message import Message, lineage

_REMEMBERED = 10_000


class CategoryTree:
    """Purpose and default of every category. Answers are remembered; a category never changes its answer."""

    def __init__(self, categories: Mapping[str, Category]) -> None:
        self._categories = dict(categories)
        self._found: dict[str, tuple[Purpose, bool]] = {}

    def purpose_of(self, message: Message) -> Purpose:
        """Purpose of a message: its own, else that of the nearest listed category, else `recommendation`."""
        return message.purpose or self._look_up(message.category)[0]

    def default(self, category: str) -> bool:
        """Whether a user who said nothing gets messages of `category`: the nearest listed word, else yes."""
        return self._look_up(category)[1]

    def _look_up(self, category: str) -> tuple[Purpose, bool]:
        found = self._found.get(category)
        if found is None:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            found = self._found[category] = self._nearest(category)
        return found

    def _nearest(self, category: str) -> tuple[Purpose, bool]:
        for name in lineage(category):
            if name in self._categories:
                return self._categories[name].purpose, self._categories[name].default
        return Purpose.RECOMMENDATION, True
