"""One more of the same is worth less: a penalty for the same category or tag in a row. Not a wall."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pushrank.domain.instants import HOUR
from pushrank.domain.message import Message
from pushrank.domain.record import Push
from pushrank.policy.ask import Ask, Rows
from pushrank.policy.value import Floats

HALF_LIVES = 5
"""After so many half-lives a push counts no more: its penalty would be 3 % of what it was."""


def factors(ask: Ask, rows: Rows) -> Floats | None:
    """What is left of each candidate's worth, `[n]` in [0, 1]; None where nobody loses anything.

    1 - penalty = the product over the run of pushes of the message's category, and over that of pushes with one of its
    tags, of 1 - share x 0.5^(age / half-life). A run goes back from the newest push that counts until one is not of its
    like. Age is from `at` to `as_of`, and 0 for what is to go later.
    """
    if ask.config.variety is None or not ask.counting or not ask.record.preferences.personalisation:
        return None
    recent = _recent(ask)
    if not recent:
        return None
    left = _Left(ask, recent)
    kept = [left.of(row.message) for row in rows]
    return np.array(kept, dtype=np.float64) if any(one < 1.0 for one in kept) else None


def _recent(ask: Ask) -> list[tuple[Push, float]]:
    """Pushes that count, the newest first, each with the power 0.5^(age / half-life) that is left of its share.

    What is to go later counts as sent now, and of these the record's last as the newest: what a slate chose just now.
    """
    assert ask.config.variety is not None
    half_life = ask.config.variety.half_life_hours * HOUR
    aged = [(max(ask.as_of - push.at, 0), push) for push in reversed(ask.counting)]
    aged.sort(key=lambda one: one[0])
    return [(push, 0.5 ** (age / half_life)) for age, push in aged if age < HALF_LIVES * half_life]


class _Left:
    """What the pushes of one user leave of a message's worth; worked out once for each category and set of tags."""

    def __init__(self, ask: Ask, recent: Sequence[tuple[Push, float]]) -> None:
        assert ask.config.variety is not None
        self._shares = ask.config.variety
        self._recent = recent
        self._by_category: dict[str, float] = {}
        self._by_tags: dict[tuple[str, ...], float] = {}

    def of(self, message: Message) -> float:
        category, tags = message.category, message.tags
        by_category = self._by_category.get(category)
        if by_category is None:
            by_category = self._run(self._shares.category, lambda push: push.category == category)
            self._by_category[category] = by_category
        by_tags = self._by_tags.get(tags)
        if by_tags is None:
            by_tags = self._run(self._shares.tag, lambda push: not set(tags).isdisjoint(push.tags))
            self._by_tags[tags] = by_tags
        return by_category * by_tags

    def _run(self, share: float, alike: Callable[[Push], bool]) -> float:
        left = 1.0
        for push, power in self._recent:
            if not alike(push):
                break
            left *= 1.0 - share * power
        return left
