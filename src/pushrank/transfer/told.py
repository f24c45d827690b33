"""What the rows of a log tell, as the events that a backend would have reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.features.events import EVERYTHING
from pushrank.logs.parts import Ints, Part, Windows, outcome_at

_OUTCOMES = {
    "opened": EventType.OPENED,
    "clicked": EventType.CLICKED,
    "dismissed": EventType.DISMISSED,
    "converted": EventType.CONVERTED,
    "category_opted_out": EventType.OPTED_OUT,
    "opted_out": EventType.OPTED_OUT,
}


def unlisted(message_id: str) -> Message:
    """What stands for a message that only outcomes know."""
    return Message(message_id, "unknown")


def told_by_user(
    part: Part, messages: dict[str, Message], windows: Windows, before: Instant | None = None
) -> Iterator[tuple[str, list[Event]]]:
    """Each user of a part with the events of their rows in the order of time, those strictly before `before` only.

    The id of an event follows from what it says and how often it was said before, so that a log loaded twice tells
    nothing twice, and what it tells twice itself counts twice, as in training.
    """
    times = {name: outcome_at(part.outcomes, name, windows) for name in _OUTCOMES}
    pushes = np.searchsorted(part.outcome_user, np.arange(len(part.user_ids) + 1))
    order = np.argsort(part.activity_user, kind="stable")
    acts = np.searchsorted(part.activity_user[order], np.arange(len(part.user_ids) + 1))
    rows, activity = _records(part.outcomes), _records(part.activity.iloc[order])
    for code, user_id in enumerate(part.user_ids):
        events = [
            event
            for place in range(pushes[code], pushes[code + 1])
            for event in _of_push(user_id, rows[place], messages, times, place)
        ]
        events += [_of_activity(user_id, row) for row in activity[acts[code] : acts[code + 1]]]
        kept = (event for event in _numbered(events) if before is None or event.at < before)
        yield user_id, sorted(kept, key=lambda event: (event.at, event.event_id))


def _numbered(events: list[Event]) -> Iterator[Event]:
    """Give the events of one user with ids of their own: the second that says the same is `-2`, and so on."""
    seen: Counter[str] = Counter()
    for event in events:
        name = event.event_id
        seen[name] += 1
        yield event if seen[name] == 1 else replace(event, event_id=f"{name}-{seen[name]}")


def _records(frame: pd.DataFrame) -> Sequence[dict[str, Any]]:
    wanted = [name for name in _READ if name in frame]
    columns = [frame[name].tolist() for name in wanted]
    return [dict(zip(wanted, row, strict=True)) for row in zip(*columns, strict=True)] if columns else []


_READ = ("message_id", "sent_at", "decision_id", "channel", "conversion_value", "at", "kind", "tags", "items")


def _of_push(
    user_id: str, row: dict[str, Any], messages: dict[str, Message], times: dict[str, Ints], place: int
) -> Iterator[Event]:
    about = {
        "message_id": row["message_id"],
        "decision_id": _text(row, "decision_id"),
        "channel": _text(row, "channel"),
    }
    yield _event(EventType.SENT, user_id, row["sent_at"], row["sent_at"], **about)
    for name, kind in _OUTCOMES.items():
        at = int(times[name][place])
        if at < 0:
            continue
        more: dict[str, Any] = {}
        if name == "converted":
            more["amount"] = _number(row.get("conversion_value"))
        elif kind is EventType.OPTED_OUT:
            more["scope"] = EVERYTHING if name == "opted_out" else messages[row["message_id"]].category
        yield _event(kind, user_id, at, row["sent_at"], **about, **more)


def _of_activity(user_id: str, row: dict[str, Any]) -> Event:
    lists = {
        name: tuple(row[name]) for name in ("tags", "items") if isinstance(row.get(name), (list, tuple, np.ndarray))
    }
    return _event(EventType.ACTIVITY, user_id, row["at"], row["at"], kind=_text(row, "kind"), **lists)


def _event(about: EventType, user_id: str, at: Instant, sent_at: Instant, **more: Any) -> Event:
    said = f"{user_id}|{about.value}|{at}|{sent_at}|{sorted(more.items())}"
    name = f"log-{blake2b(said.encode(), digest_size=16).hexdigest()}"
    return Event(event_id=name, type=about, user_id=user_id, at=at, **more)


def _text(row: dict[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None
