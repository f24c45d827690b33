"""The sender who wrote the log goes on as before: the arm that every other one is held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from pushrank.domain.instants import HOUR, Instant
from pushrank.town.loop.asks import Setting
from pushrank.town.loop.outcome import Result
from pushrank.town.loop.past import Past
from pushrank.town.loop.world import Belief, World
from pushrank.town.plan import Ints
from pushrank.town.sender import Choices, Ledger, decide
from pushrank.town.weeks import NEVER


def live_on_unranked(
    past: Past, setting: Setting | None = None, tick: Callable[[int], None] = lambda _: None
) -> Result:
    """Let the behaviour policy send after the log, at moments of its own; `tick` hears of every finished day.

    As in the log, nobody gets more than one push in an hour. Of `setting` only what is counted at the end matters.
    """
    world, plan = World.after(past), past.town.plan
    ledger, due = ledger_of(past, world), _due(past)
    rng, asks, silent = plan.chance("weeks after"), 0, 0
    for step, hour in enumerate(range(plan.log_end, plan.end, HOUR)):
        ledger.clicks[:] += due[step]
        ledger.reached[:] = past.followed & ((world.left_at == NEVER) | (world.left_at > hour))
        choices = decide(past.town, ledger, hour, rng)
        asks, silent = asks + len(choices.user), silent + int(np.sum(choices.chosen < 0))
        _send(world, ledger, due, choices)
        if step % 24 == 23:  # noqa: PLR2004
            tick(step // 24 + 1)
    return world.result(setting or Setting(), asks, Counter(chosen=silent), {})


def ledger_of(past: Past, world: World) -> Ledger:
    """What the sender knows at the end of the log; `had` is the world's own, so that it grows with it."""
    _, message, _ = past.pushed
    clicked_at, count = past.weeks.reactions.clicked_at, len(past.town.catalogue.messages)
    known = (clicked_at != NEVER) & (clicked_at < past.town.plan.log_end)
    return Ledger(
        reached=past.followed.copy(),
        had=world.had,
        sends=np.bincount(message, minlength=count),
        clicks=np.bincount(message[known], minlength=count),
    )


def _due(past: Past) -> Ints:
    """Clicks of which the sender hears in each hour after the log (hours, M): so far those of the log's last pushes."""
    plan, (_, message, _) = past.town.plan, past.pushed
    clicked_at = past.weeks.reactions.clicked_at
    due = np.zeros(((plan.end - plan.log_end) // HOUR, len(past.town.catalogue.messages)), dtype=np.int64)
    for place in np.flatnonzero(clicked_at >= plan.log_end):
        _hear(due, int(clicked_at[place]), int(message[place]), plan.log_end)
    return due


def _hear(due: Ints, clicked_at: Instant, message: int, start: Instant) -> None:
    """The sender hears of a click in the first hour that starts after it."""
    step = (clicked_at - start) // HOUR + 1
    if clicked_at != NEVER and step < len(due):
        due[step, message] += 1


def _send(world: World, ledger: Ledger, due: Ints, choices: Choices) -> None:
    start = world.past.town.plan.log_end
    for place in np.flatnonzero(choices.chosen >= 0).tolist():
        user, message, at = (int(column[place]) for column in (choices.user, choices.chosen, choices.moment))
        if not world.gone(user, at):
            belief = Belief(at, float("nan"), float(choices.propensity[place]))
            ledger.sends[message] += 1
            _hear(due, world.push(user, message, at, belief).clicked_at, message, start)
