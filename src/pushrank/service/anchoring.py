"""The head of the consent ledger is signed and kept outside of the database, while the service runs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from pushrank.service import log
from pushrank.store.errors import StoreError

PAUSE_SECONDS = 300.0
"""What is said within so many seconds could be cut off the ledger's end, and nobody would see it."""


class Anchoring:
    """Calls `anchor` at the start, then every few minutes in a thread of its own, and once more at the end.

    A store or a disk that does not answer is told in the log and asked again; rankings do not depend on it.
    """

    def __init__(self, anchor: Callable[[], object]) -> None:
        self._anchor = anchor
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, seconds: float = PAUSE_SECONDS) -> None:
        """Anchor now and then every `seconds` until `stop`."""
        self._try()
        self._thread = threading.Thread(target=self._run, args=(seconds,), name="ledger-anchoring", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and anchor for the last time."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self._try()

    def _run(self, seconds: float) -> None:
        while not self._stopped.wait(seconds):
            self._try()

    def _try(self) -> None:
        try:
            self._anchor()
        except (StoreError, OSError) as error:
            structlog.get_logger().error("the head of the ledger could not be anchored", **log.where(error))
