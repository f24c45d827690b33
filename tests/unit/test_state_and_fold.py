"""The fold remembers what happened, and forgets at the rate it says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, HOUR, instant
from pushrank.domain.message import Message
from pushrank.features.events import encode_events
from pushrank.features.facts import message_facts
from pushrank.features.fold import fold
from pushrank.features.snapshot import NEVER, PAIR_COLUMNS, USER_COLUMNS, pair_figures, user_figures
from pushrank.features.state import CATEGORIES, STATE_BYTES, UserState, decode_state, empty_state, encode_state
from pushrank.features.text import TextBasis

AT = instant("2026-11-23T10:00:00+00:00")  # a Monday
MESSAGE = Message("m-1", "sport.tennis", tags=("tennis", "open"))
TRAVEL = {"travel": ("rail", "beach")}


def event(
    about: EventType, at: int, message: Message | None = MESSAGE, **more: object
) -> tuple[Event, Message | None, int]:
    name = message.message_id if message else None
    return Event(f"{about}-{at}", about, "u", at, message_id=name, **more), message, 0  # type: ignore[arg-type]


def folded(*events: tuple[Event, Message | None, int]) -> UserState:
    state = empty_state()
    fold(state, encode_events(events))
    return state


def user_at(state: UserState, at: int, offset: int = 0) -> dict[str, float]:
    out = np.full(len(USER_COLUMNS), np.nan)
    user_figures(state, at, offset, out)
    return dict(zip(USER_COLUMNS, out.tolist(), strict=True))


def pair_at(state: UserState, at: int, message: Message = MESSAGE) -> dict[str, float]:
    out = np.full(len(PAIR_COLUMNS), np.nan)
    columns = encode_events([event(EventType.SENT, at, message)])
    tags = columns.tags[0]
    pair_figures(state, at, columns.message[0], columns.category[0], columns.root[0], tags, tags, out)
    return dict(zip(PAIR_COLUMNS, out.tolist(), strict=True))


def test_an_unknown_user_has_a_figure_for_everything() -> None:
    figures = user_at(empty_state(), AT) | pair_at(empty_state(), AT)

    assert all(math.isfinite(figure) for figure in figures.values())
    assert figures["user_hours_since_sent"] == NEVER
    assert figures["pair_tags_known"] == 0


def test_counts_fade_within_a_week_and_a_month_while_the_total_stays() -> None:
    figures = user_at(folded(event(EventType.SENT, AT)), AT + 7 * DAY)

    assert figures["user_total_sends"] == 1
    assert figures["user_week_sends"] == pytest.approx(math.exp(-1))
    assert figures["user_month_sends"] == pytest.approx(math.exp(-7 / 30))


def test_windows_count_pushes_of_the_last_hours() -> None:
    figures = user_at(folded(event(EventType.SENT, AT), event(EventType.SENT, AT + 20 * HOUR)), AT + 25 * HOUR)

    assert (figures["user_sends_12h"], figures["user_sends_24h"], figures["user_sends_72h"]) == (1, 1, 2)


def test_a_window_ends_exactly_where_it_says() -> None:
    state = folded(event(EventType.SENT, AT))

    assert user_at(state, AT + 24 * HOUR - 1)["user_sends_24h"] == 1
    assert user_at(state, AT + 24 * HOUR)["user_sends_24h"] == 0


def test_a_second_click_of_the_same_push_counts_nothing() -> None:
    once = folded(event(EventType.SENT, AT), event(EventType.CLICKED, AT + HOUR))
    twice = folded(
        event(EventType.SENT, AT), event(EventType.CLICKED, AT + HOUR), event(EventType.CLICKED, AT + HOUR + 1)
    )

    assert user_at(once, AT + DAY)["user_total_clicks"] == user_at(twice, AT + DAY)["user_total_clicks"] == 1


def test_a_click_is_a_habit_of_the_hour_of_the_push_in_local_time() -> None:
    events = [event(EventType.SENT, AT), event(EventType.CLICKED, AT + 5 * HOUR)]
    state = empty_state()
    fold(state, encode_events([(one, message, 8 * 3600) for one, message, _ in events]))

    assert user_at(state, AT + DAY, 8 * 3600)["hour_clicks"] == 1
    assert user_at(state, AT + DAY + 5 * HOUR, 8 * 3600)["hour_clicks"] == 0
    assert user_at(state, AT + DAY, 8 * 3600)["hour_of_day"] == 18


def test_a_category_counts_for_its_root_too() -> None:
    figures = pair_at(folded(event(EventType.SENT, AT)), AT + HOUR, Message("m-2", "sport.rowing"))

    assert figures["pair_category_total_sends"] == 0
    assert figures["pair_root_total_sends"] == 1


def test_activity_tells_of_tags() -> None:
    state = folded(event(EventType.ACTIVITY, AT, None, kind="view", tags=("tennis",)))

    assert pair_at(state, AT + 1)["pair_tag_activity"] == pytest.approx(1.0)
    assert user_at(state, AT + 1)["user_total_activity"] == 1


def test_opting_out_of_a_category_counts_against_it() -> None:
    state = folded(event(EventType.OPTED_OUT, AT, None, scope="sport"))

    assert pair_at(state, AT + 1)["pair_root_dismissals"] == pytest.approx(1.0)
    assert user_at(state, AT + 1)["user_total_opt_outs"] == 0


def test_pushes_without_a_click_in_a_row_end_at_the_last_click() -> None:
    sends = [event(EventType.SENT, AT + place * HOUR, Message(f"m-{place}", "news")) for place in range(5)]
    click = event(EventType.CLICKED, AT + 2 * HOUR + 1, Message("m-2", "news"))

    assert user_at(folded(*sends, click), AT + DAY)["user_unclicked_in_a_row"] == 2


def test_when_categories_run_out_the_one_idle_for_longest_makes_room() -> None:
    sends = [
        event(EventType.SENT, AT + place * HOUR, Message(f"m-{place}", f"category-{place}"))
        for place in range(CATEGORIES + 1)
    ]
    state = folded(*sends)

    assert pair_at(state, AT + 30 * DAY, Message("x", "category-0"))["pair_category_total_sends"] == 0
    assert pair_at(state, AT + 30 * DAY, Message("x", "category-1"))["pair_category_total_sends"] == 1


def test_a_state_survives_as_bytes_and_stays_small() -> None:
    state = folded(event(EventType.SENT, AT), event(EventType.CLICKED, AT + 1))

    again = decode_state(encode_state(state))

    assert all(np.array_equal(one, other) for one, other in zip(state, again, strict=True))
    assert len(encode_state(state)) <= STATE_BYTES


def test_bytes_that_are_no_state_are_refused_with_the_size() -> None:
    with pytest.raises(ValueError, match=f"at most {STATE_BYTES} bytes, got {STATE_BYTES + 1}"):
        decode_state(b"x" * (STATE_BYTES + 1))


def test_activity_about_one_tag_of_a_topic_tells_of_the_others() -> None:
    facts = message_facts([Message("m-9", "travel.rail", tags=("rail",))], TextBasis(np.zeros((8, 0))), (), TRAVEL)
    state = folded(
        event(EventType.ACTIVITY, AT, None, tags=("beach",)), event(EventType.ACTIVITY, AT, None, tags=("tea",))
    )
    out = np.full(len(PAIR_COLUMNS), np.nan)

    pair_figures(state, AT + 1, facts.key[0], facts.category[0], facts.root[0], facts.tags[0], facts.topic[0], out)

    figures = dict(zip(PAIR_COLUMNS, out.tolist(), strict=True))
    assert figures["pair_tag_activity"] == 0
    assert figures["pair_topic_activity"] == pytest.approx(1.0)
