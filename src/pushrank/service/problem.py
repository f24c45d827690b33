"""Errors as answers: RFC 9457 problems that name each wrong field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus

import msgspec

from pushrank.service.wire.values import Fault, ProblemAnswer

MEDIA_TYPE = b"application/problem+json"


class Problem(Exception):  # noqa: N818 (RFC 9457 calls it a problem)
    """A request that is answered with an error. `headers` go out with the answer."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def body(self) -> bytes:
        """Return the problem as JSON."""
        return msgspec.json.encode(
            ProblemAnswer("about:blank", self.status.phrase, self.status, self.detail, self.errors),
        )


def wrong(*errors: Fault) -> Problem:
    """Build the 422 for values that cannot be used."""
    named = ", ".join(fault.pointer or "the body" for fault in errors[:5])
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"wrong value: {named}", errors)


def wrong_value(pointer: str, detail: str) -> Problem:
    """Build the 422 for one value, named by its JSON pointer."""
    return wrong(Fault(pointer, detail))


def missing(name: str, what: str) -> Problem:
    """Build the 404 for a thing that is not there."""
    return Problem(HTTPStatus.NOT_FOUND, f"there is no {what} {name!r}")


def gone() -> Problem:
    """Build the 410 for a user who was erased; only for who may know that there was one."""
    return Problem(HTTPStatus.GONE, "this user was erased")


def conflict(detail: str) -> Problem:
    """Build the 409 for a state that forbids the request."""
    return Problem(HTTPStatus.CONFLICT, detail)


def pointer(*parts: str | int) -> str:
    """Write a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
