"""In which language a page answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from pushrank.service.words import language_of


def asked(query: bytes) -> Mapping[str, str]:
    """Read the query of a page. What is unknown is ignored: scanners and mail programs add their own."""
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))


def language_for(query: bytes, accepted: str | None, known: Sequence[str], chosen: str | None = None) -> str:
    """The language that the address asks for, else the one that the person chose, else the browser's."""
    wanted = (asked(query).get("language"), (chosen or "").partition("-")[0].lower())
    return next((one for one in wanted if one in known), None) or language_of(accepted, known)
