"""The consent ledger: what users said, when and by which way, as a hash chain over digests.

A link holds the digest of its entry and not the entry, so that an erased person's words can go while the chain still
shows that nothing else was changed, removed or put into another order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import msgspec

from pushrank.domain.instants import Instant
from pushrank.domain.preferences_json import to_json
from pushrank.domain.user import Preferences

GENESIS = "0" * 64
OWN_WAYS = frozenset({"api", "page", "link"})
"""Sources of what users set themselves, at the moment at which they did."""
UNDONE_ON_PAGES = frozenset({"page", "link"})
"""Sources of what a person may take back on a page: what was done there, and by a link."""
ERASED = "erased"

# `version` counts the changes of the others.
_NO_WORD = frozenset({"version"})
_NOES: Mapping[str, bool] = {"push": False, "personalisation": False, "objected": True}
_encoder = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of one user: `what` is a field of the preferences (`consents/marketing`, `push`, `objected`, ...).

    `before` and `value` are what the field held and holds, as JSON has it. `source` says by which way the word came:
    `api`, `page`, `link`, `event`, `import`. An erasure is an entry, too: `what` is `erased`, nobody is named, and
    `value` lists the places in the chain whose entries went. `salt` keeps a digest from being guessed once its entry
    has gone; the store draws it.
    """

    user_key: str
    what: str
    before: Any
    value: Any
    at: Instant
    source: str
    salt: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain, `seq` from 1 on. `entry` is the written entry, None once it was erased."""

    seq: int
    entry_digest: str
    digest: str
    entry: bytes | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """How long the chain is, and the digest of its last link; 0 and `GENESIS` for an empty one."""

    seq: int = 0
    digest: str = GENESIS


def written(entry: Entry) -> bytes:
    """Write an entry as the bytes that are digested: JSON with sorted keys."""
    return _encoder.encode(asdict(entry))


def read(text: bytes) -> Entry:
    """Read what `written` wrote; msgspec.DecodeError and ValidationError (both ValueError) for anything else."""
    return msgspec.json.decode(text, type=Entry)


def linked(head: Head, text: bytes) -> Link:
    """Add a written entry to a chain: digest = SHA-256(seq, digest of the link before, SHA-256 of the entry)."""
    seq, entry_digest = head.seq + 1, sha256(text).hexdigest()
    return Link(seq, entry_digest, chained(seq, head.digest, entry_digest), text)


def chained(seq: int, previous: str, entry_digest: str) -> str:
    """Digest of a link, 64 hex digits."""
    return sha256(f"pushrank-ledger\0{seq}\0{previous}\0{entry_digest}".encode()).hexdigest()


def entries(user_key: str, before: Preferences, after: Preferences, at: Instant, source: str) -> tuple[Entry, ...]:
    """What a user said by changing preferences: an entry for each field that changed, each consent apart."""
    old, new = _flat(before), _flat(after)
    changed = sorted(what for what in old.keys() | new.keys() if old.get(what) != new.get(what))
    return tuple(Entry(user_key, what, old.get(what), new.get(what), at, source) for what in changed)


def repeated(user_key: str, said: Preferences, patch: Mapping[str, Any], at: Instant, source: str) -> tuple[Entry, ...]:
    """What a user refuses once more in a merge patch although it is refused already.

    It changes nothing and is a word all the same, since older reports that come later must not overrule it.
    """
    tree = to_json(said)
    noes = [name for name, no in _NOES.items() if patch.get(name) is no and tree[name] is no]
    again = [Entry(user_key, name, tree[name], tree[name], at, source) for name in noes]
    topics = patch.get("categories")
    off = {
        name: False
        for name, wanted in (topics.items() if isinstance(topics, Mapping) else ())
        if wanted is False and said.categories.get(name) is False
    }
    return (*again, Entry(user_key, "categories", {}, off, at, source)) if off else tuple(again)


def _flat(preferences: Preferences) -> dict[str, Any]:
    tree = to_json(preferences)
    consents = tree.pop("consents")
    return {name: value for name, value in tree.items() if name not in _NO_WORD} | {
        f"consents/{purpose}": word for purpose, word in consents.items()
    }


def erasure(places: Iterable[int], at: Instant) -> Entry:
    """Say that the entries at these places went because somebody was erased; it names nobody."""
    return Entry("", ERASED, None, sorted(places), at, "erasure")
