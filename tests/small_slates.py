"""Random users, policies and rows from which a slate is chosen; a message may have rows for several moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from pushrank.config.types import CapRule, Exploration, NearDuplicate, Variety
from pushrank.domain.instants import HOUR
from pushrank.domain.message import Message
from pushrank.policy import Ask, Eligible, Policy, Scores, Selection, hold_of, select
from pushrank.policy.ask import Constraint
from pushrank.policy.exploration import Dice
from pushrank.policy.policy import divide
from tests.small_policies import NOON, UTC, policy, sent, user

FLOOR = 0.05
TWINS = dict.fromkeys(("m-1", "m-2"), frozenset({"m-1", "m-2"})) | dict.fromkeys(
    ("m-4", "m-7"), frozenset({"m-4", "m-7"})
)

categories = st.sampled_from(["news", "news.local", "sport"])
tags = st.lists(st.sampled_from("xyz"), max_size=2, unique=True).map(tuple)
moments = st.lists(st.sampled_from([NOON, NOON + 1 * HOUR, NOON + 20 * HOUR]), min_size=1, max_size=3, unique=True)
pushes = st.builds(
    lambda name, hours, category, own: replace(sent(name, NOON - hours * HOUR), category=category, tags=own),
    st.sampled_from(["m-1", "m-7", "m-9", "other"]),
    st.integers(0, 150),
    categories,
    tags,
)
policies = st.builds(
    lambda day, gap, category, variety: policy(
        value_floor=FLOOR,
        max_per_day=day,
        min_gap_minutes=gap,
        caps=(CapRule(category, "24h", category="*"),) if category else (),
        near_duplicate=NearDuplicate(0.85, 7.0),
        variety=variety,
    ),
    st.sampled_from([1, 2, 4]),
    st.sampled_from([None, 90.0]),
    st.sampled_from([None, 1]),
    st.sampled_from([None, Variety(category=0.4, tag=0.3, half_life_hours=24.0)]),
)


@dataclass(frozen=True)
class Choice:
    """Everything that a slate is chosen by, but chance. All rows are allowed as long as nothing is chosen."""

    policy: Policy
    ask: Ask
    rows: Sequence[Eligible]
    scores: Scores
    slots: int

    def select(self, dice: Dice | None = None) -> Selection:
        return select(self.policy, self.ask, self.rows, self.scores, self.slots, (), dice)

    def exploring(self, setting: Exploration | None) -> Choice:
        config = replace(self.policy.config, exploration=setting)
        return replace(self, policy=replace(self.policy, config=config), ask=replace(self.ask, config=config))

    def names(self) -> set[str]:
        return {row.message.message_id for row in self.rows}

    def without(self, row: Eligible) -> Choice:
        """What is left to choose from once a row was chosen: the other messages, where they are still allowed."""
        hold = hold_of(self.ask.config, row, "", "", self.ask.channel)
        record = replace(self.ask.record, pushes=(*self.ask.record.pushes, hold))
        ask = replace(self.ask, record=record, bonus=0.0)
        others = [one for one in self.rows if one.message != row.message]
        return replace(self, ask=ask)._only(list(divide(_crowding(self.policy), ask, others)[0]))

    def one(self) -> Choice:
        """The same for one place."""
        return replace(self, slots=1)

    def _only(self, rows: Sequence[Eligible]) -> Choice:
        places = [place for place, row in enumerate(self.rows) if any(row is one for one in rows)]
        clicks, opt_outs, value = self.scores
        return replace(
            self, rows=[self.rows[place] for place in places], scores=Scores(clicks[places], opt_outs[places], value)
        )


@st.composite
def choices(draw: st.DrawFn, most_messages: int = 8, most_slots: int = 5) -> Choice:
    """A choice under a policy without exploration."""
    asked = draw(policies)
    messages = [
        Message(f"m-{at}", draw(categories), tags=draw(tags)) for at in range(draw(st.integers(0, most_messages)))
    ]
    rows = [Eligible(message, at) for message in messages for at in draw(moments)]
    clicks = draw(st.lists(st.integers(0, 9), min_size=len(rows), max_size=len(rows)))
    scores = Scores(np.array(clicks, dtype=np.float64) / 20, np.full(len(rows), 0.002), 40.0)
    known = sorted(draw(st.lists(pushes, max_size=5)), key=lambda push: (push.at, push.push_id))
    record = user(known, personalisation=draw(st.booleans()))
    ask = asked.ask(record, NOON, UTC, twins=TWINS, bonus=draw(st.sampled_from([0.0, 0.1])))
    allowed = list(divide(_crowding(asked), ask, rows)[0])
    return Choice(asked, ask, rows, scores, draw(st.integers(1, most_slots)))._only(allowed)


def _crowding(asked: Policy) -> list[Constraint]:
    return [constraint for constraint in asked.constraints if constraint.crowding]
