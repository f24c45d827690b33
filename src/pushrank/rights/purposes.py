"""What a consent is for: the texts as they are shown before anybody agrees, and that one version has one text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from pushrank.config import ConfigError, PurposeSpec
from pushrank.domain.codes import Purpose
from pushrank.store.protocol import Store

_encoder = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Shown:
    """A purpose in one language. `default` is what holds for who never said a word about it."""

    purpose: Purpose
    version: str
    title: str
    text: str
    default: bool


def shown(purposes: Mapping[Purpose, PurposeSpec], defaults: Mapping[Purpose, bool], language: str) -> Iterator[Shown]:
    """Give each purpose in a language that all of them have, in the order of `Purpose`."""
    for purpose in Purpose:
        spec = purposes[purpose]
        default = defaults.get(purpose, False)
        yield Shown(purpose, spec.version, spec.title[language], spec.text[language], default)


def refuse_changed_texts(store: Store, purposes: Mapping[Purpose, PurposeSpec], languages: Sequence[str]) -> None:
    """Hold purposes against what this store saw before: a text may only change together with its version.

    The digest of each version's title and text is kept in the store for good, so nobody ever agreed to other words
    than those of the version. Raises ConfigError for other words under a known version, for a purpose without a text,
    and for one that lacks a language.
    """
    for fault in _unsaid(purposes, languages):
        raise ConfigError(fault)
    for purpose, spec in sorted(purposes.items()):
        name, digest = f"purpose/{purpose.value}/{spec.version}", digest_of(spec)
        kept = store.marker(name)
        if kept is None:
            store.mark(name, digest)
        elif kept != digest:
            msg = (
                f"purposes: {purpose.value}: expected another version than {spec.version!r} for another title or text, "
                "got the same: whoever agreed to the old words has not agreed to these"
            )
            raise ConfigError(msg)


def digest_of(spec: PurposeSpec) -> str:
    """Fingerprint of a purpose's words in all languages, 64 hex digits."""
    return sha256(_encoder.encode([spec.title, spec.text])).hexdigest()


def _unsaid(purposes: Mapping[Purpose, PurposeSpec], languages: Sequence[str]) -> Iterator[str]:
    for purpose in Purpose:
        spec = purposes.get(purpose)
        if spec is None:
            yield f"purposes: expected {purpose.value!r} among them, got {', '.join(sorted(purposes)) or 'none'}"
            continue
        for name, words in (("title", spec.title), ("text", spec.text)):
            for language in languages:
                if not words.get(language, "").strip():
                    yield f"purposes: {purpose.value}: {name}: expected words in {language!r}, got none"
