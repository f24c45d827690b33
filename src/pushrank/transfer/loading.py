"""A log goes into the store by the same fold that takes live events. Doing it twice, or again after a stop, is safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pushrank.domain.codes import Purpose
from pushrank.domain.event import Event
from pushrank.domain.instants import Instant
from pushrank.domain.ledger import entries
from pushrank.domain.message import Message
from pushrank.domain.record import Change, Reading
from pushrank.domain.user import Preferences, UserFacts
from pushrank.logs import Log
from pushrank.logs.parts import Parts, Windows
from pushrank.policy import Policy
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.intake import record_events
from pushrank.store.protocol import Store
from pushrank.transfer.told import told_by_user, unlisted

ROWS_PER_PART = 250_000
_EVENTS_AT_ONCE = 4_000
_USERS_AT_ONCE = 500
_SOURCE = "import"


@dataclass(frozen=True, slots=True)
class Destination:
    """The store that a log goes into, with what intake needs.

    `pseudonym` names the log's users in the store; `deleted` are messages of the log that nobody gets any more; `code`
    makes ids of events, which follow from what is said of whom, into what nobody else can try out.
    """

    store: Store
    catalogue: Catalogue
    policy: Policy
    pseudonym: Callable[[str], str]
    deleted: frozenset[str] = frozenset()
    code: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much was new, how much was there before, and which events were refused and why, by code."""

    messages: int
    users: int
    events: int
    duplicates: int
    rejected: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class People:
    """What a log says of users apart from behaviour, by raw id."""

    facts: Mapping[str, UserFacts]
    preferences: Mapping[str, Preferences]


def load_log(  # noqa: PLR0913 - what is loaded, where, how much of it, and who is told
    log: Log,
    destination: Destination,
    windows: Windows,
    work: Path,
    at: Instant,
    before: Instant | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Loaded:
    """Put a log's messages, users, preferences and consents, and what happened before `before`, into the store.

    `at` is when the catalogue learns of the messages, and the ledger of what users chose; `progress` is told how many
    more rows are done. A user whom the store knows keeps the facts and choices that are there: what a user chose since
    must not be undone. Nothing of who was erased goes in. Versions and moments of consents are kept; a yes without a
    version is taken for one to the purpose as it stands.
    """
    messages = _put_messages(log, destination, at)
    people = People(log.users(), log.preferences())
    rows = sum(len(batch) for batch in log.batches("outcomes", columns=["user_id"]))
    parts = Parts(log, lambda batch: batch, rows, ROWS_PER_PART, work)
    with closing(parts):
        new = _put_people(destination, people, sorted({*people.facts, *people.preferences}), at)
        accepted, duplicates, rejected = 0, 0, dict[str, int]()
        for part in parts:
            new += _put_people(destination, people, part.user_ids, at)
            for events in _in_bites(told_by_user(part, messages, windows, before)):
                answer = record_events(
                    destination.store,
                    destination.catalogue,
                    destination.policy,
                    events,
                    destination.pseudonym,
                    _SOURCE,
                    destination.code,
                )
                accepted, duplicates = accepted + answer.accepted, duplicates + answer.duplicates
                for rejection in answer.rejected:
                    rejected[rejection.code] = rejected.get(rejection.code, 0) + 1
            progress(len(part.outcomes))
    return Loaded(len(messages), new, accepted, duplicates, rejected)


def _put_messages(log: Log, destination: Destination, at: Instant) -> dict[str, Message]:
    """Bring the catalogue in; messages that only outcomes know are put down as deleted, so that nobody gets them.

    What the store knows of a message that the log does not list stays, and so does the end of one that was taken out.
    """
    store = destination.store
    listed = {message.message_id: message for message in log.messages()}
    gone = {message.message_id: message for message in store.messages(deleted=True)}
    ids = {name for batch in log.batches("outcomes", columns=["message_id"]) for name in batch["message_id"].unique()}
    known = {message.message_id: message for message in store.messages()} | gone
    strangers = {name: unlisted(name) for name in sorted(ids - set(listed) - set(known))}
    fresh = {name: message for name, message in (listed | strangers).items() if name not in gone}
    store.put_messages(list(fresh.values()), at)
    for name in (destination.deleted | set(strangers)) & set(fresh):
        store.delete_message(name, at)
    return known | listed | strangers


def _put_people(destination: Destination, people: People, user_ids: Sequence[str], at: Instant) -> int:
    """Write facts and choices of users whom the store does not know; gives how many they are."""
    new = 0
    for start in range(0, len(user_ids), _USERS_AT_ONCE):
        some = user_ids[start : start + _USERS_AT_ONCE]
        versions = destination.policy.versions
        steps = [(destination.pseudonym(name), partial(_introduce, people, name, versions, at), 0, ()) for name in some]
        new += sum(destination.store.transact_batch(steps))
    return new


def _introduce(
    people: People, user_id: str, versions: Mapping[Purpose, str], at: Instant, reading: Reading
) -> Change[bool]:
    if reading.record.known or reading.record.erased:
        return Change(answer=False)
    facts = people.facts.get(user_id, UserFacts())
    preferences = _stamped(people.preferences.get(user_id, Preferences()), versions)
    record = replace(reading.record, known=True, facts=facts, preferences=preferences)
    return Change(answer=True, record=record, ledger=entries(record.user_key, Preferences(), preferences, at, _SOURCE))


def _stamped(preferences: Preferences, versions: Mapping[Purpose, str]) -> Preferences:
    """Give each yes that names no version the current one."""
    consents = {
        purpose: replace(word, policy_version=versions.get(purpose))
        if word.granted and word.policy_version is None
        else word
        for purpose, word in preferences.consents.items()
    }
    return replace(preferences, consents=consents)


def _in_bites(users: Iterator[tuple[str, list[Event]]]) -> Iterator[list[Event]]:
    """Events of several users together, all of a user in one: enough for a transaction to be worth its sync."""
    bite: list[Event] = []
    for _, events in users:
        bite.extend(events)
        if len(bite) >= _EVENTS_AT_ONCE:
            yield bite
            bite = []
    if bite:
        yield bite
