"""A town on disk: its log in the log format, and its truth in a folder beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pushrank.domain.instants import Instant
from pushrank.logs import write_batches, write_table
from pushrank.town import tables
from pushrank.town.activity import make_activity
from pushrank.town.place import Town, make_town
from pushrank.town.plan import Plan
from pushrank.town.truth import reachable, truth_at
from pushrank.town.weeks import Weeks, live_through

_INSTANT_USERS = 2_000


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written. Counts are rows; `clicks` and `opt_outs` are those known at the end of the log."""

    users: int
    messages: int
    visits: int
    decisions: int
    pushes: int
    clicks: int
    opt_outs: int
    held_out: Instant


def truth_folder(out: Path) -> Path:
    """Where the truth of the log in `out` lies: beside it, never inside."""
    return out.with_name(f"{out.name}-truth")


def write_town(plan: Plan, out: Path, tick: Callable[[int], None] = lambda _: None) -> Summary:
    """Make the town of `plan` and write its log to `out` and its truth beside it; `tick` hears of finished days.

    The same plan gives the same bytes. Raises OSError where the folders cannot be written.
    """
    town = make_town(plan)
    weeks = live_through(town, tick)
    visits = make_activity(town)
    write_table(out, "users", tables.users(town))
    write_table(out, "messages", tables.messages(town))
    write_table(out, "preferences", tables.preferences(town))
    write_table(out, "consents", tables.consents(town))
    write_batches(out, "activity", tables.activity(town, visits))
    write_batches(out, "decisions", tables.decisions(town, weeks))
    write_batches(out, "outcomes", tables.outcomes(town, weeks))
    _write_truth(town, weeks, truth_folder(out))
    return _summary(town, weeks, int(np.searchsorted(visits.moment, plan.log_end)))


def _write_truth(town: Town, weeks: Weeks, folder: Path) -> None:
    truth, instant = tables.truth(town, weeks), town.plan.held_out
    left = truth[["user_id", "message_id", "sent_at"]].assign(opted_out_at=weeks.reactions.opted_out_at)
    whole = truth_at(town, left, instant, reachable(town, left, instant, _INSTANT_USERS))
    write_table(folder, "truth", truth)
    write_table(folder, "instant", whole.assign(at=pd.to_datetime(whole["at"], unit="us", utc=True)))


def _summary(town: Town, weeks: Weeks, visits: int) -> Summary:
    end, became = town.plan.log_end, weeks.reactions
    return Summary(
        users=int(town.registered(end).sum()),
        messages=int((town.catalogue.published < end).sum()),
        visits=visits,
        decisions=len(weeks.sent),
        pushes=int(weeks.sent.sum()),
        clicks=int(np.sum((became.clicked_at >= 0) & (became.clicked_at < end))),
        opt_outs=int(np.sum((became.opted_out_at >= 0) & (became.opted_out_at < end))),
        held_out=town.plan.held_out,
    )
