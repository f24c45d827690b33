"""The people while they live on: what they remember, who has left, and what became of each push."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from pushrank.domain.instants import DAY, Instant
from pushrank.town import rules
from pushrank.town.loop.asks import Setting
from pushrank.town.loop.outcome import PEOPLE, PUSHES, Result
from pushrank.town.loop.past import Past
from pushrank.town.memory import Memory, Pushes
from pushrank.town.plan import Flags, Ints
from pushrank.town.weeks import NEVER, drawn
from pushrank.town.words import ZONES


class Reaction(NamedTuple):
    """What became of one push. Times in microseconds, -1 for never."""

    clicked_at: Instant
    dismissed_at: Instant
    opted_out_at: Instant


class Belief(NamedTuple):
    """What the sender knew when it chose: when it was asked, what the push was worth to it, how likely its choice."""

    asked_at: Instant
    net_value: float
    propensity: float


@dataclass(frozen=True, slots=True)
class World:
    """The state of one arm, changed in place by `push`.

    `had` (N, M) marks who got what, `left_at` (N,) and `last_push` (N,) are moments, -1 for never.
    """

    past: Past
    memory: Memory
    had: Flags
    left_at: Ints
    last_push: Ints
    rows: list[tuple[object, ...]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def after(cls, past: Past) -> World:
        """The world at the end of the log; nobody who is followed has left."""
        town, (user, message, at) = past.town, past.pushed
        count = town.plan.users
        pushes = Pushes(user, message, at, rules.irritation(town, user, message, at))
        had = np.zeros((count, len(town.catalogue.messages)), dtype=np.bool_)
        had[user, message] = True
        last = np.full(count, NEVER, dtype=np.int64)
        np.maximum.at(last, user, at)
        memory = Memory.of(count, town.catalogue.topic, pushes, town.plan.log_end, town.plan.weights)
        return cls(past, memory, had, np.full(count, NEVER, dtype=np.int64), last)

    def gone(self, user: int, at: Instant) -> bool:
        """Whether a person has left by then."""
        return NEVER < int(self.left_at[user]) <= at

    def push(self, user: int, message: int, at: Instant, belief: Belief) -> Reaction:
        """A push goes out: the person reacts by the true chances of this moment, and remembers it.

        Whose mind is made up to leave does not make it up again before going.
        """
        town = self.past.town
        who, what, when = (np.array([[place]], dtype=np.int64) for place in (user, message, at))
        standing = self.memory.standing(who, town.catalogue.topic[what], when)
        click = rules.repeated(rules.p_click(town, who, what, when, standing), self.had[who, what])[0]
        leave = rules.p_opt_out(town, who, what, when, standing)[0]
        seen = rules.notice(town, who, when, standing.load)[0]
        became = drawn(when[0], click, leave, seen, self._luck(user, message))
        self.memory.add(who[0], town.catalogue.topic[what[0]], when[0], rules.irritation(town, who, what, when)[0])
        self.had[user, message], self.last_push[user] = True, at
        left = int(became.opted_out_at[0]) if self.left_at[user] == NEVER else NEVER
        if left != NEVER:
            self.left_at[user] = left
        reaction = Reaction(int(became.clicked_at[0]), int(became.dismissed_at[0]), left)
        self._note(user, message, at, belief, (float(click[0]), float(leave[0])), reaction)
        return reaction

    def _luck(self, user: int, message: int) -> np.random.Generator:
        """Chance of its own for each person and message, so that all arms have the same luck."""
        return np.random.default_rng([self.past.town.plan.seed, *b"luck", user, message])

    def _note(
        self,
        user: int,
        message: int,
        at: Instant,
        belief: Belief,
        chances: tuple[float, float],
        reaction: Reaction,
    ) -> None:
        clicked, opted_out = int(reaction.clicked_at != NEVER), int(reaction.opted_out_at != NEVER)
        self.rows.append((user, message, belief.asked_at, at, *chances, clicked, opted_out, *belief[1:]))

    def result(self, setting: Setting, asks: int, silences: Mapping[str, int], stops: Mapping[str, int]) -> Result:
        """What this arm has come to at the end of the plan."""
        pushes = self._pushes()
        people = self._people(pushes, setting)
        named = pushes.assign(user_id=np.array(self.past.town.people.ids, dtype=object)[pushes["user"]])
        return Result(people, named[list(PUSHES)], asks, dict(sorted(silences.items())), dict(sorted(stops.items())))

    def _pushes(self) -> pd.DataFrame:
        names = ["user", "message", "asked_at", "sent_at", "p_click", "p_opt_out", "clicked", "opted_out"]
        town, frame = self.past.town, pd.DataFrame(self.rows, columns=[*names, "net_value", "propensity"])
        frame = frame.astype(dict.fromkeys(("user", "message", "asked_at", "sent_at", "clicked", "opted_out"), "int64"))
        messages = [town.catalogue.messages[place] for place in frame["message"]]
        hour, _ = town.clock(frame["user"].to_numpy(), frame["sent_at"].to_numpy())
        return frame.assign(
            message_id=[message.message_id for message in messages],
            category=[message.category for message in messages],
            worth=[message.worth for message in messages],
            local_hour=hour,
        )

    def _people(self, pushes: pd.DataFrame, setting: Setting) -> pd.DataFrame:
        town, plan, followed = self.past.town, self.past.town.plan, np.flatnonzero(self.past.followed)

        def total(weights: pd.Series | None) -> Ints:
            return np.bincount(pushes["user"], weights, plan.users)[followed]

        left, last = self.left_at[followed], np.maximum(self.last_push, town.people.registered)[followed]
        there = np.where(left == NEVER, plan.end, np.minimum(left, plan.end))
        idle = (left == NEVER) & (last <= plan.end - setting.starved_after * DAY)
        columns = {
            "user_id": [town.people.ids[place] for place in followed],
            "timezone": np.array(list(ZONES), dtype=object)[town.people.zone[followed]],
            "activity": town.people.visits[followed],
            "pushes": total(None),
            "clicks": total(pushes["clicked"]).astype(np.int64),
            "ordinary_clicks": total(pushes["clicked"] * pushes["worth"]),
            "opted_out": (left != NEVER).astype(np.int64),
            "days": (there - plan.log_end) / DAY,
            "starved": idle.astype(np.int64),
        }
        return pd.DataFrame(columns)[list(PEOPLE)]
