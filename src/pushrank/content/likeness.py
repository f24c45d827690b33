"""Which messages say nearly the same: letters and digits compared, by runs of characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from zlib import crc32

from datasketch import MinHash, MinHashLSH

LEAST_CHARACTERS = 4
"""Texts with fewer letters and digits than this are like nothing."""
LEAST_SHINGLES = 8
"""Texts with fewer runs than this are like identical ones only: a word more or less is all they are."""
MOST_CHARACTERS = 1_000
"""So much of a text is compared, from its beginning."""
MOST_ALIKE = 200
"""A wording is compared with at most so many others: where more are alike, they are one template filled in."""

_WIDTH, _IDEOGRAPHIC_WIDTH = 4, 2
_IDEOGRAPHIC = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "BOPOMOFO ")
_SEPARATORS, _DROPPED = "Z", "PSC"
_PERMUTATIONS, _SEED = 128, 20_261_123
_MOST_MISSED = 1e-3
_REMEMBERED_RUNS, _REMEMBERED_CHARACTERS = 512, 8_192


class _Folding(dict[int, str]):
    """What each character becomes: punctuation, symbols and marks of control go, separators are a space."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if character.isspace() or category[0] in _SEPARATORS:
            kept = " "
        else:
            # A variation selector only dresses a symbol that is gone.
            kept = "" if category[0] in _DROPPED or 0xFE00 <= code <= 0xFE0F else character  # noqa: PLR2004
        self[code] = kept
        return kept


_FOLDING = _Folding()


@lru_cache(maxsize=_REMEMBERED_CHARACTERS)
def _ideographic(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_IDEOGRAPHIC)


def normalised(text: str) -> str:
    """Return what is compared of a text: NFKC, case folded, without punctuation and symbols, single spaces."""
    # Folding case may take a text out of its normal form, and dropping what stood between may bring parts together.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", " ".join(folded.translate(_FOLDING).split()))[:MOST_CHARACTERS]


def shingles(text: str) -> frozenset[str]:
    """Give the runs of characters of a text: of 2 where an ideograph or syllable begins one, else of 4.

    A text of fewer than `LEAST_SHINGLES` runs is one run itself, and one of fewer than `LEAST_CHARACTERS` has none.
    """
    return _runs(normalised(text))


@lru_cache(maxsize=_REMEMBERED_RUNS)
def _runs(wording: str) -> frozenset[str]:
    if len(wording) - wording.count(" ") < LEAST_CHARACTERS:
        return frozenset()
    widths = (_IDEOGRAPHIC_WIDTH if _ideographic(character) else _WIDTH for character in wording)
    runs = frozenset(
        wording[place : place + width] for place, width in enumerate(widths) if place + width <= len(wording)
    )
    return runs if len(runs) >= LEAST_SHINGLES else frozenset((wording,))


def similarity(one: str, other: str) -> float:
    """Jaccard index of the runs of two texts: what they share of all that either has, 0 to 1; 0 without text."""
    return _jaccard(shingles(one), shingles(other))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


class Likeness:
    """Twins among messages: those whose texts are at least `threshold` similar. Not for several threads at once.

    Candidates come from MinHash bands over a fixed seed (Broder 1997; Leskovec et al., Mining of Massive Datasets,
    chapter 3), chosen so that a pair at the threshold is missed less than once in 1,000; then the exact similarity
    decides. Likeness is mutual, and the order in which messages came makes no difference up to `MOST_ALIKE`.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._index = MinHashLSH(num_perm=_PERMUTATIONS, params=bands(threshold))
        self._blank = MinHash(num_perm=_PERMUTATIONS, seed=_SEED, hashfunc=crc32)
        self._texts: dict[str, str] = {}
        self._wordings: dict[str, str] = {}
        self._messages: dict[str, set[str]] = {}
        self._alike: dict[str, set[str]] = {}
        self._twins: dict[str, frozenset[str]] = {}

    def brought_to(self, texts: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
        """Take in what changed, so that `texts` (by message id) are known and no others.

        Returns for each message that has twins the ids of all alike, itself among them. The mapping is not changed
        later. The work is that of the texts which are new.
        """
        gone = [name for name, text in self._texts.items() if texts.get(name) != text]
        new = {name: text for name, text in texts.items() if self._texts.get(name) != text}
        if gone or new:
            touched = {wording for name in gone for wording in self._removed(name)}
            touched |= {wording for name, text in new.items() for wording in self._added(name, text)}
            self._twins = self._settled(touched, gone)
        return self._twins

    def _added(self, name: str, text: str) -> set[str]:
        """Take a message in and give the wordings whose twins change by it."""
        wording = normalised(text)
        self._texts[name], self._wordings[name] = text, wording
        if not _runs(wording):
            return set()
        if wording not in self._messages:
            self._messages[wording] = set()
            self._compare(wording)
        self._messages[wording].add(name)
        return {wording, *self._alike.get(wording, ())}

    def _compare(self, wording: str) -> None:
        runs, sketch = _runs(wording), self._blank.copy()
        sketch.update_batch(run.encode() for run in runs)
        for other in sorted(self._index.query(sketch))[:MOST_ALIKE]:
            if _jaccard(runs, _runs(other)) >= self._threshold:
                self._alike.setdefault(wording, set()).add(other)
                self._alike.setdefault(other, set()).add(wording)
        self._index.insert(wording, sketch)

    def _removed(self, name: str) -> set[str]:
        """Forget a message and give the wordings whose twins change by it."""
        del self._texts[name]
        wording = self._wordings.pop(name)
        messages = self._messages.get(wording, set())
        messages.discard(name)
        touched = {wording, *self._alike.get(wording, ())}
        if wording in self._messages and not messages:
            del self._messages[wording]
            self._index.remove(wording)
            for other in self._alike.pop(wording, ()):
                self._alike[other].discard(wording)
        return touched

    def _settled(self, touched: Iterable[str], gone: Iterable[str]) -> dict[str, frozenset[str]]:
        left = set(gone)
        twins = {name: alike for name, alike in self._twins.items() if name not in left}
        for wording in touched:
            own = self._messages.get(wording, set())
            others = (self._messages[other] for other in self._alike.get(wording, ()))
            alike = frozenset(own.union(*others))
            for name in own:
                if len(alike) > 1:
                    twins[name] = alike
                else:
                    twins.pop(name, None)
        return twins


def bands(threshold: float) -> tuple[int, int]:
    """Number of bands and rows in each: the most rows with which a pair at the threshold is hardly ever missed.

    A pair of similarity s shares a band with probability 1 - (1 - s^rows)^bands.
    """
    fitting = [rows for rows in range(1, 17) if (1 - threshold**rows) ** (_PERMUTATIONS // rows) <= _MOST_MISSED]
    rows = max(fitting, default=1)
    return _PERMUTATIONS // rows, rows
