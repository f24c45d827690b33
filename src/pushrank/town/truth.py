"""The truth about every message that could have been sent at one instant, to hold a ranking against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pushrank.domain.instants import Instant
from pushrank.town import rules
from pushrank.town.memory import Memory, Pushes
from pushrank.town.place import Town
from pushrank.town.plan import Flags, Floats, Ints

_USERS_PER_PART = 2_000


def truth_at(town: Town, outcomes: pd.DataFrame, instant: Instant, user_ids: Sequence[str]) -> pd.DataFrame:
    """True probabilities of each user and each message live at `instant`, as if sent then.

    `outcomes` is the town's log, or that of another sender in this town (`user_id`, `message_id`, `sent_at` in
    microseconds UTC); what it holds before `instant` is each user's history. Columns: `user_id`, `message_id`, `at`,
    `p_click`, `p_opt_out`, `had` (sent to this user before; its P(click) is then lower) and `allowed` (consent and
    categories). Rows are ordered by user as given, then by publication. Raises KeyError for an id that the town does
    not have.
    """
    pushes = _pushes(town, outcomes, instant)
    memory = Memory.of(town.plan.users, town.catalogue.topic, pushes, instant, town.plan.weights)
    had = np.zeros((town.plan.users, len(town.catalogue.messages)), dtype=np.bool_)
    had[pushes.user, pushes.message] = True
    users = _places(town.people.ids, user_ids)
    parts = [_frame(town, memory, had, part, instant) for part in _split(users)]
    return pd.concat(parts, ignore_index=True)


def reachable(town: Town, outcomes: pd.DataFrame, instant: Instant, most: int) -> list[str]:
    """Up to `most` users drawn from those who were registered and had not left by `instant`, in order of id."""
    left = set(outcomes["user_id"][outcomes["opted_out_at"].between(0, instant)])
    here = town.registered(instant)
    ids = [name for name, there in zip(town.people.ids, here, strict=True) if there and name not in left]
    order = town.plan.chance("instant").permutation(len(ids))[:most]
    return [ids[place] for place in np.sort(order)]


def _pushes(town: Town, outcomes: pd.DataFrame, instant: Instant) -> Pushes:
    log = outcomes[outcomes["sent_at"] < instant]
    user = _places(town.people.ids, log["user_id"])
    message = _places([message.message_id for message in town.catalogue.messages], log["message_id"])
    at = log["sent_at"].to_numpy(np.int64)
    return Pushes(user, message, at, rules.irritation(town, user, message, at))


def _places(known: Sequence[str], ids: Sequence[str] | pd.Series) -> Ints:
    places = pd.Index(known).get_indexer(pd.Index(ids)).astype(np.int64)
    if (places < 0).any():
        missing = list(ids)[int(np.argmax(places < 0))]
        msg = f"expected an id of this town ({known[0]} to {known[-1]}), got {missing!r}"
        raise KeyError(msg)
    return places


def _split(users: Ints) -> list[Ints]:
    return [users[first : first + _USERS_PER_PART] for first in range(0, max(len(users), 1), _USERS_PER_PART)]


def _frame(town: Town, memory: Memory, had: Flags, users: Ints, instant: Instant) -> pd.DataFrame:
    live = town.catalogue.live(instant)
    user, message = users[:, None], live[None, :]
    click, leave = _chances(town, memory, user, message, instant)
    seen = had[user, message]
    return pd.DataFrame(
        {
            "user_id": np.repeat(np.array(town.people.ids, dtype=object)[users], len(live)),
            "message_id": np.tile([town.catalogue.messages[place].message_id for place in live], len(users)),
            "at": np.full(seen.size, instant),
            "p_click": rules.repeated(click, seen).ravel(),
            "p_opt_out": leave.ravel(),
            "had": seen.ravel(),
            "allowed": town.people.rights.allowed()[user, town.catalogue.topic[message]].ravel(),
        }
    )


def _chances(town: Town, memory: Memory, user: Ints, message: Ints, instant: Instant) -> tuple[Floats, Floats]:
    at = np.full_like(user, instant)
    standing = memory.standing(user, town.catalogue.topic[message], at)
    return (
        rules.p_click(town, user, message, at, standing),
        rules.p_opt_out(town, user, message, at, standing),
    )
