"""What the log says about people of like usage: what their permission is worth, and how often suits them."""

from __future__ import annotations

import msgspec


class Cohort(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People of like usage.

    `value` is V(permission) in ordinary clicks. `clicks` and `opt_outs` say for each level of the table that the cohort
    belongs to (pushes a week, from 0 on) what such a week brings: expected clicks, and the chance that it ends the
    channel. `user_days` and `positives` are the days and the opt-outs that the log shows of these people.
    """

    value: float
    clicks: tuple[float, ...]
    opt_outs: tuple[float, ...]
    user_days: float
    positives: int
