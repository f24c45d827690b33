"""The one way in: a request is matched, let in, read within its limits, handled and answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog

from pushrank.domain.instants import SECOND
from pushrank.ranking.identifiers import new_decision_id
from pushrank.service import log
from pushrank.service.call import ANYONE, Call, Principal, Reply, refusal
from pushrank.service.forms import MAX_BYTES, require_form_type, require_own_page
from pushrank.service.guard import (
    SECURITY_HEADERS,
    App,
    Headers,
    Receive,
    Scope,
    Send,
    drain,
    read_body,
    read_headers,
    require_json,
)
from pushrank.service.once import Memory, once
from pushrank.service.problem import Problem
from pushrank.service.routes import Route, RouteTable, require_form
from pushrank.store.errors import ConflictError, StoreError

if TYPE_CHECKING:
    from pushrank.service.deployment import Deployment

# Of calls by the size of their body. A ranking takes milliseconds and computes in turns: more threads than share a
# commit would only wake each other up. A bite of events takes longer, and must not keep rankings waiting for a thread.
_THREADS = {"rank": 5, "write": 16}
_UNKNOWN = "unknown"
# A body takes at most the configured seconds to arrive, and its handling far less than these.
_GRACE = 10 * SECOND


class Door:
    """Raw ASGI in front of everything BentoML would serve: only routes of the table are answered, all others refused.

    `deployment` gives the parts of the running service; it is asked for each request, because the shell builds them
    only after the server has started. `inner` gets the lifespan and nothing else.
    """

    def __init__(self, app: App, *, table: RouteTable, deployment: Callable[[], Deployment]) -> None:
        self._inner = app
        self._table = table
        self._deployment = deployment
        # A handler waits for the disk when it writes; in threads, the waits of many requests share one commit.
        self._threads = {size: ThreadPoolExecutor(most, f"handler-{size}") for size, most in _THREADS.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; refuse a websocket."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._inner(scope, receive, send)

    def close(self) -> None:
        """Let the handlers' threads go."""
        for threads in self._threads.values():
            threads.shutdown()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, deployment, route = perf_counter(), self._deployment(), None
        try:
            route, parameters = self._table.match(scope["method"], raw_path(scope))
            answer = await self._answer(deployment, route, dict(parameters), scope, receive)
        except ConnectionResetError:
            # Nobody hears it, but BentoML's timer around us waits for some answer, and the end of the server for both.
            await _send(Reply(HTTPStatus.BAD_REQUEST), 0, receive, send)
            return
        except Exception as error:  # noqa: BLE001 (the last resort: nothing of an error may reach a caller)
            answer = _refused(deployment, error, route, scope)
        head = scope["method"] == "HEAD"
        await _send(replace(answer, body=b"") if head else answer, len(answer.body), receive, send)
        seconds = perf_counter() - started
        template = _UNKNOWN if route is None else route.template
        method = _UNKNOWN if route is None else scope["method"]
        deployment.metrics.request(method, template, answer.status, seconds)
        if deployment.config.access_log:
            milliseconds = round(seconds * 1000, 2)
            _log().info("request", method=method, route=template, status=answer.status, ms=milliseconds)

    async def _answer(
        self, deployment: Deployment, route: Route, parameters: dict[str, str], scope: Scope, receive: Receive
    ) -> Reply:
        headers = read_headers(scope["headers"])
        principal = _principal(deployment, route, headers, parameters)
        require_form(parameters)
        body = await _body(deployment, route, headers, receive)
        name = f"{route.method} {route.template}"
        call = Call(name, scope["path"], parameters, scope["query_string"], body, headers, principal)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads[route.size], _in_turn, deployment, route, call)


def raw_path(scope: Scope) -> bytes:
    """The path as it came, still percent-encoded."""
    raw: bytes | None = scope.get("raw_path")
    return raw if raw is not None else quote(scope["path"], safe="/").encode()


def _principal(deployment: Deployment, route: Route, headers: Headers, parameters: Mapping[str, str]) -> Principal:
    if route.scope is None:
        return ANYONE
    return deployment.keyring.admit(headers, route.scope, parameters.get("id") if route.own else None)


async def _body(deployment: Deployment, route: Route, headers: Headers, receive: Receive) -> bytes:
    if route.form:
        require_own_page(headers)
        require_form_type(headers)
    elif route.body is not None:
        require_json(headers)
    else:
        return b""
    most, seconds = deployment.limits(route.size)
    return await read_body(receive, headers, min(most, MAX_BYTES) if route.form else most, seconds)


def _in_turn(deployment: Deployment, route: Route, call: Call) -> Reply:
    """Handle a call; those that take milliseconds follow each other, so that they do not fight for the interpreter."""
    if route.size != "rank":
        return _handle(deployment, route, call)
    with deployment.turns.taken():
        return _handle(deployment, route, call)


def _handle(deployment: Deployment, route: Route, call: Call) -> Reply:
    if not route.writes:
        return route.handler(deployment, call)
    now, patience = deployment.clock(), round(deployment.config.request_timeout_seconds * SECOND) + _GRACE
    memory = Memory(
        deployment.store,
        deployment.flights,
        deployment.forgetting,
        deployment.identities,
        deployment.secrets.digest,
        patience,
    )
    subject = new_decision_id(now, deployment.chance()) if route.decides else ""
    worked = False

    def work(named: Call) -> Reply:
        nonlocal worked
        worked = True
        return route.handler(deployment, named)

    answer = once(memory, replace(call, subject=subject), now, work)
    return answer if worked or route.again is None else route.again(deployment, call, answer)


def _refused(deployment: Deployment, error: Exception, route: Route | None, scope: Scope) -> Reply:
    """Answer an error: as a problem, or as a page where a person is looking."""
    template = _UNKNOWN if route is None else route.template
    if isinstance(error, ConflictError):
        deployment.metrics.broken_rule(template)
    problem = _problem_of(error, template)
    if route is None or not route.page:
        return refusal(problem)
    spoken = next((value for name, value in scope["headers"] if name == b"accept-language"), b"").decode("latin-1")
    page = deployment.problem_page(problem.status, scope["query_string"], spoken)
    return replace(page, status=problem.status)


def _problem_of(error: Exception, template: str) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, ConflictError):
        _log().critical("the store refused what a rule had allowed; nothing was written; report this", route=template)
    _log().error("request failed", route=template, **log.where(error))
    if isinstance(error, StoreError):
        detail = "the store does not answer; nothing was written and nothing may be sent"
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "1"})
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the request could not be handled")


def _log() -> structlog.typing.FilteringBoundLogger:
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger("pushrank.service")
    return logger


async def _send(answer: Reply, length: int, receive: Receive, send: Send) -> None:
    own = {name for name, _ in answer.headers}
    headers = [
        (b"content-length", str(length).encode()),
        (b"content-type", answer.media_type),
        *((name, value) for name, value in SECURITY_HEADERS if name not in own),
        *answer.headers,
    ]
    too_large = answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": too_large})
    if too_large:
        await drain(receive)
        await send({"type": "http.response.body", "body": b""})
