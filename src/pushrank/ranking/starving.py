"""How many users have heard nothing for long, over a whole store."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pushrank.config.types import KeepInTouch
from pushrank.domain.instants import DAY, Instant
from pushrank.features.state import decode_state
from pushrank.policy import Policy
from pushrank.policy.touch import may_hear, starved
from pushrank.store.protocol import Store


class Starved(NamedTuple):
    """Users who may get pushes, and how many of these have waited too long for one."""

    reachable: int
    starved: int


def count_starved(
    store: Store,
    policy: Policy,
    setting: KeepInTouch,
    as_of: Instant,
    progress: Callable[[int], None] = lambda _: None,
) -> Starved:
    """Look at every user, one record after the other; what is written meanwhile counts or not.

    Users without personalisation are among them: nothing about them is told but that they wait.
    """
    found, waiting, since = 0, 0, as_of - int(setting.after_days * DAY)
    for user_key in store.users():
        record = store.user(user_key, since)
        if may_hear(record, policy.config, as_of, policy.versions):
            found += 1
            waiting += starved(setting, record, decode_state(record.state), as_of)
        progress(1)
    return Starved(found, waiting)
