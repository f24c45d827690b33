"""New links for the consent ledger, the same for every database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from secrets import token_hex
from typing import NamedTuple

from pushrank.domain.ledger import Entry, Head, Link, linked, read, written
from pushrank.store.codec import unreadable

_SALT_BYTES = 16


class Word(NamedTuple):
    """A link and whose word it is; nobody's where an erasure is told."""

    user_key: str
    link: Link


def lengthened(head: Head, entries: Iterable[Entry]) -> list[Word]:
    """Salt entries and link them to the end of the chain."""
    words = []
    for entry in entries:
        link = linked(head, written(replace(entry, salt=token_hex(_SALT_BYTES))))
        words.append(Word(entry.user_key, link))
        head = Head(link.seq, link.digest)
    return words


def entry_of(seq: int, text: bytes) -> Entry:
    """Read an entry; StoreError where it can't be understood."""
    try:
        return read(text)
    except ValueError as error:
        unread = unreadable("ledger_entries", str(seq), "entry", "an entry as JSON", str(error))
        raise unread from error
