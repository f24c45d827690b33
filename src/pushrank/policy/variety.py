"""One more of the same is worth less: a penalty for the same category or tag in a row. Not a wall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pushrank.domain.instants import HOUR
from pushrank.domain.record import Push
from pushrank.features.profile import kept_tags
from pushrank.policy.ask import Ask, Rows
from pushrank.policy.value import Floats

HALF_LIVES = 5
"""After so many half-lives a push counts no more: its penalty would be 3 % of what it was."""


def factors(ask: Ask, rows: Rows) -> Floats | None:
    """What is left of each candidate's worth, `[n]` in [0, 1]; None where there is nothing to lose it by.

    1 - penalty = the product over the run of pushes of the message's category, and over that of pushes with one of its
    tags, of 1 - share x 0.5^(age / half-life). A run goes back from the newest push that counts until one is not of its
    like. Age is from `at` to `as_of`, and 0 for what is to go later. A candidate for a later moment is judged as of now
    too, so that no message waits only for its penalty to fade.
    """
    personal = ask.personal and ask.record.profiled
    if ask.config.variety is None or not ask.counting or not personal:
        return None
    recent = _recent(ask)
    if not recent:
        return None
    shares, category = ask.config.variety, recent[0].push.category
    after_category = _after_category(shares.category, recent)
    after_tags = [(frozenset(_tags(ask, push)), 1.0 - shares.tag * power) for push, power in recent]
    left = [after_category if row.message.category == category else 1.0 for row in rows]
    last = after_tags[0][0]
    for place in [place for place, row in enumerate(rows) if not last.isdisjoint(row.message.tags)] if last else ():
        for tags, kept in after_tags:
            if tags.isdisjoint(rows[place].message.tags):
                break
            left[place] *= kept
    return np.array(left)


def _tags(ask: Ask, push: Push) -> Sequence[str]:
    """Tags of a push that the user neither blocked nor deleted since."""
    keep = kept_tags(ask.record)
    return push.tags if keep is None else keep(push.tags, push.at)


class _Recent(NamedTuple):
    """A push that counts, and 0.5^(age / half-life): what is left of its share."""

    push: Push
    power: float


def _recent(ask: Ask) -> list[_Recent]:
    """Pushes that count, the newest first.

    What is to go later counts as sent now, and of these the record's last as the newest: what a slate chose just now.
    """
    assert ask.config.variety is not None
    half_life = ask.config.variety.half_life_hours * HOUR
    aged = [(max(ask.as_of - push.at, 0), push) for push in reversed(ask.counting)]
    aged.sort(key=lambda one: one[0])
    return [_Recent(push, 0.5 ** (age / half_life)) for age, push in aged if age < HALF_LIVES * half_life]


def _after_category(share: float, recent: Sequence[_Recent]) -> float:
    """What is left for one more of the last push's category."""
    left = 1.0
    for push, power in recent:
        if push.category != recent[0].push.category:
            break
        left *= 1.0 - share * power
    return left
