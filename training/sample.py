"""Make a sample town's log, and its truth beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypedDict, Unpack

import typer
from rich.console import Console
from rich.progress import Progress

from pushrank.domain.instants import instant, iso
from pushrank.town import END, PLAIN, WEIGHTS, Plan, Summary, truth_folder, write_town

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(stderr=True)


class More(TypedDict):
    """What a plan may say beside size, chance and end."""

    rules: str
    log_days: int | None


def _plan(users: int, days: int, seed: int, end: str, **more: Unpack[More]) -> Plan:
    try:
        return Plan(users, days, seed, instant(end), **more)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
def sample(  # noqa: PLR0913 (each argument is an option)
    out: Annotated[Path, typer.Option(help="Folder of the log; the truth goes to the folder OUT-truth beside it.")],
    users: Annotated[int, typer.Option(min=1, help="Number of people.")] = 4000,
    days: Annotated[
        int, typer.Option(min=1, max=730, help="Its length in days; its log is as long, or --log-days.")
    ] = 42,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 7,
    end: Annotated[str, typer.Option(metavar="TIME", help="When it ends, ISO 8601 with offset.")] = iso(END),
    rules: Annotated[str, typer.Option(help=f"How people react: {' or '.join(WEIGHTS)}.")] = PLAIN,
    log_days: Annotated[
        int | None, typer.Option(min=1, help="Days of the log where the town lives on after it.")
    ] = None,
) -> None:
    """Write a synthetic log of push outcomes whose true probabilities are known. See docs/town.md."""
    plan = _plan(users, days, seed, end, rules=rules, log_days=log_days)
    # 1. make the town, day by day, and write its tables
    try:
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task(f"{users} people, {plan.log_hours // 24} days", total=plan.log_hours // 24)
            summary = write_town(plan, out, lambda day: progress.update(task, completed=day))
    except OSError as error:
        console.print(f"{error.filename or out}: cannot be written ({error.strerror})", style="red")
        raise typer.Exit(1) from None
    # 2. say what there is now
    typer.echo(_sentence(summary, out))


def _sentence(summary: Summary, out: Path) -> str:
    return (
        f"{out}: {summary.users} people, {summary.messages} messages, {summary.visits} visits, "
        f"{summary.decisions} decisions, {summary.pushes} pushes, {summary.clicks} clicks, "
        f"{summary.opt_outs} opt-outs (synthetic)\n"
        f"{truth_folder(out)}: truth of every push, and of every live message at {iso(summary.held_out)}"
    )


if __name__ == "__main__":
    app()
