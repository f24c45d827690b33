"""The language in which a caller is answered."""

from __future__ import annotations

from collections.abc import Sequence

from pushrank.service.call import Call
from pushrank.service.problem import wrong_value


def language_of(accepted: str | None, known: Sequence[str]) -> str:
    """Choose the first known language of an `Accept-Language` header, else the first that there is."""
    for entry in (accepted or "").split(","):
        base = entry.split(";")[0].strip().split("-")[0].lower()
        if base in known:
            return base
    return known[0]


def language_asked(call: Call, known: Sequence[str], *beside: str) -> str:
    """Choose by `?language=`, else by `Accept-Language`; `beside` are the other parameters of the query.

    Raises the Problem 422 for a language that is asked for by name and not known.
    """
    named = call.asked("language", *beside).get("language")
    if named is None:
        return language_of(call.header(b"accept-language"), known)
    if named not in known:
        msg = "/language"
        raise wrong_value(msg, f"expected one of {', '.join(known)}, got {named[:20]!r}")
    return named
