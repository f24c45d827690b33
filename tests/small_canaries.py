"""Words that nobody else would write, sent in every place where a caller may write, and looked for where none may be.

A canary is an unmistakable head and a number; the head of those that stand for people is another one, so that a file
may be searched for people alone.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, get_args

import msgspec

ANYTHING, PERSON = "zqxcan", "zqxuser"


@dataclass
class Canaries:
    """Hands out canaries, each one once, and remembers for what place."""

    places: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def __call__(self, place: str) -> str:
        """A new canary for a place of this name."""
        return self._new(ANYTHING, place)

    def person(self, place: str = "user_id") -> str:
        """A new raw user id."""
        return self._new(PERSON, place)

    def watch(self, secret: str, what: str) -> str:
        """Look for a word that somebody else made, too."""
        self.secrets[secret] = what
        return secret

    def _new(self, head: str, place: str) -> str:
        word = f"{head}{next(self._numbers):04d}x"
        self.places[word] = place
        return word

    def found_in(self, texts: Mapping[str, bytes], heads: Iterable[str] = (ANYTHING, PERSON)) -> list[str]:
        """Name every canary in every text, whatever its case: plain, in base64, in hex, or as a digest without key."""
        wanted = tuple(heads)
        forms = [form for head in wanted for form in _forms(head.encode())]
        pattern = re.compile(b"|".join(map(re.escape, forms)), re.IGNORECASE)
        digests = {code: word for word in self.places if word.startswith(wanted) for code in _digests(word.encode())}
        return [hit for name, text in texts.items() for hit in self._hits(name, text, pattern, digests)]

    def _hits(self, name: str, text: bytes, pattern: re.Pattern[bytes], digests: Mapping[bytes, str]) -> Iterator[str]:
        for hit in pattern.finditer(text):
            seen = text[hit.start() : hit.start() + 16].decode("latin-1")
            place = next((place for word, place in self.places.items() if seen.startswith(word)), "coded")
            yield f"{name}: {seen} ({place})"
        for code in {found.lower() for found in re.findall(rb"[0-9a-fA-F]{32,128}", text)} & set(digests):
            yield f"{name}: a digest without a key of {digests[code]}"
        yield from (f"{name}: {what}" for secret, what in self.secrets.items() if secret.encode() in text)


def _forms(raw: bytes) -> Iterator[bytes]:
    yield raw
    yield raw.hex().encode()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        yield coded[-(-8 * shift // 6) : 8 * (shift + len(raw)) // 6]


def _digests(raw: bytes) -> Iterator[bytes]:
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        yield hashlib.new(name, raw).hexdigest().encode()
    yield hashlib.blake2b(raw, digest_size=16).hexdigest().encode()


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names_of(kind: Any) -> set[str]:
    """The fields of a wire type and of those within it, by their names on the wire."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        return {one.encode_name for one in fields}.union(*(names_of(one.type) for one in fields))
    return set().union(*map(names_of, get_args(kind)))


def names_in(body: Any) -> set[str]:
    """Every name in a body of JSON."""
    if isinstance(body, dict):
        return set(body).union(*map(names_in, body.values()))
    return set().union(*map(names_in, body)) if isinstance(body, list) else set()


def spoilt(body: Any, canaries: Canaries, place: str = "body") -> Iterator[Any]:
    """The same body again and again, each time with something wrong at one place, which holds a canary."""
    yield from _wrong(place, canaries)
    if isinstance(body, dict):
        yield {**body, canaries(f"{place}: unknown field"): canaries(f"{place}: value of an unknown field")}
        for name, value in body.items():
            yield from ({**body, name: wrong} for wrong in spoilt(value, canaries, f"{place}/{name}"))
    elif isinstance(body, list) and body:
        yield from ([wrong, *body[1:]] for wrong in spoilt(body[0], canaries, f"{place}/0"))


def _wrong(place: str, canaries: Canaries) -> Iterator[Any]:
    yield f"{canaries(place)} <b>{canaries(place)}</b>\n\U0001f600 '\";--"
    yield canaries(f"{place}: too long") * 700
    yield [canaries(f"{place}: list"), {canaries(f"{place}: name"): 1}]
    yield {canaries(f"{place}: name"): {canaries(f"{place}: deep name"): [canaries(f"{place}: deep value")]}}
