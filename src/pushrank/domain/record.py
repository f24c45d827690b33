"""What the store keeps of one user, and what one transaction changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pushrank.domain.codes import ExclusionCode, HoldState, Kind, StopCode
from pushrank.domain.event import Event
from pushrank.domain.instants import Instant
from pushrank.domain.ledger import Entry
from pushrank.domain.user import Preferences, UserFacts

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Push:
    """One push of one user that was reserved or sent.

    `at` is the moment whose caps it uses: `send_at` of a hold, the confirm time once confirmed, the send time of
    another system's push. `expires_at` is the end of a hold, None otherwise. A confirm that said `stop` for good gives
    the push back and leaves its answer here, in `stopped` and `stopped_until`, for whoever asks again.
    """

    push_id: str
    content_key: str
    message_id: str
    category: str
    kind: Kind
    state: HoldState
    at: Instant
    decision_id: str | None = None
    expires_at: Instant | None = None
    channel: str = "push"
    tags: tuple[str, ...] = ()
    stopped: StopCode | ExclusionCode | None = None
    stopped_until: Instant | None = None

    def counts(self, as_of: Instant) -> bool:
        """Whether this push uses up budget at `as_of`."""
        if self.state is HoldState.HELD:
            return self.expires_at is None or as_of < self.expires_at
        return self.state is HoldState.CONFIRMED


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that a push takes under one cap, as SQL sees it.

    Among the pushes of the user that bear `cap`, at most `most` may have their `at` in `[starts, ends)`; None where
    this push counts for others but is not limited itself. Calendar caps name the window, rolling ones what lies before
    `at`.
    """

    cap: str
    at: Instant
    starts: Instant
    ends: Instant
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """When the user was last seen in the app, what was seen there, and when it was said that pushes come too often.

    `days` are the latest days with a sign of life, as days since 1970-01-01 UTC, newest first. `seen` maps items, and
    messages met outside of pushes (their content key, `@`, the channel), to the last moment. `too_often` are the
    moments of such words that stand, newest first. All are bounded, and adding in any order gives the same.
    """

    days: tuple[int, ...] = ()
    seen: Mapping[str, Instant] = field(default_factory=dict)
    too_often: tuple[Instant, ...] = ()


@dataclass(frozen=True, slots=True)
class UserRecord:
    """All that a ranking reads about a user. `state` is the encoded fold of the user's events up to `last_event_at`.

    `pushes` holds every push that may still matter for caps, and every one whose content key was asked for. `forgotten`
    maps tags that the user deleted from the profile to the moment up to which nothing about them counts. `erased`: a
    tombstone stands in place of this user, and nothing may be stored of them or sent to them.
    """

    user_key: str
    known: bool = False
    facts: UserFacts = field(default_factory=UserFacts)
    preferences: Preferences = field(default_factory=Preferences)
    reachable: bool = True
    state: bytes | None = None
    last_event_at: Instant | None = None
    presence: Presence = field(default_factory=Presence)
    pushes: tuple[Push, ...] = ()
    forgotten: Mapping[str, Instant] = field(default_factory=dict)
    erased: bool = False

    @property
    def profiled(self) -> bool:
        """Whether behaviour may be remembered and used: neither refused by the user nor forbidden for a minor."""
        return self.preferences.personalisation and not self.facts.is_minor

    @property
    def withheld(self) -> tuple[frozenset[str], Mapping[str, Instant]]:
        """The tags that may not be used: those that the user blocked, and those deleted with the moment up to which."""
        return frozenset([tag for tag, wanted in self.preferences.tags.items() if not wanted]), self.forgotten


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as stored: its user by key, the user's UTC offset in seconds at that moment, a digest of its body."""

    event: Event
    offset: int
    digest: str


@dataclass(frozen=True, slots=True)
class CountDelta:
    """Integers to add to what is known of a message across users in one hour (`bucket` = instant // HOUR)."""

    message_id: str
    bucket: int
    sends: int = 0
    clicks: int = 0
    opt_outs: int = 0
    dismissals: int = 0


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as stored: `body` is its JSON."""

    decision_id: str
    user_key: str
    decided_at: Instant
    mode: str
    body: bytes


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """What a decision saw, kept for few of them: `body` is JSON, `features` the digest of the view."""

    decision_id: str
    user_key: str
    at: Instant
    features: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Erasure:
    """The end of a user: when, which model versions were trained with them, and by when these must be trained anew."""

    at: Instant
    models: tuple[str, ...] = ()
    retrain_by: Instant | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What remains of an erased user: a token under a key of its own, so that no import or late event revives them."""

    token: str
    at: Instant
    models: tuple[str, ...] = ()
    retrain_by: Instant | None = None


@dataclass(frozen=True, slots=True)
class Change(Generic[A]):
    """What a rule wants written, all or nothing, and the answer it gives. None and empty change nothing.

    `slots` gives by push id what a held or confirmed push of `pushes` takes, in place of what it took before. A push
    that is released or failed gives its slots back by itself. `ledger` are words for the chain, in order; the store
    salts them. `forget_before` deletes the user's older events. `erase` deletes everything of the user, the words in
    the ledger too, and leaves a tombstone and an entry that names nobody; beside it only `counts` may be given.
    """

    answer: A
    record: UserRecord | None = None
    events: tuple[StoredEvent, ...] = ()
    pushes: tuple[Push, ...] = ()
    counts: tuple[CountDelta, ...] = ()
    decision: DecisionRow | None = None
    slots: Mapping[str, tuple[Slot, ...]] = field(default_factory=dict)
    ledger: tuple[Entry, ...] = ()
    features: FeatureRow | None = None
    forget_before: Instant | None = None
    erase: Erasure | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule sees inside a transaction. The callables read on demand, inside the same transaction.

    `events()` gives every stored event of the user in order of arrival; `digest_of(event_id)` the digest under which
    an event is stored, or None; `decision(decision_id)` the stored decision of this user, or None;
    `pushes_of(decision_id)` the pushes by which that decision reserved, whatever became of them; `words()` what the
    user said before, by place in the ledger, oldest first.
    """

    record: UserRecord
    events: Callable[[], Sequence[StoredEvent]]
    digest_of: Callable[[str], str | None]
    decision: Callable[[str], DecisionRow | None]
    pushes_of: Callable[[str], Sequence[Push]]
    words: Callable[[], Sequence[tuple[int, Entry]]]
