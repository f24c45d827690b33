"""API keys: shown once, kept as a keyed hash, compared in constant time."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pushrank.domain.instants import DAY, Instant
from pushrank.rights.pseudonyms import Secret
from pushrank.store.values import ApiKey

SCOPES = (
    "rank",
    "events:write",
    "messages:write",
    "preferences",
    "insights",
    "metrics:read",
    "privacy:admin",
    "models:admin",
)
_FORM = re.compile(r"pr_([0-9a-f]{12})_([0-9a-f]{48})")
_NOBODY = "0" * 64


class NewKey(NamedTuple):
    """A key as its owner gets it, once, and the row that the store keeps."""

    text: str
    row: ApiKey


def new_key(secret: Secret, scopes: Sequence[str], at: Instant, days: int | None = None) -> NewKey:
    """Make a key with `scopes` that ends after `days`, or never.

    Raises ValueError for no scopes, an unknown one, or less than one day.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if not scopes or unknown:
        msg = f"scopes: expected some of {', '.join(SCOPES)}, got {unknown[0] if unknown else 'none'}"
        raise ValueError(msg)
    if days is not None and days < 1:
        msg = f"days: expected 1 or more, got {days}"
        raise ValueError(msg)
    key_id, text = secrets.token_hex(6), secrets.token_hex(24)
    expires_at = None if days is None else at + days * DAY
    row = ApiKey(key_id, _hash(secret, key_id, text), tuple(dict.fromkeys(scopes)), at, expires_at)
    return NewKey(f"pr_{key_id}_{text}", row)


def verified(
    secret: Secret, presented: str, rows: Iterable[ApiKey], as_of: Instant, former: Sequence[Secret] = ()
) -> ApiKey | None:
    """Return the row that a presented key opens at `as_of`; None for a wrong, unknown, expired or revoked one.

    A key that was made under a `former` secret opens as long as that one is known. An unknown id costs the same
    comparisons as a known one.
    """
    found = _FORM.fullmatch(presented)
    if found is None:
        return None
    key_id, text = found.groups()
    row = next((row for row in rows if row.key_id == key_id), None)
    kept = _NOBODY if row is None else row.hash
    same = [hmac.compare_digest(_hash(one, key_id, text), kept) for one in (secret, *former)]
    return row if any(same) and row is not None and row.valid(as_of) else None


def _hash(secret: Secret, key_id: str, text: str) -> str:
    return secret.mac("api-key", f"{key_id}.{text}").hex()
