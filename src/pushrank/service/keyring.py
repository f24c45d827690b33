"""Who may call: API keys from the store, remembered for a moment; and users for themselves, by their own token."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from pushrank.domain.instants import Instant
from pushrank.rights.keys import verified
from pushrank.rights.links import LinkError, Links, Use
from pushrank.rights.pseudonyms import Secret
from pushrank.service.call import Principal
from pushrank.service.problem import Problem
from pushrank.store.protocol import Store
from pushrank.store.values import ApiKey

# A revoked key opens nothing after this; a new one is looked for sooner.
_FRESH_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.1

_NO_KEY = "expected a header Authorization: Bearer KEY"
_UNUSABLE_KEY = "expected a key that is known, not expired and not revoked"


class Keyring:
    """Lets callers in by `Authorization: Bearer KEY`; `former` secrets open keys that were made under them."""

    def __init__(
        self, store: Store, secret: Secret, clock: Callable[[], Instant], former: Sequence[Secret] = ()
    ) -> None:
        self._store = store
        self._secret = secret
        self._former = tuple(former)
        self._clock = clock
        self._links = Links(secret, former)
        self._rows: Sequence[ApiKey] = ()
        self._read_at = float("-inf")

    def admit(self, headers: Mapping[bytes, bytes], scope: str, owner: str | None = None) -> Principal:
        """Return who calls. Raises the Problem 401 for no usable key and 403 for one without `scope`.

        `owner` is the raw id of a user who may call for themselves: then the token of their preference centre opens,
        too. Another user's token, or one that has expired, is refused as if it were no key at all.
        """
        kind, _, presented = headers.get(b"authorization", b"").partition(b" ")
        if kind.lower() != b"bearer" or not presented:
            raise _unauthorized(_NO_KEY, "")
        text = presented.strip().decode("latin-1")
        if owner is not None and self._is_of(text, owner):
            return Principal("own", frozenset(), own=True)
        row = self._find(text)
        if row is None:
            raise _unauthorized(_UNUSABLE_KEY, 'error="invalid_token"')
        if scope not in row.scopes:
            challenge = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
            raise Problem(HTTPStatus.FORBIDDEN, f"expected a key with the scope {scope}", headers=challenge)
        return Principal(row.key_id, frozenset(row.scopes))

    def _is_of(self, token: str, owner: str) -> bool:
        try:
            return self._links.open(Use.PREFERENCES, token, self._clock()).user_id == owner
        except LinkError:
            return False

    def _find(self, presented: str) -> ApiKey | None:
        self._read(_FRESH_SECONDS)
        row = self._verified(presented)
        if row is None and self._read(_LOOK_AGAIN_SECONDS):
            row = self._verified(presented)
        return row

    def _verified(self, presented: str) -> ApiKey | None:
        return verified(self._secret, presented, self._rows, self._clock(), self._former)

    def _read(self, seconds: float) -> bool:
        """Read the keys again if what is known is older than `seconds`; say whether that was so."""
        now = time.monotonic()
        if now - self._read_at < seconds:
            return False
        self._rows, self._read_at = self._store.keys(), now
        return True


def _unauthorized(detail: str, error: str) -> Problem:
    challenge = f"Bearer {error}".strip()
    return Problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge})
