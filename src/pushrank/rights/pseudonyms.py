"""Keyed pseudonyms: who a user is stays outside the store."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pushrank.config.home import Home

LEAST_SECRET_BYTES = 32
_PSEUDONYM_BYTES = 16
_KEY_ID_BYTES = 4


class SecretError(ValueError):
    """The deployment's secret is missing or too short; the text never repeats it."""


@dataclass(frozen=True, slots=True)
class Secret:
    """The deployment's secret and the id under which its generation is known."""

    value: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Eight hex digits that name this secret and tell nothing about it."""
        return self.mac("key-id", "")[:_KEY_ID_BYTES].hex()

    def mac(self, purpose: str, text: str) -> bytes:
        """HMAC-SHA-256 of `text`, 32 bytes. Two purposes never give the same bytes for one text."""
        framed = f"pushrank\0{len(purpose)}\0{purpose}\0{text}".encode()
        return hmac.digest(self.value, framed, hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Raw user ids to pseudonyms (`p_` and 32 hex digits, 128 bit), apart for each `purpose`."""

    secret: Secret
    purpose: str = "serving"

    def of(self, user_id: str) -> str:
        """Return the pseudonym of a raw user id. Same key, purpose and id: same pseudonym, on every machine."""
        return "p_" + self.secret.mac(f"user:{self.purpose}", user_id)[:_PSEUDONYM_BYTES].hex()


def read_secret(environment: Mapping[str, str], home: Home) -> Secret:
    """Read `PUSHRANK_SECRET_KEY`, else the file `secret-key` of the home, made on first use (mode 0600).

    Raises SecretError where the secret is shorter than 32 bytes.
    """
    given = environment.get("PUSHRANK_SECRET_KEY")
    if given:
        return _checked(given, "PUSHRANK_SECRET_KEY")
    path = home.secret_key
    if not path.exists():
        _create(path)
    return _checked(path.read_text(encoding="ascii"), str(path))


def _checked(text: str, where: str) -> Secret:
    value = text.strip().encode()
    if len(value) < LEAST_SECRET_BYTES:
        msg = f"{where}: expected a secret of at least {LEAST_SECRET_BYTES} bytes, got {len(value)}"
        raise SecretError(msg)
    return Secret(value)


def _create(path: Path) -> None:
    """Lay a fresh secret at `path`. Of several processes that start at once one wins, and all read the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(LEAST_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()
