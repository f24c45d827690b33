"""The numbers of the rules, in one place: one set for each kind of town."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Weights:
    """How people react. Times in days; the last two say how interests move until the end of the plan.

    `load_days`, `bored_days` and `irritated_days` are how long pushes, pushes of a topic and irritation stay in mind
    (time constants); `capacity` and `tolerance` are factors on everybody's own. `drifting` is the share of a person's
    likings that move, `drift` by how much, as a standard deviation of log-odds.
    """

    half_want: float = 1.45
    steepness: float = 1.15
    presence_power: float = 0.8
    other_language: float = 0.7
    bait_want: float = 1.35
    boredom: float = 0.5
    base_hazard: float = 0.0007
    pile_power: float = 1.2
    ceiling: float = 0.85
    load_days: float = 1.0
    bored_days: float = 3.0
    irritated_days: float = 5.0
    capacity: float = 1.0
    tolerance: float = 1.0
    drifting: float = 0.1
    drift: float = 1.5


PLAIN = "plain"
WEEKLY = "weekly"
_plain = Weights()
# What stays in mind for longer piles up higher at the same frequency; the factors take that back, so that the same
# sender gets about as many clicks and opt-outs in both towns, while what a day or a week of many pushes does differs.
_weekly = replace(
    _plain,
    load_days=7.0,
    irritated_days=12.0,
    capacity=6.0,
    tolerance=1.9,
    drifting=1.0,
    drift=1.8,
)
WEIGHTS: Mapping[str, Weights] = {PLAIN: _plain, WEEKLY: _weekly}
"""The rules that a plan may name."""
