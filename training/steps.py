"""Showing how far a recipe has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from training import door


class Steps:
    """One line for each step, with the part of it that is done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def tell(self, step: str, done: int, total: int) -> None:
        """Show that `done` of `total` are done; a step is there from its first word on."""
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step, total=total)
        self._progress.update(self._tasks[step], completed=done, total=total)

    def adding(self, step: str, total: int) -> Callable[[int], None]:
        """Give what is told how many more are done."""
        self.tell(step, 0, total)
        return lambda more: self._progress.advance(self._tasks[step], more)


@contextmanager
def shown() -> Iterator[Steps]:
    """Show steps on the error stream while the work goes on."""
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=door.console) as progress:
        yield Steps(progress)
