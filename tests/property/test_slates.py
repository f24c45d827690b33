"""A slate is what choosing one message at a time gives, each as if those before it had just been sent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.config.types import NearDuplicate, Variety
from pushrank.domain.instants import HOUR
from pushrank.domain.message import Message
from pushrank.domain.record import Push
from pushrank.policy import Ask, Eligible, Scores, hold_of, select
from pushrank.policy.policy import divide
from tests.small_policies import NOON, UTC, policy, sent, user

ASKED = policy(
    value_floor=0.0,
    max_per_day=4,
    near_duplicate=NearDuplicate(0.85, 7.0),
    variety=Variety(category=0.4, tag=0.3, half_life_hours=24.0),
)
CROWDING = [constraint for constraint in ASKED.constraints if constraint.crowding]
TWINS = dict.fromkeys(("m-1", "m-2"), frozenset({"m-1", "m-2"})) | dict.fromkeys(
    ("m-4", "m-7"), frozenset({"m-4", "m-7"})
)

categories = st.sampled_from(["news", "news.local", "sport"])
tags = st.lists(st.sampled_from("xyz"), max_size=2, unique=True).map(tuple)
moments = st.sampled_from([NOON, NOON + 20 * HOUR])
pushes = st.builds(
    lambda name, hours, category, own: replace(sent(name, NOON - hours * HOUR), category=category, tags=own),
    st.sampled_from(["m-1", "m-7", "m-9", "other"]),
    st.integers(0, 150),
    categories,
    tags,
)


@st.composite
def candidates(draw: st.DrawFn) -> tuple[list[Eligible], Scores]:
    number = draw(st.integers(0, 8))
    rows = [
        Eligible(Message(f"m-{place}", draw(categories), tags=draw(tags)), draw(moments)) for place in range(number)
    ]
    clicks = draw(st.lists(st.integers(0, 9), min_size=number, max_size=number))
    return rows, Scores(np.array(clicks, dtype=np.float64) / 20, np.full(number, 0.002), 40.0)


def one_by_one(ask: Ask, rows: list[Eligible], scores: Scores, slots: int) -> list[tuple[str, float]]:
    slate: list[tuple[str, float]] = []
    left = list(rows)
    while len(slate) < slots:
        allowed = list(divide(CROWDING, ask, left)[0]) if slate else left
        places = [place for place, row in enumerate(rows) if row in allowed]
        figures = Scores(scores.p_click[places], scores.p_opt_out[places], scores.permission_value)
        found = select(ASKED, ask, allowed, figures, 1)
        if not found.slate:
            break
        row = allowed[found.rows[0]]
        slate.append((row.message.message_id, found.slate[0].scored.net_value))
        left.remove(row)
        hold = hold_of(ask.config, row, "", "", ask.channel)
        ask = replace(ask, record=replace(ask.record, pushes=(*ask.record.pushes, hold)))
    return slate


@given(asked=candidates(), slots=st.integers(1, 6), known=st.lists(pushes, max_size=5), personal=st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_slate_is_what_choosing_one_at_a_time_gives(
    asked: tuple[list[Eligible], Scores], slots: int, known: list[Push], *, personal: bool
) -> None:
    rows, scores = asked
    record = user(sorted(known, key=lambda push: (push.at, push.push_id)), personalisation=personal)
    ask = ASKED.ask(record, NOON, UTC, twins=TWINS)
    found = select(ASKED, ask, rows, scores, slots)
    slate = [(one.scored.message_id, one.scored.net_value) for one in found.slate]
    assert slate == one_by_one(ask, rows, scores, slots)
    passed_over = [one.message_id for one in found.passed_over]
    excluded = [one.message_id for one in found.excluded]
    assert sorted([*(name for name, _ in slate), *passed_over, *excluded]) == [row.message.message_id for row in rows]
