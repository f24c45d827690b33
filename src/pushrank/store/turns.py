"""Turns at computing: threads that compete for one interpreter lose more time over it than they win."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, get_ident


class Turns:
    """Lets one thread at a time compute; while it waits for the disk, it lets the others go on.

    A thread that never took a turn is not held up by those who do.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._holder: int | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Compute, after those who came before; may not be nested."""
        self._take()
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Wait for something else; a turn that was taken is given back meanwhile."""
        if self._holder != get_ident():
            yield
            return
        self._give()
        try:
            yield
        finally:
            self._take()

    def _take(self) -> None:
        self._lock.acquire()
        self._holder = get_ident()

    def _give(self) -> None:
        self._holder = None
        self._lock.release()
