"""Who hears nothing."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from pushrank.cli.failing import failing
from pushrank.cli.opening import opened
from pushrank.cli.showing import bar
from pushrank.config.types import KeepInTouch
from pushrank.policy.touch import MOST_DAYS
from pushrank.ranking.starving import count_starved
from pushrank.service.clock import wall_clock
from pushrank.store.errors import StoreError

_DAYS = 30


def starved(
    days: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_DAYS, help="Days without a push; by default those of the policy, else 30."),
    ] = None,
) -> None:
    """Count the reachable, consenting users who have had no push for long."""
    as_of = wall_clock()
    with failing(ValueError, OSError, StoreError), opened(os.environ) as deployment:
        policy, store = deployment.policy, deployment.store
        own = policy.config.keep_in_touch or KeepInTouch(_DAYS, 0.0)
        setting = own if days is None else KeepInTouch(days, own.bonus)
        with bar("users", store.count("users")) as progress:
            found = count_starved(store, policy, setting, as_of, progress)
    share = f" ({found.starved / found.reachable:.1%})" if found.reachable else ""
    who = f"{found.starved} of {found.reachable} reachable, consenting users"
    typer.echo(f"{who}{share} had no push for {setting.after_days:g} days")
