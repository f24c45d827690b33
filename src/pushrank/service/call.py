"""One HTTP call as handlers see it, and its reply."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from pushrank.service.problem import MEDIA_TYPE, Problem, pointer, wrong_value
from pushrank.service.wire.values import write_time

_encoder = msgspec.json.Encoder(enc_hook=write_time)
_JSON = b"application/json"
_MAX_PAGE = 1000
_LIMIT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: the id of a key (not the key) and what it may do; `own`: a user, for nobody but themselves."""

    key_id: str
    scopes: frozenset[str]
    own: bool = False


ANYONE = Principal("", frozenset())


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was let in. `route` is its method and template, `path` what came.

    `subject` is the id for what the call makes; `retaken`: a process died over the same call, and may have made it.
    """

    route: str = ""
    path: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    query: bytes = b""
    body: bytes = b""
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    principal: Principal = ANYONE
    subject: str = ""
    retaken: bool = False

    def header(self, name: bytes) -> str | None:
        """Value of a header by its lower-case name."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def page(self, *beside: str) -> tuple[str, int]:
        """Read `cursor` and `limit` (1 to 1,000, 100 unless told) of a list; `beside` are further parameters."""
        query = self.asked("cursor", "limit", *beside)
        limit = query.get("limit", "100")
        if not _LIMIT.fullmatch(limit) or int(limit) > _MAX_PAGE:
            raise wrong_value(pointer("limit"), f"expected an integer from 1 to {_MAX_PAGE}, got {limit[:20]!r}")
        return query.get("cursor", ""), int(limit)

    def asked(self, *known: str) -> Mapping[str, str]:
        """Read the parameters of the query. Raises the Problem 422 for one that is not known."""
        query = dict(parse_qsl(self.query.decode("latin-1"), keep_blank_values=True))
        for name in query:
            if name not in known:
                raise wrong_value(pointer(name[:64]), f"unknown parameter; expected {' or '.join(known)}")
        return query


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, ready to be sent."""

    status: int
    body: bytes = b""
    media_type: bytes = _JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Those that are sent with every answer give way to these."""


def reply(answer: Any, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Reply:
    """Encode an answer as JSON."""
    return Reply(status, _encoder.encode(answer), headers=_raw(headers or {}))


def refusal(problem: Problem) -> Reply:
    """Encode a problem."""
    return Reply(problem.status, problem.body(), MEDIA_TYPE, _raw(problem.headers))


def _raw(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
