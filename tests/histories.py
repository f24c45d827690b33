"""Made histories for tests: messages, users' events, and the same as impressions and event columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, HOUR, SECOND
from pushrank.domain.message import Message
from pushrank.features.columns import Impressions, UserEvents
from pushrank.features.counts import CountTable
from pushrank.features.events import KIND_CLICKED, KIND_SENT, EventColumns, encode_events
from pushrank.features.facts import MessageFacts, message_facts, message_text
from pushrank.features.text import fit_basis
from pushrank.features.view import FeatureView, feature_names

START = 1_790_000_000 * SECOND
OFFSET = 8 * 3600
_TITLES = ("Rain tomorrow", "明天有雨", "Run five kilometres", "Your order", "Ölpreis fällt")
_CATEGORIES = ("news", "sport.tennis", "sport", "shop", "promo")


def made_messages(number: int, seed: int = 1) -> list[Message]:
    rng = np.random.default_rng(seed)
    return [
        Message(
            message_id=f"m-{place}",
            category=_CATEGORIES[place % len(_CATEGORIES)],
            title=f"{_TITLES[place % len(_TITLES)]} {place}",
            body="Now is a good moment. " * (place % 4),
            language=("en", "zh", None)[place % 3],
            tags=tuple(f"tag-{tag}" for tag in rng.integers(0, 20, place % 5)),
            published_at=START + place * HOUR,
            expires_at=None if place % 3 else START + 40 * DAY,
        )
        for place in range(number)
    ]


def made_view(messages: list[Message], dimensions: int = 4) -> FeatureView:
    basis = fit_basis([message_text(message) for message in messages], 512, dimensions, seed=3)
    return FeatureView(feature_names(dimensions, ()), {"base_click": 0.05, "base_opt_out": 0.002}, basis)


def made_events(
    user_id: str, messages: list[Message], number: int, seed: int
) -> list[tuple[Event, Message | None, int]]:
    """Sends with some clicks, dismissals, opens, activity and opt-outs of a category, in no order."""
    rng = np.random.default_rng(seed)
    events: list[tuple[Event, Message | None, int]] = []
    for place in range(number):
        message = messages[int(rng.integers(len(messages)))]
        at = START + int(rng.integers(0, 20 * 24 * 60)) * 60 * SECOND
        kind = (EventType.SENT, EventType.CLICKED, EventType.DISMISSED, EventType.OPENED, EventType.ACTIVITY)[
            int(rng.choice(5, p=[0.6, 0.15, 0.05, 0.1, 0.1]))
        ]
        own = kind is EventType.ACTIVITY
        event = Event(
            event_id=f"{user_id}-{place}",
            type=kind,
            user_id=user_id,
            at=at,
            message_id=None if own else message.message_id,
            tags=message.tags if own else (),
        )
        events.append((event, None if own else message, OFFSET))
    return events


@dataclass(frozen=True)
class MadeLog:
    messages: list[Message]
    facts: MessageFacts
    view: FeatureView
    impressions: Impressions
    events: UserEvents
    counts: CountTable
    by_user: list[EventColumns]

    @property
    def users(self) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        rows = len(self.by_user)
        return {"user_registered_at": np.zeros(rows), "user_language": np.zeros(rows)}


def made_log(users: int, events_each: int, seed: int, messages: int = 30) -> MadeLog:
    catalogue = made_messages(messages, seed)
    view = made_view(catalogue)
    facts = message_facts(catalogue, view.basis)
    by_user = [encode_events(made_events(f"u-{user}", catalogue, events_each, seed + user)) for user in range(users)]
    start = np.cumsum([0, *(columns.at.size for columns in by_user)])
    columns = EventColumns(*(np.concatenate(parts) for parts in zip(*by_user, strict=True)))
    user = np.repeat(np.arange(users), [part.at.size for part in by_user])
    sent = columns.kind == KIND_SENT
    row = np.array([facts.message_ids.index(f"m-{place}") for place in range(messages)])
    message = row[[np.flatnonzero(facts.key == key)[0] for key in columns.message[sent]]]
    counts = CountTable()
    pushes = np.isin(columns.kind, (KIND_SENT, KIND_CLICKED))
    figures = np.column_stack((columns.kind == KIND_SENT, columns.kind == KIND_CLICKED))[pushes]
    counts.add(
        columns.message[pushes],
        columns.category[pushes],
        columns.at[pushes] // HOUR,
        np.column_stack((figures, np.zeros_like(figures))).astype(np.int64),
    )
    impressions = Impressions(user[sent], columns.at[sent], columns.offset[sent], message)
    return MadeLog(catalogue, facts, view, impressions, UserEvents(start, columns), counts, by_user)
