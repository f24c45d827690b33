"""Figures read from a user's state at a moment: of the user alone, and of the user together with one message.

Both write into one row of an output array, so that a request and a training table are filled by the same code.
"""

from __future__ import annotations

from pushrank.features.compiled import compiled
from pushrank.features.fold import CLICKED, DISMISSED, MONTH_SCALE, OPENED, WEEK_SCALE, decay, hour_of_week
from pushrank.features.state import (
    COUNTERS,
    FIRST_EVENT,
    LAST_ACTIVE,
    LAST_CLICKED,
    LAST_DISMISSED,
    LAST_EVENT,
    LAST_OPENED,
    LAST_SENT,
    MARK,
    RECENT,
    Floats,
    Ints,
    UserState,
)

HOUR_US = 3_600_000_000
NEVER = 2160.0  # hours after which "long ago" and "never" are the same to us: 90 days
_WINDOWS = (12, 24, 72, 168)
_LAST = (3, 10, 30)

USER_COLUMNS = (
    *(f"user_total_{name}" for name in COUNTERS),
    *(f"user_week_{name}" for name in COUNTERS),
    *(f"user_month_{name}" for name in COUNTERS),
    "user_hours_since_sent",
    "user_hours_since_clicked",
    "user_hours_since_opened",
    "user_hours_since_dismissed",
    "user_hours_since_active",
    "user_hours_since_first",
    *(f"user_sends_{hours}h" for hours in _WINDOWS),
    *(f"user_clicks_of_last_{pushes}" for pushes in _LAST),
    *(f"user_opens_of_last_{pushes}" for pushes in _LAST),
    "user_dismissals_of_last_10",
    "user_unclicked_in_a_row",
    "hour_of_day",
    "day_of_week",
    "hour_sends",
    "hour_clicks",
    "hour_activity",
    "day_sends",
    "day_clicks",
    "day_activity",
)
PAIR_COLUMNS = (
    "pair_category_sends",
    "pair_category_clicks",
    "pair_category_dismissals",
    "pair_category_total_sends",
    "pair_category_total_clicks",
    "pair_category_hours_since_sent",
    "pair_root_sends",
    "pair_root_clicks",
    "pair_root_dismissals",
    "pair_root_total_sends",
    "pair_root_total_clicks",
    "pair_root_hours_since_sent",
    "pair_tag_sends",
    "pair_tag_clicks",
    "pair_tag_activity",
    "pair_tag_best_activity",
    "pair_tags_known",
    "pair_topic_sends",
    "pair_topic_clicks",
    "pair_topic_activity",
    "pair_topic_best_activity",
    "pair_topic_tags_known",
    "pair_category_in_a_row",
    "pair_message_sends",
    "pair_message_hours_since_sent",
)
_COUNTERS = len(COUNTERS)
_SINCE = 3 * _COUNTERS
_WINDOW = _SINCE + 6
_RECENT = _WINDOW + len(_WINDOWS)
_HABIT = _RECENT + 2 * len(_LAST) + 2


@compiled
def hours_since(at: int, then: int) -> float:
    """Hours from `then` to `at`, at most NEVER; NEVER where `then` is 0, which stands for never."""
    if then == 0:
        return NEVER
    return float(min((at - then) / HOUR_US, NEVER))


@compiled
def _around(slots: Floats, place: int, column: int, size: int) -> float:
    """What a slot and, at half weight, its two neighbours hold: a habit at 8 says something about 7 and 9."""
    before, after = (place + size - 1) % size, (place + 1) % size
    return float(slots[place, column] + 0.5 * (slots[before, column] + slots[after, column]))


@compiled
def _counters(state: UserState, at: int, out: Floats) -> None:
    elapsed = float(at - state.clock[LAST_EVENT])
    week, month = decay(elapsed, WEEK_SCALE), decay(elapsed, MONTH_SCALE)
    for counter in range(_COUNTERS):
        out[counter] = state.total[counter]
        out[_COUNTERS + counter] = state.week[counter] * week
        out[2 * _COUNTERS + counter] = state.month[counter] * month


