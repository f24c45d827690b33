"""From a raw user id to the key under which the store knows the user, also after the deployment's secret changed."""

from __future__ import annotations

import threading

from pushrank.rights.pseudonyms import Pseudonyms
from pushrank.store.protocol import Store

_MOST_REMEMBERED = 1 << 17


class Identities:
    """Raw ids to user keys; moves whoever still stands under a former pseudonym, before anything else is done.

    Without former secrets this is the pseudonym and costs no look at the store. Else a user is moved when first met,
    and remembered, so that the store is asked once in the life of a process; what is remembered is bounded.
    """

    def __init__(self, store: Store, pseudonyms: Pseudonyms) -> None:
        self._store = store
        self._pseudonyms = pseudonyms
        self._met: set[str] = set()
        self._lock = threading.Lock()

    def of(self, user_id: str) -> str:
        """Return the key of a user, under which everything of the user stands from now on.

        Raises StoreError where the store does not answer, and ConflictError where the user stands under both: a process
        with the former secret was at work beside one with the new.
        """
        user_key = self._pseudonyms.of(user_id)
        if self._pseudonyms.before and user_key not in self._met:
            for former in self._pseudonyms.former(user_id):
                self._store.rename(former, user_key)
            self._remember(user_key)
        return user_key

    def known_as(self, user_id: str) -> tuple[str, ...]:
        """Return every key that a user has ever had, the one of now first."""
        return (self._pseudonyms.of(user_id), *self._pseudonyms.former(user_id))

    def _remember(self, user_key: str) -> None:
        with self._lock:
            if len(self._met) >= _MOST_REMEMBERED:
                self._met.clear()
            self._met.add(user_key)
