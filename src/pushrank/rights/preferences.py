"""Changing preferences: a JSON merge patch (RFC 7396) over the form of the contract, all or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pushrank.config.types import PolicyConfig
from pushrank.domain.codes import Purpose
from pushrank.domain.decision import Frequency
from pushrank.domain.instants import Instant, iso
from pushrank.domain.ledger import OWN_WAYS, entries, repeated
from pushrank.domain.preferences_json import PreferencesError, from_json, to_json
from pushrank.domain.record import Change, Reading
from pushrank.domain.user import Preferences
from pushrank.features.profile import remembered
from pushrank.policy import effective_caps
from pushrank.rights.terms import UNCHECKED, Terms
from pushrank.store.protocol import Store

_READ_ONLY = ("effective", "version")
_ETAG = re.compile(r'"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Fault:
    """A field of a patch that cannot be used: its JSON pointer, and what was expected and came."""

    pointer: str
    detail: str


class PatchError(ValueError):
    """A patch with faults, all of them named; nothing was changed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.pointer}: {fault.detail}" for fault in self.faults))


class StaleError(Exception):
    """The preferences changed since the caller read them: `If-Match` named another version."""


class ErasedError(Exception):
    """The user was erased: nothing may be stored of them."""


def etag(preferences: Preferences) -> str:
    """Strong entity tag of a version, with its quotes."""
    return etag_of(preferences.version)


def etag_of(version: int) -> str:
    """Strong entity tag of the version with a number."""
    return f'"{version}"'


def matches(if_match: str, preferences: Preferences) -> bool:
    """Whether an `If-Match` header permits a change. Weak tags never match (RFC 9110, 13.1.1)."""
    if if_match.strip() == "*":
        return True
    strong = (part.strip() for part in if_match.split(","))
    return any(_ETAG.fullmatch(part) and part == etag(preferences) for part in strong)


def document(preferences: Preferences, config: PolicyConfig, suits: Frequency | None = None) -> dict[str, Any]:
    """The form of the contract, with what follows from it under `effective`; `suits` is what the model says."""
    return {**to_json(preferences), "effective": effective(preferences, config, suits)}


def effective(preferences: Preferences, config: PolicyConfig, suits: Frequency | None = None) -> dict[str, Any]:
    """The caps that bind, who decided each, and the figures of this user by which the model does so.

    A cap is decided by the `user`, the user's `ceiling`, the model (`adaptive`) or the `policy`.
    """
    caps = effective_caps(preferences, config, suits)
    names = ("activity", "opened", "risk", "too_often", "price")
    return {
        "max_per_day": caps.day.limit,
        "max_per_week": caps.week.limit,
        "decided_by": caps.day.decided_by,
        "week_decided_by": caps.week.decided_by,
        "figures": None if suits is None else {name: getattr(suits, name) for name in names},
    }


def patched(preferences: Preferences, patch: Any, at: Instant, terms: Terms = UNCHECKED) -> Preferences:
    """Apply a merge patch; null means that the user says nothing about a field any more.

    A consent is one word: it is replaced as a whole, dated `at` unless the patch dates it, and stamped with the current
    version of its purpose unless the patch names one. A patch that changes nothing keeps the version, any other raises
    it by one. Raises PatchError with every fault found, categories that nobody knows among them.
    """
    if not isinstance(patch, Mapping):
        raise PatchError([Fault("", f"expected an object, got {type(patch).__name__}")])
    old = to_json(preferences)
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, change in patch.items():
        faults += map(_fault, terms.faults(name, change, old.get(name, ())))
        try:
            values[name] = _value(name, old.get(name), change, at, terms)
        except PreferencesError as error:
            faults.append(_fault(error))
    if faults:
        raise PatchError(faults)
    changed = replace(preferences, **values)
    return changed if changed == preferences else replace(changed, version=preferences.version + 1)


def change_preferences(  # noqa: PLR0913 - whose, what, when, by which way, and under which terms
    store: Store,
    user_key: str,
    patch: Any,
    at: Instant,
    if_match: str | None = None,
    *,
    source: str = "api",
    terms: Terms = UNCHECKED,
) -> tuple[Preferences, bool]:
    """Patch one user's preferences in one transaction; they bind from the next decision on.

    What changed is written into the ledger, with `source`, the way by which it came; what may not be remembered any
    more, or may be again, is worked out anew. Returns the preferences and whether they changed. Raises PatchError for a
    faulty patch, StaleError where `if_match` names another version, and ErasedError for a user who was erased.
    """
    known = terms.read_for(patch)

    def rule(reading: Reading) -> Change[tuple[Preferences, bool]]:
        before = reading.record.preferences
        if reading.record.erased:
            raise ErasedError
        if if_match is not None and not matches(if_match, before):
            raise StaleError
        after = patched(before, patch, at, known)
        again = repeated(user_key, before, patch, at, source) if source in OWN_WAYS else ()
        if after == before:
            return Change((before, False), ledger=again)
        words = (*entries(user_key, before, after, at, source), *again)
        record = replace(reading.record, known=True, preferences=after)
        kept = remembered(reading, record, known.message_of, known.seen_elsewhere)
        return Change((after, True), record=kept.record, counts=kept.counts, ledger=words)

    return store.transact(user_key, rule, at)


def _value(name: str, old: Any, change: Any, at: Instant, terms: Terms) -> Any:
    if name in _READ_ONLY:
        raise PreferencesError(name, "is read-only")
    if change is None:
        return getattr(Preferences(), name) if name in to_json(Preferences()) else from_json({name: None})
    merged = _dated(change, old, at, terms.versions) if name == "consents" else _merged(old, change)
    return getattr(from_json({name: merged}), name)


def _merged(old: Any, change: Any) -> Any:
    """Merge as RFC 7396 says: objects by key, null removes, anything else replaces."""
    if not isinstance(change, Mapping):
        return change
    kept = dict(old) if isinstance(old, Mapping) else {}
    for name, value in change.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = _merged(kept.get(name), value)
    return kept


def _dated(change: Any, old: Any, at: Instant, versions: Mapping[Purpose, str]) -> Any:
    if not isinstance(change, Mapping):
        return change
    current: Mapping[str, str] = {purpose.value: version for purpose, version in versions.items()}
    words = {
        name: {**word, "at": word.get("at") or iso(at), "policy_version": _version(word, current.get(name))}
        if isinstance(word, Mapping)
        else word
        for name, word in change.items()
    }
    kept = {name: word for name, word in old.items() if name not in words}
    return kept | {name: word for name, word in words.items() if word is not None}


def _version(word: Mapping[str, Any], current: str | None) -> Any:
    named = word.get("policy_version")
    return current if named is None else named


def _fault(error: PreferencesError) -> Fault:
    parts = [part.replace("~", "~0") for part in error.field.split("/")] if error.field else []
    return Fault("".join(f"/{part}" for part in parts), error.detail)
