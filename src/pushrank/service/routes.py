"""Which calls there are: method, path, scope, types. What is not in the table does not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from pushrank.service.call import Call, Reply
from pushrank.service.problem import Problem, wrong_value

if TYPE_CHECKING:
    from pushrank.service.deployment import Deployment

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Route:
    """One call. `scope` None means that anybody may; `writes` that an `Idempotency-Key` is kept.

    `body` and `answer` are the wire types; `size` names the limit of the body in the configuration; `problems` what
    may go wrong beside what may go wrong everywhere; `versioned` a resource with an `ETag`; `decides` that the call
    makes a decision, which is named before the work; `again` what a kept answer passes through before it is repeated.
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

    @property
    def segments(self) -> tuple[str, ...]:
        """The path, cut at its slashes."""
        return tuple(self.template.split("/"))


class RouteTable:
    """Finds the route of a request by exact segments."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._fixed: dict[str, dict[str, Route]] = {}
        self._open: dict[int, list[tuple[tuple[str, ...], dict[str, Route]]]] = {}
        for route in self.routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        if "{" not in route.template:
            self._fixed.setdefault(route.template, {})[route.method] = route
            return
        shapes = self._open.setdefault(len(route.segments), [])
        for segments, methods in shapes:
            if segments == route.segments:
                methods[route.method] = route
                return
        shapes.append((route.segments, {route.method: route}))

    def match(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """Return the route and the values of its path. Raises the Problem 404, 405 with `Allow`, or 422 for an id."""
        methods, parameters = self._find(path)
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            allowed = ", ".join(sorted(methods))
            detail = f"expected {allowed}, got {method[:20]}"
            raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": allowed})
        for name, value in parameters.items():
            if not _ID.fullmatch(value):
                expected = "expected 1 to 64 characters of A-Z a-z 0-9 _ . : - in the path"
                msg = f"/{name}"
                raise wrong_value(msg, f"{expected}, got {value[:64]!r}")
        return route, parameters

    def _find(self, path: str) -> tuple[Mapping[str, Route], Mapping[str, str]]:
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        segments = path.split("/")
        for shape, methods in self._open.get(len(segments), ()):
            if all(want == got or (want[:1] == "{" and got) for want, got in zip(shape, segments, strict=True)):
                values = zip(shape, segments, strict=True)
                return methods, {want[1:-1]: got for want, got in values if want[:1] == "{"}
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such path")
