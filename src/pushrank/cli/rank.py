"""Rankings in one go."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pushrank.cli.failing import failing
from pushrank.cli.opening import moment, opened, sound_log, users_of, windows
from pushrank.cli.serve import bundle_of
from pushrank.cli.showing import bar
from pushrank.domain.codes import Mode
from pushrank.ranking.ranker import Ranker
from pushrank.scoring.manifest import BundleError
from pushrank.service.clock import wall_clock
from pushrank.store.errors import StoreError
from pushrank.transfer.batch import Run, rank_users
from pushrank.transfer.loading import load_log

_FAULTS = (ValueError, OSError, StoreError, BundleError)


def rank(  # noqa: PLR0913 - the options of the command
    out: Annotated[Path, typer.Option(dir_okay=False, help="Parquet file to write.")],
    data: Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Folder of a log.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Moment of the ranking, ISO 8601 with offset; with --data.")
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="REF", help="Model of the registry, or a folder; the champion otherwise.")
    ] = "",
    users: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="User ids, one a line.")] = None,
    slots: Annotated[int, typer.Option(min=1, max=20, help="Messages a user may get.")] = 1,
    *,
    store: Annotated[bool, typer.Option("--store", help="Rank from the live store, and hold.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the decision ids.")] = 0,
) -> None:
    """Rank every live message for many users: from a log as of --at, or from the live store, holding what is chosen."""
    if store == (data is not None) or (data is None) != (at is None) or (store and users is None):
        msg = "expected either --data with --at, or --store with --users"
        raise typer.BadParameter(msg)
    as_of = wall_clock() if at is None else moment(at)
    with failing(*_FAULTS):
        bundle = _there(bundle_of(model, os.environ))
        chosen = None if users is None else users.read_text(encoding="utf-8").split()
        if data is None:
            with opened(os.environ) as deployment:
                rows = _ranked(deployment.ranker(bundle), chosen or [], Run(as_of, out, slots, seed, Mode.HOLD))
        else:
            rows = _from_log(data, bundle, chosen, Run(as_of, out, slots, seed, Mode.LOOK))
    typer.echo(f"{rows} rows in {out}")


def _there(bundle: Path) -> Path:
    if not bundle.is_dir():
        msg = f"--model: expected the folder of a model, got {bundle}, which is not there; train and promote one first"
        raise FileNotFoundError(msg)
    return bundle


def _from_log(data: Path, bundle: Path, chosen: list[str] | None, run: Run) -> int:
    """Fold the log up to the moment into a store of its own, and ask the same Ranker that serves."""
    with tempfile.TemporaryDirectory() as folder, opened(os.environ, f"sqlite:///{folder}/log.sqlite") as deployment:
        log = sound_log(data)
        total = sum(len(batch) for batch in log.batches("outcomes", columns=["user_id"]))
        there = deployment.destination(data)
        ranker = deployment.ranker(bundle, there.pseudonym)
        with bar("reading the log", total) as progress:
            load_log(log, there, windows(), Path(folder), run.as_of, before=run.as_of, progress=progress)
        user_ids = users_of(log) if chosen is None else chosen
        return _ranked(ranker, user_ids, run)


def _ranked(ranker: Ranker, user_ids: list[str], run: Run) -> int:
    with bar("ranking", len(user_ids)) as progress:
        return rank_users(ranker, user_ids, run, progress)
