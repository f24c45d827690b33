"""OpenAPI 3.1, made from the table of routes and the types that decode the wire."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
_ALWAYS = (
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_TEXT: dict[str, Any] = {"type": "string"}
_IDEMPOTENCY_KEY: dict[str, Any] = {"type": "string", "pattern": "^[!-~]{1,255}$"}
# The years between which a time must lie; what else is wrong with it, the format says.
_YEARS = "^(19[7-9][0-9]|20[0-9]{2})-"
_WITH_KEY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_WITH_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


def document(routes: Iterable[Route], languages: Sequence[str] = ()) -> dict[str, Any]:
    """Write the description of every route, complete with schemas; `languages` are those that may be asked for."""
    table = tuple(routes)
    kinds = [kind for route in table for kind in (route.body, route.answer) if kind is not None]
    unique = list(dict.fromkeys([*kinds, ProblemAnswer]))
    _, schemas = msgspec.json.schema_components(unique, schema_hook=_schema_of, ref_template=_REF)
    paths: dict[str, Any] = {}
    for route in table:
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route, languages)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "pushrank", "version": API_VERSION, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
    }


def _schema_of(kind: type) -> dict[str, Any]:
    if kind is Time:
        told = "ISO 8601 with an offset, from 1970 to 2099."
        return {"type": "string", "format": "date-time", "pattern": _YEARS, "description": told}
    raise NotImplementedError(kind)


def _operation(route: Route, languages: Sequence[str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "parameters": _parameters(route, languages),
        "responses": _responses(route),
        "security": _security(route),
    }
    if route.scope is not None:
        operation["x-scope"] = route.scope
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(route.body)}
    if route.form:
        fields = {"schema": {"type": "object", "additionalProperties": _TEXT}}
        operation["requestBody"] = {"required": False, "content": dict.fromkeys(_FORMS, fields)}
    return operation


def _security(route: Route) -> list[dict[str, Any]]:
    if route.scope is None:
        return []
    return [{"key": []}, {"own": []}] if route.own else [{"key": []}]


def _operation_id(route: Route) -> str:
    words = [word for word in re.split(r"\W+", route.template.removeprefix("/v1")) if word]
    return "_".join([route.method.lower(), *words])


def _parameters(route: Route, languages: Sequence[str]) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": FORMS[name].schema}
        for name in _PARAMETER.findall(route.template)
    ]
    found += [_optional(name, "query", _words(route, name, languages)) for name in route.query]
    if route.paged:
        limit = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
        found += [_optional("cursor", "query", _TEXT), _optional("limit", "query", limit)]
    if route.writes:
        found.append(_optional("Idempotency-Key", "header", _IDEMPOTENCY_KEY))
    if route.versioned and route.writes:
        found.append(_optional("If-Match", "header", _TEXT))
    return found


def _words(route: Route, name: str, languages: Sequence[str]) -> dict[str, Any]:
    """What a word of the query may be: a page takes a language that it knows for granted, a call refuses others."""
    return {"enum": list(languages)} if name == "language" and languages and not route.page else _TEXT


def _optional(name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": False, "schema": schema}


def _responses(route: Route) -> dict[str, Any]:
    told = _page if route.page else _problem
    problems = {str(int(status)): told(status) for status in _problems(route)}
    return {str(int(route.status)): _good(route)} | _elsewhere(route) | dict(sorted(problems.items()))


def _good(route: Route) -> dict[str, Any]:
    good: dict[str, Any] = {"description": route.status.phrase}
    content: dict[str, Any] = {} if route.media is None else {route.media: {}}
    content |= {} if route.answer is None else _json(route.answer)
    content |= _HTML if route.page else {}
    if content:
        good["content"] = content
    if route.versioned:
        good["headers"] = _headers("ETag")
    return good


def _elsewhere(route: Route) -> dict[str, Any]:
    """After a form, the browser is sent to the page with GET."""
    if not route.form:
        return {}
    status = HTTPStatus.SEE_OTHER
    return {str(int(status)): {"description": status.phrase, "headers": _headers("Location")}}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"required": True, "schema": _TEXT} for name in names}


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
    told: dict[str, Any] = {
        "description": status.phrase,
        "content": {"application/problem+json": {"schema": _PROBLEM}},
    }
    return told | ({"headers": _headers("WWW-Authenticate")} if status in _WITH_KEY else {})


def _page(status: HTTPStatus) -> dict[str, Any]:
    return {"description": status.phrase, "content": _HTML}


def _json(kind: Any) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(name=kind.__name__)}}}
