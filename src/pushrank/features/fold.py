"""The one fold of events into a user's state, and the figures read from it at a moment.

Everything here is compiled once and used by training, back-fill and serving alike, so nothing can skew.
"""

from __future__ import annotations

import math

from pushrank.features.compiled import compiled
from pushrank.features.events import (
    KIND_ACTIVITY,
    KIND_CATEGORY_OPTED_OUT,
    KIND_CLICKED,
    KIND_CONVERTED,
    KIND_DISMISSED,
    KIND_OPENED,
    KIND_OPTED_OUT,
    KIND_SENT,
    EventColumns,
)
from pushrank.features.state import (
    ACTIVITY,
    CATEGORY_CLICKS,
    CATEGORY_DISMISSALS,
    CATEGORY_SENDS,
    CATEGORY_TOTAL_CLICKS,
    CATEGORY_TOTAL_SENDS,
    CLICKS,
    CONVERSIONS,
    DISMISSALS,
    FIRST_EVENT,
    LAST_ACTIVE,
    LAST_CLICKED,
    LAST_DISMISSED,
    LAST_EVENT,
    LAST_OPENED,
    LAST_SENT,
    MARK,
    OPENS,
    OPT_OUTS,
    RECENT,
    SENDS,
    SLOT_ACTIVITY,
    SLOT_CLICKS,
    SLOT_SENDS,
    Floats,
    Ints,
    UserState,
)

WEEK_SCALE = 7.0 * 86400e6  # decay constants in microseconds: a count falls to 1/e after this long
MONTH_SCALE = 30.0 * 86400e6
CLICKED, OPENED, DISMISSED = 1, 2, 4
NO_PUSH, NOTED_BEFORE = -1, -2