@compiled
def _since(state: UserState, at: int, out: Floats) -> None:
    out[_SINCE] = hours_since(at, state.clock[LAST_SENT])
    out[_SINCE + 1] = hours_since(at, state.clock[LAST_CLICKED])
    out[_SINCE + 2] = hours_since(at, state.clock[LAST_OPENED])
    out[_SINCE + 3] = hours_since(at, state.clock[LAST_DISMISSED])
    out[_SINCE + 4] = hours_since(at, state.clock[LAST_ACTIVE])
    out[_SINCE + 5] = hours_since(at, state.clock[FIRST_EVENT])


@compiled
def _recent(state: UserState, at: int, out: Floats) -> None:
    out[_WINDOW:_HABIT] = 0.0
    newest, streak = state.clock[MARK], True
    for back in range(1, min(newest, RECENT) + 1):
        place = (newest - back) % RECENT
        age, outcome = at - state.recent_at[place], state.recent_outcome[place]
        for window in range(len(_WINDOWS)):
            out[_WINDOW + window] += age < _WINDOWS[window] * HOUR_US
        for last in range(len(_LAST)):
            out[_RECENT + last] += back <= _LAST[last] and (outcome & CLICKED) > 0
            out[_RECENT + len(_LAST) + last] += back <= _LAST[last] and (outcome & OPENED) > 0
        out[_HABIT - 2] += back <= 10 and (outcome & DISMISSED) > 0  # noqa: PLR2004 - named in USER_COLUMNS
        streak = streak and (outcome & CLICKED) == 0
        out[_HABIT - 1] += streak


@compiled
def _habits(state: UserState, hour: int, out: Floats) -> None:
    out[_HABIT] = hour % 24
    out[_HABIT + 1] = hour // 24
    for column in range(3):
        out[_HABIT + 2 + column] = _around(state.hours, hour % 24, column, 24)
        out[_HABIT + 5 + column] = state.weekdays[hour // 24, column]


@compiled
def user_figures(state: UserState, at: int, offset: int, out: Floats) -> None:
    """Write USER_COLUMNS as of `at` into `out`. `offset` is the user's UTC offset in seconds."""
    _counters(state, at, out)
    _since(state, at, out)
    _recent(state, at, out)
    _habits(state, hour_of_week(at, offset), out)


@compiled
def _category_figures(state: UserState, at: int, key: int, out: Floats) -> None:
    out[:5] = 0.0
    out[5] = NEVER
    for place in range(state.category_key.size):
        if state.category_key[place] == 0:
            return
        if state.category_key[place] == key:
            factor = decay(float(at - state.category_at[place]), MONTH_SCALE)
            for column in range(3):
                out[column] = state.category[place, column] * factor
            out[3], out[4] = state.category[place, 3], state.category[place, 4]
            out[5] = hours_since(at, state.category_sent_at[place])
            return


@compiled
def _tag_figures(state: UserState, at: int, tags: Ints, out: Floats) -> None:
    out[:] = 0.0
    for tag in tags:
        if tag == 0:
            continue
        for place in range(state.tag_key.size):
            if state.tag_key[place] == tag:
                factor = decay(float(at - state.tag_at[place]), MONTH_SCALE)
                out[0] += state.tag[place, 0] * factor
                out[1] += state.tag[place, 1] * factor
                out[2] += state.tag[place, 2] * factor
                out[3] = max(out[3], state.tag[place, 2] * factor)
                out[4] += 1.0
                break


@compiled
def _repetition_figures(state: UserState, at: int, message: int, category: int, out: Floats) -> None:
    newest, row, in_a_row, sends, hours = state.clock[MARK], True, 0.0, 0.0, NEVER
    for back in range(1, min(newest, RECENT) + 1):
        place = (newest - back) % RECENT
        row = row and state.recent_category[place] == category
        in_a_row += row
        if state.recent_message[place] == message:
            sends += 1.0
            hours = min(hours, hours_since(at, state.recent_at[place]))
    out[0], out[1], out[2] = in_a_row, sends, hours


@compiled
def pair_figures(  # noqa: PLR0913 - a kernel over plain columns
    state: UserState, at: int, message: int, category: int, root: int, tags: Ints, topic: Ints, out: Floats
) -> None:
    """Write PAIR_COLUMNS of one message, given by its keys and those of its topic's tags, as of `at` into `out`."""
    _category_figures(state, at, category, out[:6])
    _category_figures(state, at, root, out[6:12])
    _tag_figures(state, at, tags, out[12:17])
    _tag_figures(state, at, topic, out[17:22])
    _repetition_figures(state, at, message, category, out[22:25])
