"""What a push is worth, in ordinary clicks. What silence is worth is `Ask.floor`."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


class Scores(NamedTuple):
    """What the scorer says about candidates: two probabilities each `[n]`, and what the user's permission is worth."""

    p_click: Floats
    p_opt_out: Floats
    permission_value: float


def net_value(worth: Floats, scores: Scores, left: Floats | None = None, bonus: float = 0.0) -> Floats:
    """Net value of each candidate, `[n]`, in ordinary clicks.

    worth x P(click) x (1 - penalty) - P(opt-out) x V(permission) + bonus; `left` is 1 - penalty, None where nobody has
    one. Overflow gives infinities, which no slate takes.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        gain = worth * scores.p_click if left is None else worth * scores.p_click * left
        return gain - scores.p_opt_out * scores.permission_value + bonus
