"""Put the texts of pages into words."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from pushrank.wording.centre import CENTRE
from pushrank.wording.public import LINKS, PUBLIC
from pushrank.wording.said import SAID
from pushrank.wording.tables import LANGUAGES

PAGES: Mapping[str, tuple[str, str]] = {**CENTRE, **LINKS, **PUBLIC, **SAID}
"""Every text by name, in the order of `LANGUAGES`."""

NAMES: Mapping[str, str] = {"en": "English", "zh": "中文"}
"""What each language calls itself."""


def page_text(name: str, language: str, /, **facts: Hashable) -> str:
    """Say one text of a page in one of `LANGUAGES`, filled in with `facts`. Raises KeyError for an unknown name."""
    return PAGES[name][LANGUAGES.index(language)].format_map(facts)
