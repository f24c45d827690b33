"""Every column that the store keeps: what it is for, how long it stays, and what it says about a person.

Erasure, export and renaming take their tables from here, and a test holds it against the schema of both databases, so
that nothing is stored which this page does not name. The texts may be shown to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

Personal: TypeAlias = Literal["no", "pseudonym", "personal"]

OWNER = "user_key"
"""The column that makes a row somebody's."""
REQUESTER = "person"
"""The same for answers to requests, where it may also say that several people are named, or none."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `pseudonym`: names a person by a keyed code; `personal`: says something about that person."""

    purpose: str
    retention: str
    personal: Personal = "no"


_USER = "until the user is erased"
_EVENT = "as long as events are kept, or until the user is erased"
_DECISION = "as long as decisions are kept, or until the user is erased"
_FEATURES = "as long as samples of what a decision saw are kept, or until the user is erased"
_PUSH = "as long as events are kept, longer while the message may still be sent, or until the user is erased"
_LEDGER = "for good: it names nobody"
_STONE = "until the person comes back and asks for it"
_CATALOGUE = "for good: it concerns messages and no person"
_ANSWER = "until repeats of the request are no longer expected, or until the user is erased"
_KEY = "for good, so that it can be told who had access"
_WORKING = "for good: it concerns the store itself"

_WHOSE = "Tells whose row this is, by a keyed code instead of a name."


def _whose(retention: str) -> Column:
    return Column(_WHOSE, retention, "pseudonym")


def _about(retention: str, **purposes: str) -> dict[str, Column]:
    return {name: Column(purpose, retention, "personal") for name, purpose in purposes.items()}


def _plain(retention: str, **purposes: str) -> dict[str, Column]:
    return {name: Column(purpose, retention) for name, purpose in purposes.items()}


