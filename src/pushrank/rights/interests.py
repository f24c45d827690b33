"""What a user's events say they care about: by tag and by category, and what of it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message, MessageOf, lineage
from pushrank.domain.record import StoredEvent, UserRecord
from pushrank.features.events import EVERYTHING, folds
from pushrank.features.fold import MONTH_SCALE, decay
from pushrank.features.keys import key
from pushrank.features.state import (
    CATEGORY_CLICKS,
    CATEGORY_DISMISSALS,
    CATEGORY_SENDS,
    SLOT_ACTIVITY,
    SLOT_CLICKS,
    SLOT_SENDS,
    Floats,
    Ints,
    UserState,
    decode_state,
)
from pushrank.features.tallies import taken_back

About: TypeAlias = Literal["tag", "category"]
Strength: TypeAlias = Literal["high", "medium", "low"]

# What the reasons of a decision call a habit, and half of it.
_HIGH_CLICKS, _HIGH_ACTIVITY = 2.0, 3.0
_MEDIUM = 0.5


class Weight(NamedTuple):
    """What the model uses: pushes, clicks and activity about something, each fading to a third within a month.

    Of a category `dismissals` stand in place of `activity`.
    """

    sends: float = 0.0
    clicks: float = 0.0
    activity: float = 0.0
    dismissals: float = 0.0

    @property
    def strength(self) -> Strength:
        """How strong an interest this is, in a word."""
        share = max(self.clicks / _HIGH_CLICKS, self.activity / _HIGH_ACTIVITY)
        return "high" if share >= 1.0 else "medium" if share >= _MEDIUM else "low"


@dataclass(frozen=True, slots=True)
class Interest:
    """A tag or a category with the events that speak of it.

    `kinds` counts events by type. `used` is False where nothing of it may count: it is blocked or deleted, or the user
    is not profiled. Without events, `first_at`, `last_at` and `expires_at` are None.
    """

    about: About
    name: str
    weight: Weight
    kinds: Mapping[str, int]
    first_at: Instant | None
    last_at: Instant | None
    expires_at: Instant | None
    used: bool
    blocked: bool = False
    forgotten_at: Instant | None = None

    @property
    def events(self) -> int:
        """How many events speak of it."""
        return sum(self.kinds.values())


class _Met(NamedTuple):
    about: About
    name: str
    event: Event


def interests(
    record: UserRecord, stored: Collection[StoredEvent], message_of: MessageOf, as_of: Instant, lasts: Instant
) -> tuple[Interest, ...]:
    """List what the user's events are about, the strongest interest first; `lasts` is how long events are kept.

    Events of before a tag was deleted are not listed under it any more; a tag that was deleted or blocked stays on the
    list, so that the word can be taken back. Of whoever is not profiled nothing is listed but these.
    """
    met: dict[tuple[About, str], list[Event]] = {}
    for tag in (*record.forgotten, *record.withheld[0]):
        met["tag", tag] = []
    if record.profiled:
        for about, name, event in _met(stored, message_of):
            if about == "category" or event.at > record.forgotten.get(name, event.at - 1):
                met.setdefault((about, name), []).append(event)
    state = decode_state(record.state)
    found = [_interest(record, state, place, events, as_of, lasts) for place, events in met.items()]
    return tuple(sorted(found, key=_strongest_first))


def knows_tag(record: UserRecord, stored: Collection[StoredEvent], message_of: MessageOf, tag: str) -> bool:
    """Whether anything that is stored of a user speaks of a tag."""
    said = tag in record.forgotten or tag in record.preferences.tags
    return said or any(about == "tag" and name == tag for about, name, _ in _met(stored, message_of))


def _met(stored: Collection[StoredEvent], message_of: MessageOf) -> Iterator[_Met]:
    failed = taken_back(one.event for one in stored)
    for event in (one.event for one in stored if folds(one.event) and one.event.event_id not in failed):
        message = message_of(event.message_id or "")
        tags = event.tags if event.type is EventType.ACTIVITY else () if message is None else message.tags
        yield from (_Met("tag", tag, event) for tag in dict.fromkeys(tags))
        yield from (_Met("category", name, event) for name in dict.fromkeys(_categories(event, message)))


def _categories(event: Event, message: Message | None) -> Iterable[str]:
    """The category of an event and the root of its tree, as the fold counts them."""
    category = None if message is None else message.category
    if event.type is EventType.OPTED_OUT and event.scope not in (None, EVERYTHING):
        category = event.scope
    return () if category is None else (category, lineage(category)[-1])


def _interest(
    record: UserRecord,
    state: UserState,
    place: tuple[About, str],
    events: Collection[Event],
    as_of: Instant,
    lasts: Instant,
) -> Interest:
    about, name = place
    blocked = about == "tag" and record.preferences.tags.get(name) is False
    moments = [event.at for event in events]
    last = max(moments, default=None)
    return Interest(
        about=about,
        name=name,
        weight=_weight(state, about, name, as_of),
        kinds=dict(sorted(Counter(event.type.value for event in events).items())),
        first_at=min(moments, default=None),
        last_at=last,
        expires_at=None if last is None else last + lasts,
        used=record.profiled and bool(moments) and not blocked,
        blocked=blocked,
        forgotten_at=record.forgotten.get(name) if about == "tag" else None,
    )


def _weight(state: UserState, about: About, name: str, as_of: Instant) -> Weight:
    if about == "tag":
        found = _faded(state.tag_key, state.tag_at, state.tag, name, as_of)
        return (
            Weight() if found is None else Weight(*(found[slot] for slot in (SLOT_SENDS, SLOT_CLICKS, SLOT_ACTIVITY)))
        )
    found = _faded(state.category_key, state.category_at, state.category, name, as_of)
    if found is None:
        return Weight()
    return Weight(found[CATEGORY_SENDS], found[CATEGORY_CLICKS], dismissals=found[CATEGORY_DISMISSALS])


def _faded(keys: Ints, times: Ints, counts: Floats, name: str, as_of: Instant) -> list[float] | None:
    """What is remembered under a name, as the features read it now."""
    places = (keys == key(name)).nonzero()[0]
    if not places.size:
        return None
    place = int(places[0])
    factor = decay(float(as_of - times[place]), MONTH_SCALE)
    return [float(count) * factor for count in counts[place]]


def _strongest_first(one: Interest) -> tuple[float, float, int, str, str]:
    weight = one.weight
    return -(weight.clicks + weight.activity), -weight.sends, -(one.last_at or 0), one.about, one.name
