"""Whether the consent ledger is still what it was: every link against its entry and the one before, and signed heads.

A chain shows any change inside it. Whoever could write the whole chain anew, or cut its end off, is found by heads that
were signed and kept outside of the database: anchors.
"""

from __future__ import annotations

import fcntl
import hmac
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from pushrank.domain.instants import Instant
from pushrank.domain.ledger import ERASED, GENESIS, Head, Link, chained, read
from pushrank.rights.pseudonyms import Secret
from pushrank.store.protocol import Store

_PURPOSE = "ledger-head"
_MAC_BYTES = 32


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The head of the ledger as it stood at a moment: `mac` is the HMAC of the rest under a deployment's secret."""

    seq: int
    digest: str
    at: Instant
    mac: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the ledger: at which place, 0 where it is about none, and what."""

    place: int
    what: str

    def __str__(self) -> str:
        return f"place {self.place}: {self.what}" if self.place else self.what


def signed(secret: Secret, head: Head, at: Instant) -> Anchor:
    """Sign a head of the ledger as of `at`."""
    return Anchor(head.seq, head.digest, at, _mac(secret, head.seq, head.digest, at).hex())


def anchor(store: Store, secret: Secret, path: Path, at: Instant) -> Anchor | None:
    """Sign the ledger's head and append it to `path`, on disk when this returns; None where it has not moved.

    An empty ledger has nothing to sign. Raises OSError where the file can't be written.
    """
    head = store.head()
    if head.seq == 0 or _last(path) == (head.seq, head.digest):
        return None
    made = signed(secret, head, at)
    _append(path, msgspec.json.encode(made) + b"\n")
    return made


def anchors_of(path: Path) -> list[bytes]:
    """The anchors that a file holds, as written; none where there is no file."""
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    return [line for line in lines if line]


def verified(links: Iterable[Link], anchors: Iterable[bytes], secrets: Sequence[Secret]) -> list[Fault]:
    """Name everything that is wrong with a ledger; nothing where it is whole.

    A link that was changed, removed, repeated or put elsewhere, an entry that does not match its digest or went without
    an erasure that lists it, an end cut off before an anchor, and an anchor that no secret of the deployment, today's
    or a former one, has signed. What was added after the last anchor and cut off again can't be found.
    """
    known, faults = _anchors(anchors, secrets)
    chain = _Chain({head.seq: head.digest for head in known})
    for link in links:
        chain.take(link)
    return [*faults, *chain.faults, *chain.ended()]


class _Chain:
    """What was read of a chain so far: where it stands, which entries went, and which were said to have gone."""

    def __init__(self, heads: dict[int, str]) -> None:
        self.faults: list[Fault] = []
        self._heads = heads
        self._seq, self._digest = 0, GENESIS
        self._gone: set[int] = set()
        self._kept: set[int] = set()
        self._erased: set[int] = set()

    def take(self, link: Link) -> None:
        self.faults += [Fault(link.seq, what) for what in self._wrong(link)]
        self._seq, self._digest = link.seq, link.digest

    def _wrong(self, link: Link) -> Iterator[str]:
        if link.seq != self._seq + 1:
            yield f"expected place {self._seq + 1} after place {self._seq}"
        if link.digest != chained(link.seq, self._digest, link.entry_digest):
            yield "its digest does not follow from its entry and the link before: one of them was changed"
        if self._heads.get(link.seq, link.digest) != link.digest:
            yield "its digest is not the one that was anchored: the chain was written anew"
        if link.entry is None:
            self._gone.add(link.seq)
        else:
            self._kept.add(link.seq)
            yield from self._said(link, link.entry)

    def _said(self, link: Link, entry: bytes) -> Iterator[str]:
        if sha256(entry).hexdigest() != link.entry_digest:
            yield "its entry does not match its digest: the entry was changed"
            return
        try:
            said = read(entry)
        except ValueError:
            yield "its entry can't be read"
            return
        if said.what == ERASED and not said.user_key:
            # Only what came before could be erased, so that an erasure never speaks for its own removal.
            listed = said.value if isinstance(said.value, list) else ()
            self._erased.update(place for place in listed if isinstance(place, int) and place < link.seq)

    def ended(self) -> Iterator[Fault]:
        for place in sorted(self._gone - self._erased):
            yield Fault(place, "its entry is gone, and no erasure lists it")
        for place in sorted(self._kept & self._erased):
            yield Fault(place, "an erasure lists it, and its entry is still there")
        last = max(self._heads, default=0)
        if last > self._seq:
            yield Fault(0, f"the chain ends at place {self._seq}, but place {last} was anchored: its end was cut off")


def _anchors(lines: Iterable[bytes], secrets: Sequence[Secret]) -> tuple[list[Head], list[Fault]]:
    known: dict[int, str] = {}
    faults = []
    for number, line in enumerate(lines, 1):
        what = _anchor_fault(line, secrets, known)
        if what is not None:
            faults.append(Fault(0, f"line {number} of the anchors: {what}"))
    return [Head(seq, digest) for seq, digest in known.items()], faults


def _anchor_fault(line: bytes, secrets: Sequence[Secret], known: dict[int, str]) -> str | None:
    """Take one anchor into `known`, or say what is wrong with it."""
    try:
        found = msgspec.json.decode(line, type=Anchor)
        mac = bytes.fromhex(found.mac)
    except ValueError:
        return "it can't be read"
    if not any(hmac.compare_digest(mac, _mac(one, found.seq, found.digest, found.at)) for one in secrets):
        return "no secret of this deployment signed it"
    if known.setdefault(found.seq, found.digest) != found.digest:
        return f"another digest was anchored for place {found.seq} before"
    return None


def _mac(secret: Secret, seq: int, digest: str, at: Instant) -> bytes:
    return secret.mac(_PURPOSE, f"{seq}\0{digest}\0{at}")


def _last(path: Path) -> tuple[int, str] | None:
    """The place and digest of the last anchor of a file, whoever signed it."""
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    try:
        last = msgspec.json.decode(lines[-2], type=Anchor)
    except (IndexError, ValueError):
        return None
    return last.seq, last.digest


def _append(path: Path, line: bytes) -> None:
    """Append a line and sync it, in place of one that a power cut left unfinished."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
