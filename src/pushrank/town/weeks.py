"""The log, hour by hour: the sender decides, people react, and the true probabilities are written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from pushrank.domain.instants import HOUR, MINUTE, SECOND
from pushrank.town import rules
from pushrank.town.memory import Memory
from pushrank.town.place import Town
from pushrank.town.plan import Flags, Floats, Ints
from pushrank.town.sender import Choices, Ledger, decide

T = TypeVar("T", Choices, "Reactions")
NEVER = -1
_WAVED_OFF = 0.3


@dataclass(frozen=True, slots=True)
class _Delay:
    """Minutes until a reaction: median, log-spread, and the bound that is never reached."""

    median: float
    spread: float
    most: float


_CLICK = _Delay(median=14.0, spread=1.5, most=23.5 * 60)
_LEAVE = _Delay(median=45.0, spread=1.8, most=71.0 * 60)


@dataclass(frozen=True, slots=True)
class Reactions:
    """What became of n pushes. Times in microseconds, -1 for never; `p_click` and `p_opt_out` are the true chances."""

    clicked_at: Ints
    opted_out_at: Ints
    dismissed_at: Ints
    p_click: Floats
    p_opt_out: Floats


@dataclass(frozen=True, slots=True)
class Weeks:
    """A whole log in order of time: D decisions, and the reactions to the P of them (`sent`, shape (D,)) that sent."""

    decisions: Choices
    sent: Flags
    reactions: Reactions


def live_through(town: Town, tick: Callable[[int], None] = lambda _: None) -> Weeks:
    """Run a town from its start to the end of its log; `tick` hears of every finished day."""
    ledger = _nothing_known(town)
    memory = Memory.blank(town.plan.users, town.plan.start, town.plan.weights)
    due = np.zeros((town.plan.hours + 26, len(town.catalogue.messages)), dtype=np.int64)
    rng = town.plan.chance("weeks")
    choices, reactions = [], []
    for step in range(town.plan.log_hours):
        ledger.clicks[:] += due[step]
        choices.append(decide(town, ledger, town.plan.start + step * HOUR, rng))
        reactions.append(_react(town, memory, ledger, _pushed(choices[-1]), rng))
        _plan_clicks(town, due, _pushed(choices[-1]), reactions[-1])
        if step % 24 == 23:  # noqa: PLR2004
            tick(step // 24 + 1)
    decisions = _joined(Choices, choices)
    return Weeks(decisions, decisions.chosen >= 0, _joined(Reactions, reactions))


def _nothing_known(town: Town) -> Ledger:
    users, messages = town.plan.users, len(town.catalogue.messages)
    return Ledger(
        reached=np.ones(users, dtype=np.bool_),
        had=np.zeros((users, messages), dtype=np.bool_),
        sends=np.zeros(messages, dtype=np.int64),
        clicks=np.zeros(messages, dtype=np.int64),
    )


def _pushed(choices: Choices) -> Choices:
    rows = choices.chosen >= 0
    return Choices(*(getattr(choices, field.name)[rows] for field in fields(Choices)))


def _joined(kind: type[T], parts: Sequence[T]) -> T:
    columns = (np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(kind))
    return kind(*columns)


def _react(town: Town, memory: Memory, ledger: Ledger, pushed: Choices, rng: np.random.Generator) -> Reactions:
    """Draw what becomes of these pushes, then let memory and ledger take them in."""
    user, message, at = pushed.user[:, None], pushed.chosen[:, None], pushed.moment[:, None]
    topic = town.catalogue.topic[message]
    standing = memory.standing(user, topic, at)
    click = rules.p_click(town, user, message, at, standing)[:, 0]
    leave = rules.p_opt_out(town, user, message, at, standing)[:, 0]
    seen = rules.notice(town, user, at, standing.load)[:, 0]
    reactions = drawn(pushed.moment, click, leave, seen, rng)
    memory.add(pushed.user, topic[:, 0], pushed.moment, rules.irritation(town, user, message, at)[:, 0])
    ledger.had[pushed.user, pushed.chosen] = True
    np.add.at(ledger.sends, pushed.chosen, 1)
    # No push between the one that drove somebody away and the moment of leaving, so that the cause is the last push.
    ledger.reached[pushed.user[reactions.opted_out_at != NEVER]] = False
    return reactions


def drawn(at: Ints, click: Floats, leave: Floats, seen: Floats, rng: np.random.Generator) -> Reactions:
    """Draw what becomes of n pushes at `at` from their true chances and that of being looked at, `seen`.

    How much of `rng` is used does not depend on the chances.
    """
    clicked_at = _when(rng, at, rng.random(len(at)) < click, _CLICK)
    waved_off = (clicked_at == NEVER) & (rng.random(len(at)) < _WAVED_OFF * np.maximum(seen - click, 0.0))
    left_at = _when(rng, at, rng.random(len(at)) < leave, _LEAVE)
    after_click = np.where(left_at == NEVER, NEVER, np.maximum(left_at, clicked_at + MINUTE))
    return Reactions(clicked_at, after_click, _when(rng, at, waved_off, _CLICK), click, leave)


def _when(rng: np.random.Generator, at: Ints, happens: Flags, delay: _Delay) -> Ints:
    """Moments after `at`, in whole seconds, log-normal and below `most`; -1 where nothing happens."""
    minutes = np.minimum(rng.lognormal(np.log(delay.median), delay.spread, len(at)), delay.most * rng.random(len(at)))
    moment: Ints = at + (2 + (minutes * 60).astype(np.int64)) * SECOND
    return np.where(happens, moment, NEVER)


def _plan_clicks(town: Town, due: Ints, pushed: Choices, reactions: Reactions) -> None:
    """The sender hears of a click in the first hour that starts after it."""
    clicked = reactions.clicked_at != NEVER
    step = (reactions.clicked_at[clicked] - town.plan.start) // HOUR + 1
    np.add.at(due, (step, pushed.chosen[clicked]), 1)
