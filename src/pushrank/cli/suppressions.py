"""Whom no model may learn from, for logs that are kept elsewhere; and the way back for who returns."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pushrank.cli.failing import failing
from pushrank.cli.opening import Opened, opened
from pushrank.rights import suppressions as listing
from pushrank.rights.pseudonyms import write_private
from pushrank.service.clock import wall_clock
from pushrank.store.errors import StoreError

_ONE = "expected one of --out and --lift"


def suppressions(
    out: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            metavar="FILE",
            help="Write the list for `training.train --suppressions`: a token a line for each erased user, and a token "
            "with the word marketing for each who objects to it. Nobody but its owner may read it (mode 0600).",
        ),
    ] = None,
    lift: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="Let erased users in again who come back by their own will: raw user ids, one a line.",
        ),
    ] = None,
) -> None:
    """List whom no model may learn from, or let erased users in again who come back."""
    if (out is None) == (lift is None):
        raise typer.BadParameter(_ONE, param_hint="--out")
    with failing(ValueError, OSError, StoreError), opened(os.environ) as deployment:
        told = _lifted(deployment, lift) if lift is not None else _listed(deployment, out or Path())
    typer.echo(told)


def _listed(deployment: Opened, out: Path) -> str:
    as_of, secrets = wall_clock(), deployment.secrets
    found = listing.suppressed(deployment.store, secrets.tomb, as_of)
    write_private(out, listing.written(found, secrets.suppression.key_id, as_of))
    return f"{out}: {len(found.everything)} erased users, {len(found.marketing)} who object to marketing"


def _lifted(deployment: Opened, file: Path) -> str:
    asked = listing.names(file.read_text(encoding="utf-8"))
    found = listing.lift(deployment.store.lift, deployment.identities.known_as, asked)
    return f"{found} of {len(asked)} users may come back; of the others no tombstone stands"
