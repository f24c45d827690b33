"""All commands of `pushrank`. Exit codes: 0 done, 1 the work failed and said why, 2 the command line was wrong."""

from __future__ import annotations

import typer

from pushrank.cli import expire, history, keys, ledger, rank, serve, starved, suppressions

app = typer.Typer(
    name="pushrank",
    help="Ranks push messages so that people keep trusting whoever sends them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(keys.app, name="keys")
app.add_typer(ledger.app, name="ledger")
app.command("serve")(serve.serve)
app.command("load")(history.load)
app.command("export-log")(history.export)
app.command("rank")(rank.rank)
app.command("starved")(starved.starved)
app.command("expire")(expire.expire)
app.command("suppressions")(suppressions.suppressions)