_TABLES: dict[str, dict[str, Column]] = {
    "meta": _plain(_WORKING, name="Names a counter of the store.", value="Holds the version of the schema or a count."),
    "marks": _plain(_WORKING, name="Names a note of a program.", value="Holds that note, such as how far a load came."),
    "users": {
        "user_key": _whose(_USER),
        **_about(
            _USER,
            facts="Holds what the operator reports of the user, such as time zone, language and whether a minor.",
            preferences="Holds what the user asked for: consents, categories, limits, quiet hours, objections.",
            reachable="Tells whether pushes can reach the user.",
            state="Sums up past behaviour so that pushes can be chosen; empty where personalisation is off.",
            last_event_at="Tells up to which moment that summary goes.",
            presence="Tells when the user was last seen in the app and said that pushes come too often.",
            forgotten="Remembers which interests the user deleted, so that they do not come back.",
        ),
        "version": Column("Counts changes of the row, so that two at once are noticed.", _USER),
    },
    "events": {
        "seq": Column("Keeps events in the order in which they arrived.", _EVENT),
        "event_id": Column(
            "Recognises an event that is reported twice, by a keyed code of the id that it came with.",
            _EVENT,
            "pseudonym",
        ),
        "user_key": _whose(_EVENT),
        **_about(
            _EVENT,
            at="Tells when it happened.",
            type="Tells what happened, such as a click or an opt-out.",
            message_id="Tells which message it was about.",
            decision_id="Tells which decision had sent that message.",
            utc_offset="Tells the user's local hour at that moment.",
            digest="Recognises an event that comes back with other contents.",
            body="Holds the event as it was reported: what choices and explanations are made from.",
        ),
    },
    "pushes": {
        "push_id": Column("Names a push.", _PUSH, "pseudonym"),
        "user_key": _whose(_PUSH),
        **_about(
            _PUSH,
            content_key="Keeps the same content from being sent twice.",
            message_id="Tells which message was reserved or sent.",
            category="Counts pushes against the limit of a category.",
            kind="Counts pushes against the limit of a kind.",
            state="Tells whether the push is reserved, sent, given back or failed.",
            at="Tells when it goes or went out, so that limits and pauses can be kept.",
            decision_id="Leads to the decision, so that it can be explained.",
            expires_at="Tells when a reservation ends.",
            channel="Counts pushes against the limit of a channel.",
            tags="Keeps pushes about the same topics apart.",
            stopped="Tells why a push was stopped just before it would have been sent.",
            stopped_until="Tells until when that reason stands.",
        ),
    },
    "slots": {
        "push_id": Column("Names the push that takes a place under a limit.", _PUSH, "pseudonym"),
        "user_key": _whose(_PUSH),
        **_about(
            _PUSH,
            cap="Tells which limit it is.",
            at="Tells when the place is taken.",
            starts_at="Tells where the time span of the limit begins.",
            ends_at="Tells where it ends.",
            most="Tells how many pushes the limit allows.",
        ),
    },
    "decisions": {
        "decision_id": Column("Names a decision.", _DECISION, "pseudonym"),
        "user_key": _whose(_DECISION),
        **_about(
            _DECISION,
            decided_at="Tells when it was decided.",
            mode="Tells whether anything could be sent by it.",
            body="Holds what was chosen and what was not, with the reasons: what the user is told when asking why.",
        ),
    },
    "feature_rows": {
        "decision_id": Column("Names the decision; only about one in a hundred is kept.", _FEATURES, "pseudonym"),
        "user_key": _whose(_FEATURES),
        **_about(
            _FEATURES,
            at="Tells when it was decided.",
            features="Tells by which definition the figures were computed.",
            body="Holds the figures that the decision saw, to check that the service computes as training does.",
        ),
    },
    "ledger": _plain(
        _LEDGER,
        seq="Keeps what people said in order.",
        entry_digest="Proves what was said without holding it.",
        digest="Links each entry to the one before, so that nothing can be changed unnoticed.",
    ),
    "ledger_entries": {
        "seq": Column("Tells which link of the ledger this belongs to.", _USER),
        "user_key": _whose(_USER),
        "entry": Column("Holds what the user agreed to, refused or changed, when and by which way.", _USER, "personal"),
    },
    "tombstones": {
        "token": Column(
            "Recognises an erased person who is reported again, by a code under a key of its own.", _STONE, "pseudonym"
        ),
        **_about(
            _STONE,
            at="Tells when the user was erased.",
            models="Tells which models had been trained with the user.",
            retrain_by="Tells by when these have to be trained without the user.",
        ),
    },
    "messages": _plain(
        _CATALOGUE,
        message_id="Names a message.",
        body="Holds the message.",
        updated_at="Tells when it was last changed.",
        deleted_at="Tells when it was taken out of the catalogue.",
    ),
    "message_counts": _plain(
        _CATALOGUE,
        message_id="Names a message.",
        bucket="Names an hour.",
        sends="Counts how often it was sent in that hour, to all users together.",
        clicks="Counts clicks on it.",
        opt_outs="Counts opt-outs after it.",
        dismissals="Counts how often it was dismissed.",
        version="Tells services that these counts have changed.",
    ),
    "idempotency": {
        "route": Column("Tells which kind of request it was.", _ANSWER),
        "key": Column("Recognises a request that is repeated.", _ANSWER),
        "digest": Column("Recognises a repeat with other contents.", _ANSWER),
        "subject": Column("Names what the request makes, such as a decision.", _ANSWER, "pseudonym"),
        "status": Column("Holds the first answer's status.", _ANSWER),
        "answer": Column("Holds the first answer, so that a repeat gets it again.", _ANSWER, "personal"),
        "at": Column("Tells when it was answered, or taken up.", _ANSWER),
        "person": Column(
            "Tells whom the request was about, by a keyed code, so that an erasure finds it.", _ANSWER, "pseudonym"
        ),
    },
    "api_keys": _plain(
        _KEY,
        key_id="Names a key of the programming interface.",
        hash="Recognises the key without holding it.",
        scopes="Tells what the key opens.",
        created_at="Tells when it was made.",
        expires_at="Tells when it ends.",
        revoked_at="Tells when it was revoked.",
    ),
}

REGISTER: Mapping[str, Mapping[str, Column]] = MappingProxyType(
    {name: MappingProxyType(columns) for name, columns in _TABLES.items()}
)
"""Table, column, what it is for. A table that refers to another stands after it."""

OWNED: Mapping[str, str] = MappingProxyType(
    {name: owner for name, columns in REGISTER.items() for owner in (OWNER, REQUESTER) if owner in columns}
)
"""The tables that hold rows of a user, and the column that names the user there."""
