"""The consent ledger."""

from __future__ import annotations

import os

import typer

from pushrank.cli.failing import failing
from pushrank.cli.opening import opened
from pushrank.domain.instants import iso
from pushrank.rights.ledger import anchor as anchored
from pushrank.rights.ledger import anchors_of, verified
from pushrank.service.clock import wall_clock
from pushrank.store.errors import StoreError

app = typer.Typer(help="The consent ledger: what users said, as a chain that shows every change.", no_args_is_help=True)


@app.callback()
def _ledger() -> None:
    """The consent ledger."""


@app.command()
def verify() -> None:
    """Check every link of the ledger, and that it still has every head that was anchored; exit 1 with what is wrong."""
    with failing(ValueError, OSError, StoreError), opened(os.environ) as deployment:
        # Anchors first: a head that is signed while the chain is read would seem to be cut off.
        anchors, secrets = anchors_of(deployment.home.ledger_heads), deployment.secrets
        faults = verified(deployment.store.chain(), anchors, (secrets.key, *secrets.former))
        length = deployment.store.head().seq
    for fault in faults:
        typer.secho(str(fault), fg=typer.colors.RED, err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"{length} entries, {len(anchors)} anchored heads: nothing was changed, removed or put elsewhere")


@app.command()
def anchor() -> None:
    """Sign the ledger's head and append it to ledger-heads.jsonl of PUSHRANK_HOME; keep a copy of it elsewhere."""
    with failing(ValueError, OSError, StoreError), opened(os.environ) as deployment:
        path = deployment.home.ledger_heads
        made = anchored(deployment.store, deployment.secrets.key, path, wall_clock())
    if made is None:
        typer.echo("nothing was said since the last anchor")
    else:
        typer.echo(f"place {made.seq} is anchored in {path} as of {iso(made.at)}")
