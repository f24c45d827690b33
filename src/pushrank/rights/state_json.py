"""The summary of a user's behaviour as named numbers: what its arrays say, without their empty places."""

from __future__ import annotations

from typing import Any

from pushrank.domain.instants import Instant, iso
from pushrank.features.state import COUNTERS, Floats, UserState

_CLOCK = ("last_event", "last_sent", "last_clicked", "last_opened", "last_dismissed", "last_active", "first_event")
_SLOT = ("sends", "clicks", "activity")
_CATEGORY = ("sends", "clicks", "dismissals", "total_sends", "total_clicks")


def state_json(state: UserState) -> dict[str, Any]:
    """Name everything in a state. Messages, categories and tags stand by their keys, which are digests of names.

    `outcome` of a recent push: 1 clicked, 2 opened, 4 dismissed, added up; `hour` is that of the week. `recent_place`
    is where the next push will be remembered.
    """
    return {
        "clock": {name: _time(int(at)) for name, at in zip(_CLOCK, state.clock, strict=False)},
        "recent_place": int(state.clock[len(_CLOCK)]),
        **{
            name: dict(zip(COUNTERS, getattr(state, name).tolist(), strict=True)) for name in ("total", "week", "month")
        },
        "hours": _named(state.hours, _SLOT),
        "weekdays": _named(state.weekdays, _SLOT),
        "recent": _recent(state),
        "categories": _categories(state),
        "tags": [
            {"key": int(key), "at": _time(int(at)), **slots}
            for key, at, slots in zip(state.tag_key, state.tag_at, _named(state.tag, _SLOT), strict=True)
            if key
        ],
    }


def _named(rows: Floats, names: tuple[str, ...]) -> list[dict[str, float]]:
    return [dict(zip(names, row, strict=True)) for row in rows.tolist()]


def _recent(state: UserState) -> list[dict[str, Any]]:
    names = ("message_key", "category_key", "hour", "outcome")
    arrays = (state.recent_message, state.recent_category, state.recent_hour, state.recent_outcome)
    rows = zip(state.recent_at.tolist(), *(array.tolist() for array in arrays), strict=True)
    return [{"at": iso(at), **dict(zip(names, rest, strict=True))} for at, *rest in rows if at]


def _categories(state: UserState) -> list[dict[str, Any]]:
    moments = zip(state.category_key.tolist(), state.category_at.tolist(), state.category_sent_at.tolist(), strict=True)
    return [
        {"key": key, "at": _time(at), "sent_at": _time(sent_at), **figures}
        for (key, at, sent_at), figures in zip(moments, _named(state.category, _CATEGORY), strict=True)
        if key
    ]


def _time(at: Instant) -> str | None:
    return iso(at) if at else None
