"""What every request passes before it is read: sizes, media type, time to arrive; and headers of every answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, TypeAlias

from pushrank.service.problem import Problem

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = Mapping[bytes, bytes]

MAX_HEADER_BYTES = 16 << 10
_MAX_DRAINED_BYTES = 64 << 20
_DRAIN_SECONDS = 2.0

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


def read_headers(pairs: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return headers by lower-case name, the last of a repeated one. Raises the Problem 431 above 16 KiB in all."""
    headers: dict[bytes, bytes] = {}
    size = 0
    for name, value in pairs:
        size += len(name) + len(value)
        headers[name] = value
    if size > MAX_HEADER_BYTES:
        detail = f"expected at most {MAX_HEADER_BYTES} bytes of headers, got {size}"
        raise Problem(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)
    return headers


def require_json(headers: Headers) -> None:
    """Refuse with the Problem 415 all but plain `application/json` in UTF-8."""
    media, _, parameters = headers.get(b"content-type", b"").partition(b";")
    if media.strip().lower() != b"application/json" or parameters.strip().lower() not in (b"", b"charset=utf-8"):
        raise _unsupported(headers.get(b"content-type", b"none"), "Content-Type: application/json")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise _unsupported(headers[b"content-encoding"], "no Content-Encoding")


def _unsupported(got: bytes, expected: str) -> Problem:
    detail = f"expected {expected}, got {got[:60].decode('latin-1')}"
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept": "application/json"})


async def read_body(receive: Receive, headers: Headers, limit: int, seconds: float) -> bytes:
    """Read a body of at most `limit` bytes that arrives within `seconds`; counts what comes, not what was announced.

    Raises the Problem 413 for a longer one, as soon as that is known, and 408 for a slower one.
    """
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, limit)
    except TimeoutError:
        detail = f"expected the body within {seconds:g} seconds"
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, detail, headers={"Connection": "close"}) from None


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> Problem:
    detail = f"expected a body of at most {limit} bytes, got a longer one"
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, headers={"Connection": "close"})


async def drain(receive: Receive) -> None:
    """Throw away what a refused client still sends, for a while.

    Closing at once would reset the connection, and many clients then lose the answer that says why.
    """
    left = _MAX_DRAINED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while left > 0:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))