@compiled
def hour_of_week(at: int, offset: int) -> int:
    """Local hour since Monday 00:00, 0 to 167. `at` in microseconds UTC, `offset` in seconds."""
    hours = (at // 1_000_000 + offset) // 3600
    return (hours + 72) % 168  # 1970-01-01 was a Thursday


@compiled
def decay(elapsed: float, scale: float) -> float:
    """exp(-elapsed / scale), 1 for nothing elapsed."""
    return math.exp(-elapsed / scale) if elapsed > 0.0 else 1.0


@compiled
def _fade(counts: Floats, elapsed: int, scale: float) -> None:
    """Let counts decay in place. A loop, since an expression over so few elements spends its time on a new array."""
    factor = decay(float(elapsed), scale)
    for place in range(counts.size):
        counts[place] *= factor


@compiled
def _advance(state: UserState, at: int) -> None:
    last = state.clock[LAST_EVENT]
    if last == 0:
        state.clock[FIRST_EVENT] = at
    else:
        _fade(state.week, at - last, WEEK_SCALE)
        _fade(state.month, at - last, MONTH_SCALE)
    state.clock[LAST_EVENT] = at


@compiled
def _count(state: UserState, counter: int, clock: int, at: int) -> None:
    state.total[counter] += 1.0
    state.week[counter] += 1.0
    state.month[counter] += 1.0
    if clock >= 0:
        state.clock[clock] = at


@compiled
def _slot(keys: Ints, times: Ints, key: int) -> int:
    """Place of `key`, else an empty place, else the one idle for longest; a new place has key 0."""
    oldest = 0
    for place in range(keys.size):
        if keys[place] == key:
            return place
        if keys[place] == 0:
            return place
        if times[place] < times[oldest]:
            oldest = place
    keys[oldest] = 0
    return oldest


@compiled
def _touch_category(state: UserState, key: int, at: int) -> int:
    place = _slot(state.category_key, state.category_at, key)
    if state.category_key[place] == 0:
        state.category_key[place] = key
        state.category[place, :] = 0.0
        state.category_sent_at[place] = 0
    else:
        _fade(state.category[place, :3], at - state.category_at[place], MONTH_SCALE)
    state.category_at[place] = at
    return place


@compiled
def _touch_tag(state: UserState, key: int, at: int) -> int:
    place = _slot(state.tag_key, state.tag_at, key)
    if state.tag_key[place] == 0:
        state.tag_key[place] = key
        state.tag[place, :] = 0.0
    else:
        _fade(state.tag[place], at - state.tag_at[place], MONTH_SCALE)
    state.tag_at[place] = at
    return place


@compiled
def _add_tags(state: UserState, tags: Ints, column: int, at: int) -> None:
    for tag in tags:
        if tag != 0:
            state.tag[_touch_tag(state, tag, at), column] += 1.0


@compiled
def _add_category(state: UserState, key: int, column: int, at: int) -> None:
    place = _touch_category(state, key, at)
    state.category[place, column] += 1.0
    if column == CATEGORY_SENDS:
        state.category[place, CATEGORY_TOTAL_SENDS] += 1.0
        state.category_sent_at[place] = at
    elif column == CATEGORY_CLICKS:
        state.category[place, CATEGORY_TOTAL_CLICKS] += 1.0


@compiled
def _add_categories(state: UserState, category: int, root: int, column: int, at: int) -> None:
    if category != 0:
        _add_category(state, category, column, at)
    if root not in (0, category):
        _add_category(state, root, column, at)


@compiled
def _sent(state: UserState, at: int, hour: int, message: int, category: int) -> None:
    _count(state, SENDS, LAST_SENT, at)
    state.hours[hour % 24, SLOT_SENDS] += 1.0
    state.weekdays[hour // 24, SLOT_SENDS] += 1.0
    place = state.clock[MARK] % RECENT
    state.recent_at[place] = at
    state.recent_message[place] = message
    state.recent_category[place] = category
    state.recent_hour[place] = hour
    state.recent_outcome[place] = 0
    state.clock[MARK] += 1


@compiled
def _mark(state: UserState, message: int, outcome: int) -> int:
    """Note an outcome of the newest push of `message`; gives the push's hour of the week, NO_PUSH or NOTED_BEFORE."""
    newest = state.clock[MARK]
    for back in range(1, min(newest, RECENT) + 1):
        place = (newest - back) % RECENT
        if state.recent_message[place] == message:
            if state.recent_outcome[place] & outcome:
                return NOTED_BEFORE
            state.recent_outcome[place] |= outcome
            return int(state.recent_hour[place])
    return NO_PUSH


@compiled
def _clicked(state: UserState, at: int, hour: int, message: int) -> bool:
    sent_hour = _mark(state, message, CLICKED)
    if sent_hour == NOTED_BEFORE:
        return False
    habit = hour if sent_hour < 0 else sent_hour
    _count(state, CLICKS, LAST_CLICKED, at)
    state.hours[habit % 24, SLOT_CLICKS] += 1.0
    state.weekdays[habit // 24, SLOT_CLICKS] += 1.0
    return True


@compiled
def _active(state: UserState, at: int, hour: int) -> None:
    _count(state, ACTIVITY, LAST_ACTIVE, at)
    state.hours[hour % 24, SLOT_ACTIVITY] += 1.0
    state.weekdays[hour // 24, SLOT_ACTIVITY] += 1.0


@compiled
def _apply_answer(state: UserState, events: EventColumns, row: int) -> None:
    """Fold what a user did with a push, beside clicking it."""
    kind, at, message = events.kind[row], events.at[row], events.message[row]
    if kind == KIND_OPENED and _mark(state, message, OPENED) != NOTED_BEFORE:
        _count(state, OPENS, LAST_OPENED, at)
    elif kind == KIND_DISMISSED and _mark(state, message, DISMISSED) != NOTED_BEFORE:
        _count(state, DISMISSALS, LAST_DISMISSED, at)
        _add_categories(state, events.category[row], events.root[row], CATEGORY_DISMISSALS, at)
    elif kind == KIND_CONVERTED:
        _count(state, CONVERSIONS, -1, at)
    elif kind == KIND_OPTED_OUT:
        _count(state, OPT_OUTS, -1, at)
    elif kind == KIND_CATEGORY_OPTED_OUT:
        _add_categories(state, events.category[row], events.root[row], CATEGORY_DISMISSALS, at)


@compiled
def apply(state: UserState, events: EventColumns, row: int) -> None:
    """Fold one event, a row of `events`, into `state`, in place. Events must come in the canonical order."""
    kind, at, message = events.kind[row], events.at[row], events.message[row]
    category, root, tags = events.category[row], events.root[row], events.tags[row]
    hour = hour_of_week(at, events.offset[row])
    _advance(state, at)
    if kind == KIND_SENT:
        _sent(state, at, hour, message, category)
        _add_categories(state, category, root, CATEGORY_SENDS, at)
        _add_tags(state, tags, SLOT_SENDS, at)
    elif kind == KIND_CLICKED:
        if _clicked(state, at, hour, message):
            _add_categories(state, category, root, CATEGORY_CLICKS, at)
            _add_tags(state, tags, SLOT_CLICKS, at)
    elif kind == KIND_ACTIVITY:
        _active(state, at, hour)
        _add_tags(state, tags, SLOT_ACTIVITY, at)
    else:
        _apply_answer(state, events, row)


@compiled
def fold(state: UserState, events: EventColumns) -> None:
    """Fold all events of one user, in canonical order, into `state`, in place."""
    for row in range(events.at.size):
        apply(state, events, row)


@compiled
def reset(state: UserState) -> None:
    """Make `state` empty again, in place."""
    state.clock[:] = 0
    state.total[:] = 0.0
    state.week[:] = 0.0
    state.month[:] = 0.0
    state.hours[:] = 0.0
    state.weekdays[:] = 0.0
    state.recent_at[:] = 0
    state.recent_message[:] = 0
    state.recent_category[:] = 0
    state.recent_hour[:] = 0
    state.recent_outcome[:] = 0
    state.category_key[:] = 0
    state.category_at[:] = 0
    state.category_sent_at[:] = 0
    state.category[:] = 0.0
    state.tag_key[:] = 0
    state.tag_at[:] = 0
    state.tag[:] = 0.0
