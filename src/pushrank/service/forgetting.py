"""Old answers to idempotency keys are forgotten while new ones come in."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock

from pushrank.domain.instants import HOUR, MINUTE, Instant
from pushrank.store.errors import StoreError
from pushrank.store.protocol import Store

KEPT: Instant = 48 * HOUR
"""How long an answer is given again; callers are promised 24 hours."""

_PAUSE: Instant = MINUTE


class Forgetting:
    """Drops a bounded number of old answers, at most once a minute: the one call of many that finds it due.

    What one minute could not drop, the next ones will. A clock that went back waits for nothing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: Instant | None = None
        self._lock = Lock()

    def look(self, now: Instant) -> int:
        """Forget what is due and return how many answers; a store that does not answer is asked again later."""
        if not self._is_due(now):
            return 0
        with suppress(StoreError):
            return self._store.forget_answers(now - KEPT)
        return 0

    def _is_due(self, now: Instant) -> bool:
        with self._lock:
            if self._last is not None and 0 <= now - self._last < _PAUSE:
                return False
            self._last = now
            return True
