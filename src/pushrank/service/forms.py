"""Forms as browsers and mail programs send them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from urllib.parse import parse_qsl

from pushrank.service.guard import Headers
from pushrank.service.problem import Problem

MAX_BYTES = 64 << 10

_MOST_FIELDS = 500
_PLAIN = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data"


def require_form_type(headers: Headers) -> None:
    """Refuse with the Problem 415 what is no form; a body without a type is one, for a click may send nothing."""
    media = headers.get(b"content-type", _PLAIN.encode()).partition(b";")[0].strip().lower().decode("latin-1")
    if media not in (_PLAIN, _PARTS) or headers.get(b"content-encoding", b"identity").lower() != b"identity":
        detail = f"expected Content-Type: {_PLAIN}, or {_PARTS}, and no Content-Encoding"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept": _PLAIN})


def require_own_page(headers: Headers) -> None:
    """Refuse with the Problem 403 what another site's page made a browser send.

    A browser says so itself and lets no page lie about it; a mail program that unsubscribes by one click says nothing.
    """
    if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
        raise Problem(HTTPStatus.FORBIDDEN, "expected a form of this site, got one that another site sent")


def read_form(content_type: str, body: bytes) -> Mapping[str, tuple[str, ...]]:
    """Read a form, by name with all values in order. Raises the Problem 400 where it can't be read."""
    try:
        return _gathered(_parts(content_type, body) if _PARTS in content_type.lower() else _pairs(body))
    except (ValueError, LookupError):
        detail = f"expected a form in UTF-8 with at most {_MOST_FIELDS} fields"
        raise Problem(HTTPStatus.BAD_REQUEST, detail) from None


def _pairs(body: bytes) -> list[tuple[str, str]]:
    text = body.decode("ascii")
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, str]]:
    """Fields of RFC 7578. Files are read like any text, and refused where they are none."""
    whole = b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body
    for part in BytesParser(policy=HTTP).parsebytes(whole).iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(data, bytes):
            raise ValueError  # noqa: TRY004 (a caller's body, not a programmer's type)
        yield name, data.decode("utf-8")


def _gathered(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for count, (name, value) in enumerate(pairs, 1):
        if count > _MOST_FIELDS or "\0" in name + value:
            raise ValueError
        found[name] = (*found.get(name, ()), value)
    return found
