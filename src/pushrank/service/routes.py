"""Which calls there are: method, path, scope, types. What is not in the table does not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import unquote_to_bytes

from pushrank.service.call import Call, Reply
from pushrank.service.problem import Problem, wrong_value

if TYPE_CHECKING:
    from pushrank.service.deployment import Deployment


class Form(NamedTuple):
    """What a value of a path looks like, and how that is told. `told` None: whatever else opens nothing (404)."""

    pattern: str
    told: str | None

    @property
    def schema(self) -> dict[str, Any]:
        """The form as JSON Schema has it, which knows no surrogates."""
        return {"type": "string", "pattern": f"^{self.pattern.replace(_SURROGATES, '')}$"}


_SURROGATES = r"\ud800-\udfff"
# No segment of dots alone: whatever stands in front of the service may take it for a way through folders.
FORMS: Mapping[str, Form] = {
    "id": Form(r"(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,64}", "1 to 64 characters of A-Z a-z 0-9 _ . : -, not dots alone"),
    "tag": Form(r"[^\x00-\x1f\x7f" + _SURROGATES + "]{1,128}", "1 to 128 characters of UTF-8, percent-encoded"),
    "token": Form(r"[A-Za-z0-9_-]{1,512}", None),
}
_PATTERNS = {name: re.compile(form.pattern) for name, form in FORMS.items()}


@dataclass(frozen=True, slots=True)
class Route:
    """One call. `scope` None means that anybody may; `writes` that an `Idempotency-Key` is kept.

    `body` and `answer` are the wire types; `size` names the limit of the body in the configuration; `problems` what
    may go wrong beside what may go wrong everywhere; `versioned` a resource with an `ETag`; `decides` that the call
    makes a decision, which is named before the work; `again` what a kept answer passes through before it is repeated.
    `own`: a user may call it for themselves, by the token of their preference centre. `page`: its answers and its
    problems are HTML. `form`: its body is a form that a page sends, of any fields; the browser may be sent on with 303.
    `media`: of what type an answer is that has no wire type. `query` names further parameters of the address, each a
    word that may be left out.
    """

    method: str
    template: str
    handler: Callable[[Deployment, Call], Reply]
    scope: str | None
    summary: str
    body: Any = None
    answer: Any = None
    size: Literal["rank", "write"] = "write"
    writes: bool = False
    status: HTTPStatus = HTTPStatus.OK
    problems: tuple[HTTPStatus, ...] = ()
    paged: bool = False
    versioned: bool = False
    decides: bool = False
    again: Callable[[Deployment, Call, Reply], Reply] | None = None
    own: bool = False
    page: bool = False
    form: bool = False
    media: str | None = None
    query: tuple[str, ...] = ()

    @property
    def segments(self) -> tuple[str, ...]:
        """The path, cut at its slashes."""
        return tuple(self.template.split("/"))


class RouteTable:
    """Finds the route of a request by exact segments."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._fixed: dict[tuple[str, ...], dict[str, Route]] = {}
        self._open: dict[int, list[tuple[tuple[str, ...], dict[str, Route]]]] = {}
        for route in self.routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        if "{" not in route.template:
            self._fixed.setdefault(route.segments, {})[route.method] = route
            return
        shapes = self._open.setdefault(len(route.segments), [])
        for segments, methods in shapes:
            if segments == route.segments:
                methods[route.method] = route
                return
        shapes.append((route.segments, {route.method: route}))

    def match(self, method: str, path: bytes) -> tuple[Route, Mapping[str, str]]:
        """Return the route of a raw path and the values in it, unchecked. Raises the Problem 404, or 405 with `Allow`.

        Segments are decoded one by one, so that a slash within a value is no slash of the path.
        """
        segments = tuple(unquote_to_bytes(part).decode("utf-8", "surrogateescape") for part in path.split(b"/"))
        methods, parameters = self._find(segments)
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            allowed = ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))
            detail = f"expected {allowed}, got {method[:20]}"
            raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": allowed})
        return route, parameters

    def _find(self, segments: Sequence[str]) -> tuple[Mapping[str, Route], Mapping[str, str]]:
        fixed = self._fixed.get(tuple(segments))
        if fixed is not None:
            return fixed, {}
        for shape, methods in self._open.get(len(segments), ()):
            if all(want == got or (want[:1] == "{" and got) for want, got in zip(shape, segments, strict=True)):
                values = zip(shape, segments, strict=True)
                return methods, {want[1:-1]: got for want, got in values if want[:1] == "{"}
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such path")


def require_form(parameters: Mapping[str, str]) -> None:
    """Refuse values of a path that cannot be any: the Problem 422 for an id or a tag, 404 for a token."""
    for name, value in parameters.items():
        if _PATTERNS[name].fullmatch(value):
            continue
        told = FORMS[name].told
        if told is None:
            raise Problem(HTTPStatus.NOT_FOUND, "this link opens nothing")
        where = f"/{name}"
        raise wrong_value(where, f"expected {told} in the path, got {value[:64]!r}")
