"""Now and then chance gives a place, among choices of nearly the same worth, and how likely that was is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import NamedTuple, Protocol

from pushrank.config.types import Exploration, PolicyConfig
from pushrank.policy.ask import Ask


class Dice(Protocol):
    """Where chance comes from: a numpy Generator, as a rule."""

    def random(self) -> float:
        """Give a number, uniform in [0, 1)."""


class Drawn(NamedTuple):
    """What gets a place: a place among the options, None for silence; and how likely that was."""

    option: int | None
    propensity: float


@dataclass(frozen=True, slots=True)
class Chance:
    """How a place is given. The best option gets it, except that in `share` of places dice decide among the best few.

    Options are messages and silence, which is worth `floor`. The best one is the message that is worth most where that
    is more than silence, else silence. The few are at most `setting.among`, worth at most `setting.loss` less than the
    best; silence, where it is worth that much, is always one of them. Without `setting` and `dice` there is no chance.
    """

    floor: float
    setting: Exploration | None = None
    dice: Dice | None = None

    @classmethod
    def of(cls, ask: Ask, dice: Dice | None) -> Chance:
        """Give what the policy says; without dice, and for who is not to be known, nothing is left to chance."""
        setting, personal = ask.config.exploration, ask.personal and ask.record.profiled
        if dice is None or setting is None or not personal or not setting.share or setting.among == 1:
            return cls(ask.floor)
        return cls(ask.floor, setting, dice)

    def admits(self, worth: float, before: Sequence[float]) -> bool:
        """Whether a message of this worth is an option beside those of `before`, which are worth no less."""
        if not isfinite(worth):
            return False
        if self.setting is None:
            return not before and worth > self.floor
        best = before[0] if before else worth
        least = max(best, self.floor) - self.setting.loss
        return worth >= least and len(before) < self.setting.among - (self.floor >= least)

    def draw(self, worths: Sequence[float]) -> Drawn:
        """Give the place to one of the messages that were admitted, of these `worths` from the best on, or to silence.

        Propensity: (1 - share) [it is the best] + share / m, where m options take part; 1 where only one does.
        """
        options: list[int | None] = list(range(len(worths)))
        best = 0 if worths and worths[0] > self.floor else None
        if self.setting is None or self.dice is None:
            return Drawn(best, 1.0)
        if best is None or self.floor >= worths[0] - self.setting.loss:
            options.append(None)
        if len(options) == 1:
            return Drawn(best, 1.0)
        share, number = self.setting.share, self.dice.random()
        chosen = best if number >= share else options[min(int(number / share * len(options)), len(options) - 1)]
        return Drawn(chosen, share / len(options) + (1.0 - share if chosen == best else 0.0))


def exploration_faults(config: PolicyConfig) -> Iterator[str]:
    """Name what makes no sense in `exploration`; a share of 0 turns it off."""
    setting = config.exploration
    if setting is None:
        return
    if not 0 <= setting.share <= 1:
        yield f"exploration.share: expected from 0 to 1, got {setting.share}"
    if not 0 < setting.loss < inf:
        yield f"exploration.loss: expected a finite number of ordinary clicks above 0, got {setting.loss}"
    if setting.among < 1:
        yield f"exploration.among: expected at least 1, got {setting.among}"
