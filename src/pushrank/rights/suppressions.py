"""The list of whom no model may learn from, for logs that are kept elsewhere: tokens, which name nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pushrank.domain.instants import Instant, iso
from pushrank.rights.trained_on import Tomb
from pushrank.store.protocol import Store

MARKETING = "marketing"
_HEAD = re.compile(r"#\s*suppression-key\s+(\S+).*")
_TOKEN = re.compile(r"t_[0-9a-f]{32}")
_COLUMN = "user_id"  # the head of a list that was cut from a table


class SuppressionError(ValueError):
    """A list of suppressions that can't be followed; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Suppressions:
    """Of whom nothing may be learned, and of whom nothing in marketing: tokens, pseudonyms and raw ids."""

    everything: frozenset[str] = frozenset()
    marketing: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.everything) + len(self.marketing)


def suppressed(store: Store, tomb: Tomb, as_of: Instant) -> Suppressions:
    """Gather the tokens of all who were erased, and of all who object to marketing."""
    erased = frozenset(stone.token for stone in store.tombstones())
    objectors = (key for key in store.users() if store.user(key, since=as_of).preferences.objected)
    return Suppressions(erased, frozenset(tomb(key) for key in objectors))


def written(listed: Suppressions, key_id: str, at: Instant) -> str:
    """Write a list, one token a line in an order that tells nothing; `key_id` names the key of the tokens."""
    head = f"# suppression-key {key_id} at {iso(at)}"
    lines = [*sorted(listed.everything), *(f"{token} {MARKETING}" for token in sorted(listed.marketing))]
    return "".join(f"{line}\n" for line in (head, *lines))


def read(text: str, where: str, key_id: str) -> Suppressions:
    """Read a list of tokens and raw ids, one a line, of marketing only where the line says so.

    Lines of `#` are remarks. Raises SuppressionError where one names another key than `key_id`, under which no token
    could match, and where a token is followed by anything but the scope.
    """
    everything, marketing = set[str](), set[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        said = line.strip().removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        if said.startswith("#"):
            _check_key(said, f"{where}: line {number}", key_id)
        elif said not in ("", _COLUMN):
            name, only = _entry(said, f"{where}: line {number}")
            (marketing if only else everything).add(name)
    return Suppressions(frozenset(everything), frozenset(marketing))


def names(text: str) -> tuple[str, ...]:
    """Read raw ids, one a line, without remarks and repetitions."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line not in ("", _COLUMN) and not line.startswith("#")))


def lift(store_lift: Callable[[str], bool], known_as: Callable[[str], Iterable[str]], user_ids: Iterable[str]) -> int:
    """Take away the tombstones of people who come back, under every key they ever had; gives how many people."""
    return sum(sum(map(store_lift, known_as(user_id))) > 0 for user_id in user_ids)


def _check_key(remark: str, where: str, key_id: str) -> None:
    head = _HEAD.fullmatch(remark)
    if head is not None and head[1] != key_id:
        msg = (
            f"{where}: expected tokens under this deployment's suppression key {key_id!r}, got {head[1]!r}; "
            "no token would match: write the list here, or set PUSHRANK_SUPPRESSION_KEY to the key it was written with"
        )
        raise SuppressionError(msg)


def _entry(said: str, where: str) -> tuple[str, bool]:
    name, _, scope = said.rpartition(" ")
    if scope == MARKETING and name:
        return name.strip(), True
    if _TOKEN.match(said) and not _TOKEN.fullmatch(said):
        msg = f"{where}: expected a token, alone or followed by {MARKETING!r}, got {said!r}"
        raise SuppressionError(msg)
    return said, False
