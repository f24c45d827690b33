"""What a user's word is checked against and followed by: purposes, categories, and what may be remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from pushrank.config.types import Category, SeenElsewhere
from pushrank.domain.codes import Purpose
from pushrank.domain.message import Message, MessageOf, lineage
from pushrank.domain.preferences_json import PreferencesError
from pushrank.policy import Policy

MOST_FAULTS = 20
"""Unknown categories that are told of one field."""

_BY_CATEGORY = ("categories", "category_caps")


def _nobody(message_id: str) -> Message | None:
    del message_id
    return None


def _none() -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds when a user changes a preference.

    `versions` are the purposes' current ones, with which a word about a purpose is stamped. `categories` is the tree,
    None where any name will do, and `in_use` gives those of the catalogue's messages. `message_of` and `seen_elsewhere`
    (the policy's) serve to work out anew what may be remembered.
    """

    versions: Mapping[Purpose, str]
    categories: Mapping[str, Category] | None = None
    in_use: Callable[[], Collection[str]] = _none
    message_of: MessageOf = _nobody
    seen_elsewhere: SeenElsewhere | None = None

    @classmethod
    def of(
        cls,
        policy: Policy,
        categories: Mapping[str, Category],
        in_use: Callable[[], Collection[str]],
        message_of: MessageOf,
    ) -> Terms:
        """Bring together the terms of a deployment."""
        return cls(policy.versions, categories, in_use, message_of, policy.config.seen_elsewhere)

    def read_for(self, patch: Any) -> Terms:
        """Ask the catalogue for its categories now if `patch` names any: inside a transaction nobody may."""
        named = isinstance(patch, Mapping) and any(patch.get(name) for name in _BY_CATEGORY)
        names = self.in_use() if named and self.categories is not None else ()
        return replace(self, in_use=lambda: names)

    def faults(self, name: str, change: Any, known: Collection[str]) -> Iterator[PreferencesError]:
        """Name each category of a patch of the field `name` that nobody knows; `known` are those set before.

        A category is known by its root: that of a listed category or of a message of the catalogue. What is taken back
        needs no such name.
        """
        if self.categories is None or name not in _BY_CATEGORY or not isinstance(change, Mapping):
            return
        new = [key for key, value in change.items() if value is not None and key not in {"*", *known}]
        roots = self._roots() if new else set()
        strange = [key for key in new if isinstance(key, str) and lineage(key)[-1] not in roots]
        for place, key in enumerate(strange[:MOST_FAULTS]):
            # To look for the nearest name takes time, and somebody else may be waiting to write.
            near = _nearest(key, {*roots, *self.categories}) if not place else ""
            detail = f"expected a known category or one below it, got {key!r}{near}"
            yield PreferencesError(f"{name}/{key}", detail)

    def _roots(self) -> set[str]:
        return {lineage(name)[-1] for name in (*(self.categories or ()), *self.in_use())}


UNCHECKED = Terms({})
"""Terms under which any category will do and no word is stamped, for users without a history."""


def _nearest(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.0)
    return f", did you mean {near[0]!r}?" if near else ""
