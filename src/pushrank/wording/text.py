"""Put a code into words."""

from __future__ import annotations

from collections.abc import Hashable
from difflib import get_close_matches
from functools import lru_cache
from string import Formatter

from pushrank.wording.tables import FALLBACK, TABLE

_formatter = Formatter()


def text(code: str, language: str | None, **facts: Hashable) -> str:
    """Say `code` in `language` (`zh-CN` is read as `zh`; another one or none as English).

    `facts` fill the sentence in: `tag`, `category` (a title in the same language), `limit`, `suits` (a limit that
    nobody set), `until`, `start` and `end` (times as the reader writes them), `purpose` (a title). Facts that are left
    out or None give the plainer sentence; facts that it has no use for are ignored. Raises ValueError for a code that
    has no words.
    """
    known = tuple((name, fact) for name, fact in facts.items() if fact is not None and fact != "")
    return _said(code, language, known)


@lru_cache(maxsize=1 << 12)
def placeholders(sentence: str) -> frozenset[str]:
    """Names of the facts that a sentence needs."""
    return frozenset(name for _, name, _, _ in _formatter.parse(sentence) if name is not None)


@lru_cache(maxsize=1 << 12)
def _said(code: str, language: str | None, facts: tuple[tuple[str, Hashable], ...]) -> str:
    known = dict(facts)
    sentence = next(variant for variant in _variants(code, language) if placeholders(variant) <= known.keys())
    return sentence.format_map(known)


def _variants(code: str, language: str | None) -> tuple[str, ...]:
    if code not in TABLE:
        near = get_close_matches(code, TABLE, n=1, cutoff=0.0)[0]
        msg = f"code: expected one that has words, got {str(code)!r}, did you mean {str(near)!r}?"
        raise ValueError(msg)
    base = (language or FALLBACK).replace("_", "-").split("-")[0].lower()
    return TABLE[code].get(base) or TABLE[code][FALLBACK]
