"""The proofs, from the command line: `python -m benchmarks promises crowd|kills|optout`."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from benchmarks.promises import crowd as crowds
from benchmarks.promises import kills as killing
from benchmarks.promises import optout as races
from benchmarks.promises import optout_http
from benchmarks.promises.careless import careless as without_care
from benchmarks.promises.stores import Kind, empty_store, folder

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

StoreKind = Annotated[Kind, typer.Option("--store", help="Database.")]
PolicyName = Annotated[str, typer.Option(help="Shipped policy: open or default.")]
Seed = Annotated[int, typer.Option(help="Seed of all chance, except for how processes take turns.")]


@app.callback()
def _proofs() -> None:
    pass


@app.command()
def crowd(  # noqa: PLR0913 (each argument is an option)
    store: StoreKind = Kind.SQLITE,
    policy: PolicyName = "default",
    accepted: Annotated[int, typer.Option(min=1, help="Holds and confirms to reach.")] = 1_000_000,
    processes: Annotated[int, typer.Option(min=1)] = 16,
    threads: Annotated[int, typer.Option(min=1, help="Threads of each process.")] = 1,
    slate: Annotated[int, typer.Option(min=2, max=14, help="Most messages of a slate.")] = 3,
    kill_every: Annotated[float, typer.Option(min=0.01, help="Seconds from one kill to the next, on average.")] = 1.0,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds after which it ends in any case.")] = 3600.0,
    seed: Seed = 1,
    *,
    careless: Annotated[bool, typer.Option("--careless", help="With a store that reads before it locks.")] = False,
) -> None:
    """Contended holds and confirms with kills: no cap exceeded, nothing twice, nothing lost, caps used up."""
    plan = crowds.Plan(
        policy, accepted, processes, threads, slate=slate, kill_every=kill_every, seconds=seconds, seed=seed
    )
    with folder() as place, empty_store(store, place) as address:
        outcome = crowds.run(address, place, plan, without_care if careless else None)
    _report([f"{store.value}, crowd", *outcome.lines()], kept=outcome.verdict.kept)


@app.command()
def kills(
    store: StoreKind = Kind.SQLITE,
    policy: PolicyName = "default",
    kills: Annotated[int, typer.Option(min=1, help="How often the service is killed.")] = 200,
    seed: Seed = 1,
) -> None:
    """`kill -9` of the real service under load: nothing acknowledged is lost, no cap exceeded after the restart."""
    with folder() as place, empty_store(store, place) as address:
        try:
            killed = killing.run(address, place, kills, policy, seed)
        except killing.BrokenError as broken:
            killed = broken.result
    _report([f"{store.value}, kills of the service", *killed.lines()], kept=killed.kept)


@app.command()
def optout(
    store: StoreKind = Kind.SQLITE,
    rounds: Annotated[int, typer.Option(min=4, help="Opt-outs.")] = 100_000,
    groups: Annotated[int, typer.Option(min=1, help="Races at once, of three processes each.")] = 4,
    seed: Seed = 1,
    *,
    http: Annotated[bool, typer.Option("--http", help="Over HTTP, with replays under the same key.")] = False,
) -> None:
    """Opt-outs against holds, confirms and repeated confirms: after the acknowledgement no answer says `send`."""
    with folder() as place, empty_store(store, place) as address:
        if http:
            raced, broken = optout_http.run(address, place, rounds, seed)
        else:
            raced, broken = races.run(address, rounds, groups, seed), []
    _report([f"{store.value}, opt-outs{' over HTTP' if http else ''}", *raced.lines(), *broken], kept=raced.kept)


def _report(lines: list[str], *, kept: bool) -> None:
    for line in lines:
        typer.echo(line)
    typer.echo("every promise was kept" if kept else "A PROMISE WAS BROKEN")
    raise typer.Exit(0 if kept else 1)


def main() -> None:
    """Run a proof; one that is told to end still ends what it started."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    app()


if __name__ == "__main__":
    main()
