"""Whatever is sent, the answer is a 200 or a problem that says what is wrong: never a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.small_service import MESSAGES, SmallService, lay_champion, service_in_process

AT = "2026-11-23T10:00:00Z"
PATHS = {
    "/v1/rank": {"user_id": "u-1", "candidates": ["m-news", {"message_id": "m-match", "worth": 2}], "at": AT},
    "/v1/events": {"events": [{"event_id": "e-1", "type": "attribute", "user_id": "u-1", "at": AT, "name": "tier"}]},
    "/v1/messages": {"messages": [{"message_id": "m-1", "category": "news", "attributes": {"brand": "x"}}]},
    "/v1/users/u-1/preferences": {"quiet_hours": [{"from": "22:00", "to": "08:00"}], "timezone": "Asia/Shanghai"},
    "/v1/decisions/none/confirm": {"message_ids": ["m-1"]},
}

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([AT, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "m-news", "UTC", "*", "marketing"])
)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.just("at"), inner, max_size=4),
    max_leaves=8,
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, inner in entries:
        yield from places(inner, (*path, name))


def replaced(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    head, *rest = path
    if isinstance(tree, dict):
        return {**tree, head: replaced(tree[head], tuple(rest), value)}
    return [replaced(inner, tuple(rest), value) if place == head else inner for place, inner in enumerate(tree)]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallService]:
    home = tmp_path_factory.mktemp("fuzzed")
    lay_champion(home)
    with service_in_process(home) as found:
        found.call.post("/v1/messages", {"messages": MESSAGES})
        yield found


@pytest.mark.parametrize("path", PATHS)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_body_with_anything_anywhere_is_answered(service: SmallService, path: str, data: st.DataObject) -> None:
    good = PATHS[path]
    place = data.draw(st.sampled_from(list(places(good))))
    body = json.dumps(replaced(good, place, data.draw(trees))).encode()
    answer = service.call("PATCH" if path.endswith("preferences") else "POST", path, body)
    assert answer.status_code in (200, 404, 422), answer.text
    if answer.status_code == 422:
        assert answer.json()["errors"]


@given(body=st.binary(max_size=40), path=st.sampled_from(sorted(PATHS)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_that_are_no_json_are_a_400(service: SmallService, body: bytes, path: str) -> None:
    answer = service.call("PATCH" if path.endswith("preferences") else "POST", path, body)
    assert answer.status_code in (400, 422)


@given(path=st.text(st.characters(exclude_categories=["Cs"]), max_size=30), method=st.sampled_from(["GET", "DELETE"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_path_is_answered(service: SmallService, path: str, method: str) -> None:
    scope = {"type": "http", "method": method, "path": "/" + path, "query_string": b"", "headers": []}
    assert service.ask(scope) in (401, 404, 405, 422)
