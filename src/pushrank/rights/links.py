"""Signed links: who may open which page, sealed so that a link tells nobody for whom it is.

A token is `key id (4 bytes) | AES-SIV(expiry, user id)` in base64url without padding. AES-SIV (RFC 5297) seals and
authenticates without a nonce: the same arguments give the same link, and nothing has to be stored. What a link is for
is authenticated beside it, so that one never opens another's page. Tokens under a former secret still open, which is
what keeps opt-out links alive, as they never end.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from pushrank.domain.instants import Instant
from pushrank.rights.pseudonyms import Secret

MOST_CHARACTERS = 512

_KEY_ID_BYTES = 4
_TIME_BYTES = 8
_NEVER = 0


class Use(StrEnum):
    """What a link is for. One for preferences is the user's own credential; one that opts out can do nothing else."""

    PREFERENCES = "preferences"
    OPT_OUT = "opt-out"


class LinkError(ValueError):
    """A token that opens nothing: forged, cut, of another use or another deployment; or, with `expired`, too old."""

    def __init__(self, *, expired: bool = False) -> None:
        self.expired = expired
        super().__init__("expected a link that is whole, of this use and not expired")


@dataclass(frozen=True, slots=True)
class Opened:
    """Whom a link is for, by raw id, and until when; None: it does not end."""

    user_id: str
    expires_at: Instant | None


class Links:
    """Seals and opens links under the deployment's secret; opens those of `former` secrets, too."""

    def __init__(self, secret: Secret, former: Sequence[Secret] = ()) -> None:
        self._current = _name(secret)
        self._ciphers = {_name(one): _cipher(one) for one in (*reversed(former), secret)}

    def seal(self, use: Use, user_id: str, expires_at: Instant | None = None) -> str:
        """Make the token of a link; same arguments, same token."""
        told = (_NEVER if expires_at is None else expires_at).to_bytes(_TIME_BYTES) + user_id.encode()
        return _written(self._current + self._ciphers[self._current].encrypt(told, [use.encode()]))

    def open(self, use: Use, token: str, at: Instant) -> Opened:
        """Say for whom a token is. Raises LinkError; only an authentic one is told apart as expired."""
        told = self._opened(use, _bytes_of(token))
        expires_at = int.from_bytes(told[:_TIME_BYTES])
        if expires_at != _NEVER and at >= expires_at:
            raise LinkError(expired=True)
        return Opened(told[_TIME_BYTES:].decode(), None if expires_at == _NEVER else expires_at)

    def _opened(self, use: Use, sealed: bytes) -> bytes:
        cipher = self._ciphers.get(sealed[:_KEY_ID_BYTES])
        if cipher is None:
            raise LinkError
        try:
            return cipher.decrypt(sealed[_KEY_ID_BYTES:], [use.encode()])
        except (InvalidTag, ValueError):
            raise LinkError from None


def _name(secret: Secret) -> bytes:
    return bytes.fromhex(secret.key_id)


def _cipher(secret: Secret) -> AESSIV:
    return AESSIV(secret.mac("link", "authentication") + secret.mac("link", "encryption"))


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes_of(token: str) -> bytes:
    """Read base64url; the bits that pad its last character must be zero, so that no two tokens mean the same."""
    if len(token) > MOST_CHARACTERS:
        raise LinkError
    try:
        data = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise LinkError from None
    if _written(data) != token:
        raise LinkError
    return data
