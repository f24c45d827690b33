"""Keyed pseudonyms: who a user is stays outside the store.

A deployment has two secrets. The *secret key* makes pseudonyms, links and the hashes of API keys; it may be changed,
and the ones before it (`former-keys`) then still tell whom a pseudonym stands for, until everybody was met once more.
The *suppression key* makes the tokens of tombstones and is never changed: what remains of an erased user is a token
alone, and nobody could make it anew. A token is taken over the pseudonym; whoever is renamed, because the secret key
changed, takes the tombstone along under the token of the new pseudonym.
"""

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

SECRET_VARIABLE = "PUSHRANK_SECRET_KEY"  # noqa: S105 (the name of a variable)
FORMER_VARIABLE = "PUSHRANK_FORMER_KEYS"
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
    before: tuple[Secret, ...] = ()

    def of(self, user_id: str) -> str:
        """Return the pseudonym of a raw user id. Same key, purpose and id: same pseudonym, on every machine."""
        return self._under(self.secret, user_id)

    def former(self, user_id: str) -> tuple[str, ...]:
        """Return the pseudonyms of a raw user id under the secrets `before` this one, the latest first."""
        return tuple(self._under(secret, user_id) for secret in self.before)

    def _under(self, secret: Secret, user_id: str) -> str:
        return "p_" + secret.mac(f"user:{self.purpose}", user_id)[:_PSEUDONYM_BYTES].hex()


@dataclass(frozen=True, slots=True)
class Secrets:
    """All secrets of a deployment: the key of now, those before it (the latest first), and the key of tombstones."""

    key: Secret
    former: tuple[Secret, ...]
    suppression: Secret

    @property
    def pseudonyms(self) -> Pseudonyms:
        """What makes pseudonyms for serving."""
        return Pseudonyms(self.key, before=self.former)

    def tomb(self, user_key: str) -> str:
        """Token of a user's tombstone: `t_` and 32 hex digits, under the suppression key."""
        return "t_" + self.suppression.mac("tombstone", user_key)[:_PSEUDONYM_BYTES].hex()

    def event(self, event_id: str) -> str:
        """Code under which an event is stored, `e_` and 32 hex digits; the id itself is a caller's and may name people.

        It is the same for ever, so that an event which is reported twice is recognised.
        """
        return "e_" + self.suppression.mac("event", event_id)[:_PSEUDONYM_BYTES].hex()

    def digest(self, text: str) -> str:
        """Digest of what a caller sent, 64 hex digits: the same for ever, and for nobody else to make or to try out."""
        return self.suppression.mac("request", text).hex()


def read_secrets(environment: Mapping[str, str], home: Home) -> Secrets:
    """Read all secrets of a deployment; see `read_secret`, `read_former` and `read_suppression_key`."""
    return Secrets(
        read_secret(environment, home), read_former(environment, home), read_suppression_key(environment, home)
    )


def read_secret(environment: Mapping[str, str], home: Home) -> Secret:
    """Read `PUSHRANK_SECRET_KEY`, else the file `secret-key` of the home, made on first use (mode 0600).

    Raises SecretError where the secret is shorter than 32 bytes.
    """
    return _read(environment, SECRET_VARIABLE, home.secret_key)


def read_suppression_key(environment: Mapping[str, str], home: Home) -> Secret:
    """Read `PUSHRANK_SUPPRESSION_KEY`, else the file `suppression-key` of the home, as `read_secret` does."""
    return _read(environment, "PUSHRANK_SUPPRESSION_KEY", home.suppression_key)


def read_former(environment: Mapping[str, str], home: Home) -> tuple[Secret, ...]:
    """Read the secrets that were in use before, the latest first.

    `PUSHRANK_FORMER_KEYS` has them after commas, else the file `former-keys` of the home in lines; both begin with the
    oldest. Raises SecretError where one is too short.
    """
    given = environment.get(FORMER_VARIABLE)
    path = home.former_keys
    if given:
        texts, where = given.split(","), FORMER_VARIABLE
    else:
        texts, where = path.read_text(encoding="ascii").splitlines() if path.exists() else [], str(path)
    found = [_checked(text, where) for text in texts if text.strip()]
    return tuple(dict.fromkeys(reversed(found)))


def rotate(environment: Mapping[str, str], home: Home) -> Secret:
    """Lay a new secret key at its file, the old one behind the others in `former-keys` (mode 0600); return the new one.

    The old one is kept first, so that no crash in between loses it. Raises SecretError where either comes from the
    environment, which nobody can change from in here.
    """
    for name in (SECRET_VARIABLE, FORMER_VARIABLE):
        if environment.get(name):
            msg = (
                f"{name} is set, and is changed where it is set: put the old value of {SECRET_VARIABLE} at the end of "
                f"{FORMER_VARIABLE} (after a comma), a new one of at least {LEAST_SECRET_BYTES} bytes into "
                f"{SECRET_VARIABLE}, and start every process anew"
            )
            raise SecretError(msg)
    old, former = read_secret(environment, home), read_former(environment, home)
    kept = [secret.value.decode("ascii") for secret in (*reversed(former), old)]
    write_private(home.former_keys, "".join(f"{text}\n" for text in dict.fromkeys(kept)))
    write_private(home.secret_key, secrets.token_hex(LEAST_SECRET_BYTES))
    return read_secret(environment, home)


def _read(environment: Mapping[str, str], name: str, path: Path) -> Secret:
    given = environment.get(name)
    if given:
        return _checked(given, name)
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
    draft = _draft(path, secrets.token_hex(LEAST_SECRET_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read (mode 0600), all of it or nothing."""
    _draft(path, text).replace(path)


def _draft(path: Path, text: str) -> Path:
    """Write a private file beside `path` and return where it lies once the disk has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
