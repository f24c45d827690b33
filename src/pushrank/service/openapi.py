"""OpenAPI 3.1, made from the table of routes and the types that decode the wire."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec

from pushrank.service.routes import FORMS, Route
from pushrank.service.wire.values import ProblemAnswer, Time

API_VERSION = "1"
_REF = "#/components/schemas/{name}"
_HTML: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}
_PROBLEM: dict[str, Any] = {"$ref": _REF.format(name="ProblemAnswer")}
_SCHEMES: dict[str, Any] = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "own": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of the preference centre, which opens what is the user's own.",
    },
}
_PARAMETER = re.compile(r"\{(\w+)\}")
_ALWAYS = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.UNPROCESSABLE_ENTITY)
_FORM = "application/x-www-form-urlencoded"
_WITH_KEY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_WITH_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Write the description of every route, complete with schemas."""
    table = tuple(routes)
    kinds = [kind for route in table for kind in (route.body, route.answer) if kind is not None]
    unique = list(dict.fromkeys([*kinds, ProblemAnswer]))
    _, schemas = msgspec.json.schema_components(unique, schema_hook=_schema_of, ref_template=_REF)
    paths: dict[str, Any] = {}
    for route in table:
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "pushrank", "version": API_VERSION, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
    }


def _schema_of(kind: type) -> dict[str, Any]:
    if kind is Time:
        return {"type": "string", "format": "date-time", "description": "ISO 8601 with an offset."}
    raise NotImplementedError(kind)


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "parameters": _parameters(route),
        "responses": _responses(route),
        "security": _security(route),
    }
    if route.scope is not None:
        operation["x-scope"] = route.scope
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(route.body)}
    if route.form:
        fields = {"type": "object", "additionalProperties": {"type": "string"}}
        operation["requestBody"] = {"required": False, "content": {_FORM: {"schema": fields}}}
    return operation


def _security(route: Route) -> list[dict[str, Any]]:
    if route.scope is None:
        return []
    return [{"key": []}, {"own": []}] if route.own else [{"key": []}]


def _operation_id(route: Route) -> str:
    words = [word for word in re.split(r"\W+", route.template.removeprefix("/v1")) if word]
    return "_".join([route.method.lower(), *words])


def _parameters(route: Route) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": FORMS[name].schema}
        for name in _PARAMETER.findall(route.template)
    ]
    found += [_optional(name, "query", {"type": "string"}) for name in route.query]
    if route.paged:
        limit = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
        found += [_optional("cursor", "query", {"type": "string"}), _optional("limit", "query", limit)]
    if route.writes:
        found.append(_optional("Idempotency-Key", "header", {"type": "string", "minLength": 1, "maxLength": 255}))
    if route.versioned and route.writes:
        found.append(_optional("If-Match", "header", {"type": "string"}))
    return found


def _optional(name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": False, "schema": schema}


def _responses(route: Route) -> dict[str, Any]:
    good: dict[str, Any] = {"description": route.status.phrase}
    if route.answer is not None:
        good["content"] = _json(route.answer)
    if route.page:
        good["content"] = _HTML
    if route.versioned:
        good["headers"] = {"ETag": {"schema": {"type": "string"}}}
    told = _page if route.page else _problem
    problems = {str(int(status)): told(status) for status in _problems(route)}
    return {str(int(route.status)): good} | dict(sorted(problems.items()))


def _problems(route: Route) -> list[HTTPStatus]:
    found = [*_ALWAYS, *route.problems]
    if route.scope is not None:
        found += _WITH_KEY
    if route.body is not None or route.form:
        found += _WITH_BODY
    if route.form:
        found.append(HTTPStatus.FORBIDDEN)
    if "{token}" in route.template:
        found += [HTTPStatus.NOT_FOUND, HTTPStatus.GONE]
    if route.writes:
        found.append(HTTPStatus.CONFLICT)
    if route.versioned and route.writes:
        found.append(HTTPStatus.PRECONDITION_FAILED)
    return found


def _problem(status: HTTPStatus) -> dict[str, Any]:
    return {"description": status.phrase, "content": {"application/problem+json": {"schema": _PROBLEM}}}


def _page(status: HTTPStatus) -> dict[str, Any]:
    return {"description": status.phrase, "content": _HTML}


def _json(kind: Any) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(name=kind.__name__)}}}
