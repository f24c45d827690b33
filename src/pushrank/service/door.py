"""The one way in: a request is matched, let in, read within its limits, handled and answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

import structlog

from pushrank.domain.instants import SECOND
from pushrank.ranking.identifiers import new_decision_id
from pushrank.service import log
from pushrank.service.call import ANYONE, Call, Reply, refusal
from pushrank.service.guard import (
    SECURITY_HEADERS,
    App,
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
from pushrank.service.routes import Route, RouteTable
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
        started = perf_counter()
        deployment, template = self._deployment(), _UNKNOWN
        try:
            route, parameters = self._table.match(scope["method"], scope["path"])
            template = route.template
            answer = await self._answer(deployment, route, dict(parameters), scope, receive)
        except ConnectionResetError:
            return
        except Exception as error:  # noqa: BLE001 (the last resort: nothing of an error may reach a caller)
            answer = _reply_to(error, template)
            if isinstance(error, ConflictError):
                deployment.metrics.broken_rule(template)
        await _send(answer, receive, send)
        seconds = perf_counter() - started
        method = scope["method"] if template != _UNKNOWN else _UNKNOWN
        deployment.metrics.request(method, template, answer.status, seconds)
        if deployment.config.access_log:
            milliseconds = round(seconds * 1000, 2)
            _log().info("request", method=method, route=template, status=answer.status, ms=milliseconds)

    async def _answer(
        self, deployment: Deployment, route: Route, parameters: dict[str, str], scope: Scope, receive: Receive
    ) -> Reply:
        headers = read_headers(scope["headers"])
        principal = ANYONE if route.scope is None else deployment.keyring.admit(headers, route.scope)
        body = b""
        if route.body is not None:
            require_json(headers)
            body = await read_body(receive, headers, *deployment.limits(route.size))
        name = f"{route.method} {route.template}"
        call = Call(name, scope["path"], parameters, scope["query_string"], body, headers, principal)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads[route.size], _in_turn, deployment, route, call)


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
    memory = Memory(deployment.store, deployment.flights, deployment.forgetting, deployment.pseudonyms.of, patience)
    subject = new_decision_id(now, deployment.chance()) if route.decides else ""
    worked = False

    def work(named: Call) -> Reply:
        nonlocal worked
        worked = True
        return route.handler(deployment, named)

    answer = once(memory, replace(call, subject=subject), now, work)
    return answer if worked or route.again is None else route.again(deployment, call, answer)


def _reply_to(error: Exception, template: str) -> Reply:
    if isinstance(error, Problem):
        return refusal(error)
    if isinstance(error, ConflictError):
        _log().critical("the store refused what a rule had allowed; nothing was written; report this", route=template)
    _log().error("request failed", route=template, **log.where(error))
    if isinstance(error, StoreError):
        detail = "the store does not answer; nothing was written and nothing may be sent"
        return refusal(Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "1"}))
    return refusal(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the request could not be handled"))


def _log() -> structlog.typing.FilteringBoundLogger:
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger("pushrank.service")
    return logger


async def _send(answer: Reply, receive: Receive, send: Send) -> None:
    headers = [
        (b"content-length", str(len(answer.body)).encode()),
        (b"content-type", answer.media_type),
        *SECURITY_HEADERS,
        *answer.headers,
    ]
    too_large = answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": too_large})
    if too_large:
        await drain(receive)
        await send({"type": "http.response.body", "body": b""})
