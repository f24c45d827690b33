"""The description of the API is made from what decodes the wire, and is complete in both directions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from pushrank.rights.keys import SCOPES
from pushrank.service import openapi
from pushrank.service.decoding import decode
from pushrank.service.handlers.system import description
from pushrank.service.problem import Problem
from pushrank.service.routes import Route
from pushrank.service.table import ROUTES

DOCUMENT: dict[str, Any] = json.loads(description(ROUTES))
WITH_BODY = [route for route in ROUTES if route.body is not None]

AT = "2026-11-23T10:00:00Z"

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "RankBody": [
        {"user_id": "u-1042", "candidates": ["m-1", {"message_id": "m-2", "event_key": "sku-77", "worth": 3}]},
        {"user_id": "u", "slots": 20, "mode": "look", "context": {"page": "home"}, "at": "2026-11-23T10:00:00+08:00"},
    ],
    "SlateBody": [{}, {"message_ids": ["m-1"]}],
    "EventsBody": [
        {"events": [{"event_id": "e", "type": "opted_in", "user_id": "u", "at": AT}]},
        {"events": [{"event_id": "e", "type": "attribute", "user_id": "u", "at": AT, "value": None}]},
    ],
    "MessagesBody": [
        {"messages": [{"message_id": "m", "category": "sport.tennis", "attributes": {"a": 1, "b": True}}]}
    ],
    "PreferencesBody": [{"quiet_hours": [{"from": "22:00", "to": "08:00"}], "muted_until": None, "push": False}],
}
REFUSED: dict[str, list[dict[str, Any]]] = {
    "RankBody": [{}, {"user_id": "a b"}, {"user_id": "u", "slots": 21}, {"user_id": "u", "slot": 1}],
    "SlateBody": [{"message_ids": []}],
    "EventsBody": [{"events": []}, {"events": [{"event_id": "e", "type": "seen", "user_id": "u", "at": "x"}]}],
    "MessagesBody": [{"messages": [{"message_id": "m"}]}, {"messages": [{"message_id": "m", "category": ".news"}]}],
    "PreferencesBody": [
        {"quiet_hours": [{"from": "24:00", "to": "08:00"}]},
        {"max_per_day": -1},
        {"consents": {"sales": None}},
    ],
}


def described() -> Iterator[tuple[str, str]]:
    for path, methods in DOCUMENT["paths"].items():
        for method in methods:
            yield method.upper(), path


def schema_of(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})


def test_every_route_is_described_and_nothing_else_is() -> None:
    assert sorted(described()) == sorted((route.method, route.template) for route in ROUTES)


def test_the_document_says_what_it_is() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"]["title"] == "pushrank"
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert sorted(schemes) == ["key", "own"]
    assert {(one["type"], one["scheme"]) for one in schemes.values()} == {("http", "bearer")}


def test_every_schema_is_a_valid_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(DOCUMENT)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(DOCUMENT["components"]["schemas"])


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
def test_an_operation_names_its_scope_its_path_parameters_and_its_problems(route: Route) -> None:
    operation = DOCUMENT["paths"][route.template][route.method.lower()]
    assert operation.get("x-scope") == route.scope
    assert bool(operation["security"]) == (route.scope is not None)
    named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
    assert named == {segment[1:-1] for segment in route.segments if segment.startswith("{")}
    assert ("401" in operation["responses"]) == (route.scope is not None)
    assert ("413" in operation["responses"]) == (route.body is not None or route.form)


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: route.body.__name__)
def test_the_schema_and_the_decoder_take_and_refuse_the_same_bodies(route: Route) -> None:
    validator = schema_of(route.body.__name__)
    for body in EXAMPLES[route.body.__name__]:
        assert list(validator.iter_errors(body)) == []
        decode(msgspec.json.encode(body), route.body)
    for body in REFUSED[route.body.__name__]:
        assert list(validator.iter_errors(body)) != []
        with pytest.raises(Problem):
            decode(msgspec.json.encode(body), route.body)


def test_every_scope_of_a_route_can_be_given_to_a_key() -> None:
    assert {route.scope for route in ROUTES} - {None} <= set(SCOPES)


def test_the_document_is_the_same_each_time() -> None:
    assert openapi.document(ROUTES) == openapi.document(ROUTES)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.page], ids=lambda route: route.template)
def test_a_page_is_told_as_html_and_a_form_may_send_the_browser_on(route: Route) -> None:
    answers = DOCUMENT["paths"][route.template][route.method.lower()]["responses"]
    assert "text/html" in answers["200"]["content"]
    assert ("303" in answers) == route.form
    if route.form:
        assert answers["303"]["headers"]["Location"]["required"]


def test_a_call_names_the_languages_that_it_knows_and_a_page_takes_any() -> None:
    paths = openapi.document(ROUTES, ("en", "zh"))["paths"]
    schemas = {
        path: next(one["schema"] for one in paths[path]["get"]["parameters"] if one["name"] == "language")
        for path in ("/v1/purposes", "/how-ranking-works")
    }
    assert schemas == {"/v1/purposes": {"enum": ["en", "zh"]}, "/how-ranking-works": {"type": "string"}}
