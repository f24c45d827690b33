"""What was kept long enough goes."""

from __future__ import annotations

import os
from collections.abc import Mapping

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from pushrank.cli.failing import failing
from pushrank.cli.opening import Opened, opened
from pushrank.config import PrivacyConfig, load
from pushrank.config.home import shipped
from pushrank.domain.instants import Instant, iso
from pushrank.learning.tracking import open_registry
from pushrank.rights import retention
from pushrank.rights.ledger import anchor
from pushrank.rights.retention import Deadline
from pushrank.rights.trained_on import TrainedOn
from pushrank.service.clock import wall_clock
from pushrank.service.forgetting import KEPT
from pushrank.store.errors import StoreError


def expire() -> None:
    """Delete what was kept as long as configs/service/privacy.yaml allows; to be run once a day."""
    as_of, privacy = wall_clock(), load(shipped("service", "privacy"), PrivacyConfig)
    with failing(ValueError, OSError, StoreError), opened(os.environ) as deployment:
        gone = _expired(deployment, privacy, as_of)
        anchor(deployment.store, deployment.secrets.key, deployment.home.ledger_heads, as_of)
        scrubbed = retention.scrub(deployment.store, as_of)
        lists = TrainedOn(deployment.home.trained_on)
        found = retention.deadlines(deployment.store, lists, privacy.retrain_days)
        if found:
            _mark(deployment, found)
    _tell(gone, found, as_of)
    if not scrubbed:
        typer.echo("what was deleted is still in the files: somebody was reading; the next run tries again", err=True)


def _expired(deployment: Opened, privacy: PrivacyConfig, as_of: Instant) -> Mapping[str, int]:
    store, limits = deployment.store, retention.Limits.at(privacy, as_of)
    seen = deployment.policy.config.seen_elsewhere
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("old rows", total=None)
        rows = retention.expire_rows(store, limits, lambda more: progress.advance(task, more))
        answers = retention.forget_answers(store, as_of - KEPT, lambda more: progress.advance(task, more))
        task = progress.add_task("people with old events", total=None)
        message_of = deployment.catalogue.lookup()
        events = retention.expire_events(store, limits, message_of, seen, lambda more: progress.advance(task, more))
    return {**rows, "events": events, "answers": answers}


def _mark(deployment: Opened, found: tuple[Deadline, ...]) -> None:
    registry = open_registry(deployment.home, os.environ)
    for one in found:
        registry.mark_erased(one.version, one.people, iso(one.retrain_by))


def _tell(gone: Mapping[str, int], found: tuple[Deadline, ...], as_of: Instant) -> None:
    table = Table("kept long enough", "gone")
    for name, count in gone.items():
        table.add_row(name, f"{count:,}")
    Console().print(table)
    for one in found:
        late = "overdue: it was to be" if one.retrain_by < as_of else "to be"
        known = f"model {one.version} was trained with {one.people} erased since"
        typer.echo(f"{known}; {late} trained anew by {iso(one.retrain_by)}")
