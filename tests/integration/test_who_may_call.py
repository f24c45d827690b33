"""Every route of the table refuses whoever has no right to it, tells nothing by that, and changes nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from pushrank.cli.keys import create_key
from pushrank.domain.instants import DAY
from pushrank.rights.keys import SCOPES
from pushrank.rights.links import Links, Use
from pushrank.rights.pseudonyms import Secret
from pushrank.service.guard import Scope
from pushrank.service.routes import Route
from pushrank.service.table import ROUTES
from tests.small_service import MESSAGES, NOW, SmallService, service_in_process

GUARDED = [route for route in ROUTES if route.scope is not None]
BEHIND_A_LINK = [route for route in ROUTES if "{token}" in route.template]
NAMED = [route for route in ROUTES if "{id}" in route.template]
TAGGED = [route for route in ROUTES if "{tag}" in route.template]
# Whoever adds a route that anybody may call says so here, too.
FOR_ANYBODY = {"/livez", "/readyz", "/openapi.json", "/v1/purposes", "/how-ranking-works"}
USES = {"/preferences/{token}": Use.PREFERENCES, "/opt-out/{token}": Use.OPT_OUT}


def name(route: Route) -> str:
    return f"{route.method} {route.template}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallService]:
    home = tmp_path_factory.mktemp("refusing")
    with service_in_process(home) as service:
        service.call.post("/v1/messages", {"messages": MESSAGES})
        service.call("PATCH", "/v1/users/u-known/preferences", {"max_per_day": 3})
        service.call.rank(user_id="u-known", candidates=["m-news"])
        yield service


def contents(service: SmallService) -> str:
    with closing(sqlite3.connect(Path(service.environment["PUSHRANK_HOME"]) / "pushrank.sqlite")) as database:
        return hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()


def asked(
    service: SmallService, route: Route, key: str, headers: Mapping[str, str] | None = None, **values: str
) -> httpx.Response:
    path = route.template.format(**{"id": "u-known", "tag": "running", "token": "none", **values})
    if route.form:
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return service.call(route.method, path, b"List-Unsubscribe=One-Click&push=on", key=key, headers=form)
    return service.call(route.method, path, None if route.body is None else {}, key=key, headers=headers)


def credentials(service: SmallService, route: Route) -> Iterator[tuple[str, str]]:
    """What opens nothing on this route for `u-known`, by name."""
    links, key = service.deployment.links, service.call.key
    foreign = Links(Secret(b"f" * 32))
    yield "none", ""
    yield "a word", "letmein"
    yield "a key cut short", key[:-1]
    yield "a key with another end", key[:-1] + ("0" if key[-1] != "0" else "1")
    yield "a key that has ended", create_key(service.environment, list(SCOPES), 1, NOW - 2 * DAY)
    yield "a link that opts out", links.seal(Use.OPT_OUT, "u-known")
    yield "a link that has ended", links.seal(Use.PREFERENCES, "u-known", NOW)
    yield "the link of another", links.seal(Use.PREFERENCES, "u-other", NOW + DAY)
    yield "the link of another deployment", foreign.seal(Use.PREFERENCES, "u-known", NOW + DAY)
    yield "the id itself", "u-known"
    if not route.own:
        yield "a link where no user may call", links.seal(Use.PREFERENCES, "u-known", NOW + DAY)


def told(answer: httpx.Response) -> tuple[int, bytes, str]:
    return answer.status_code, answer.content, answer.headers["www-authenticate"]


@pytest.mark.parametrize("route", GUARDED, ids=name)
def test_nothing_but_a_key_that_holds_opens_a_guarded_route(house: SmallService, route: Route) -> None:
    attempts = list(credentials(house, route))
    before = contents(house)
    missing = told(asked(house, route, ""))
    unusable = told(asked(house, route, "letmein"))
    for what, text in attempts:
        answer = told(asked(house, route, text))
        assert answer == (unusable if text else missing), what
    assert (missing[0], unusable[0]) == (401, 401)
    basic = {"Authorization": "Basic " + house.call.key}
    assert told(asked(house, route, "", basic)) == missing
    assert contents(house) == before


@pytest.mark.parametrize("route", GUARDED, ids=name)
def test_a_key_for_everything_else_is_refused_alike_for_known_and_unknown(house: SmallService, route: Route) -> None:
    other = house.key(*(scope for scope in SCOPES if scope != route.scope))
    before = contents(house)
    answers = [asked(house, route, other, id=user) for user in ("u-known", "u-nobody")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content == answers[1].content
    assert contents(house) == before


@pytest.mark.parametrize("route", [route for route in GUARDED if route.own], ids=name)
def test_a_user_may_call_what_is_their_own_and_nobody_elses(house: SmallService, route: Route) -> None:
    user = f"u-own-{ROUTES.index(route)}"
    token = house.deployment.links.seal(Use.PREFERENCES, user, NOW + DAY)
    house.call("PATCH", f"/v1/users/{user}/preferences", {"language": "zh"})
    assert asked(house, route, token).status_code == 401
    assert asked(house, route, token, id=user).status_code in (200, 204, 404)


def test_only_what_is_meant_for_anybody_is_open_to_anybody() -> None:
    open_ = {route.template for route in ROUTES if route.scope is None and "{token}" not in route.template}
    assert open_ <= FOR_ANYBODY
    assert {route.template for route in BEHIND_A_LINK} <= USES.keys()


@pytest.mark.parametrize("route", BEHIND_A_LINK, ids=name)
def test_a_link_that_is_forged_cut_foreign_or_of_another_use_opens_no_page(house: SmallService, route: Route) -> None:
    use, links = USES[route.template], house.deployment.links
    other = Use.OPT_OUT if use is Use.PREFERENCES else Use.PREFERENCES
    good = links.seal(use, "u-known", NOW + DAY)
    bad = (
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good[:-4],
        good[4:],
        links.seal(other, "u-known", NOW + DAY),
        Links(Secret(b"f" * 32)).seal(use, "u-known", NOW + DAY),
        "u-known",
        house.call.key,
        "%2e%2e",
        "a%2fb",
        "A" * 600,
    )
    before = contents(house)
    answers = [asked(house, route, "", token=token) for token in bad]
    assert {answer.status_code for answer in answers} == {404}
    assert all(answer.headers["content-type"].startswith("text/html") for answer in answers)
    assert len({answer.content for answer in answers[:7]}) == 1
    ended = asked(house, route, "", token=links.seal(use, "u-known", NOW))
    never = asked(house, route, "", token=links.seal(use, "u-nobody", NOW))
    assert (ended.status_code, ended.content) == (410, never.content)
    assert contents(house) == before


def test_an_if_match_that_is_stale_changes_nothing(house: SmallService) -> None:
    path, before = "/v1/users/u-known/preferences", contents(house)
    for stale in ('"0"', '"99"', 'W/"1"', '""', "1", "x" * 500):
        assert house.call("PATCH", path, {"max_per_day": 9}, headers={"If-Match": stale}).status_code == 412
    assert contents(house) == before


LIKE_PATHS = (
    b".",
    b"..",
    b"%2e",
    b"%2e%2e",
    b"a/b",
    b"a%2fb",
    b"..%2f..%2fetc",
    b"a%5cb",
    b"%00",
    b"%ff",
    b"a%0a",
    b"",
)


@pytest.mark.parametrize("route", NAMED, ids=name)
def test_an_id_that_looks_like_a_path_is_refused_and_leads_nowhere(house: SmallService, route: Route) -> None:
    before = contents(house)
    for text in LIKE_PATHS:
        assert raw(house, route, id=text) in (404, 405, 422), text
    assert contents(house) == before


@pytest.mark.parametrize("route", TAGGED, ids=name)
def test_a_tag_may_be_any_word_but_nothing_that_is_no_text(house: SmallService, route: Route) -> None:
    for text in (b"%00", b"%ff", b"a%0ab", b"%ed%a0%80", b"x" * 129):
        assert raw(house, route, tag=text) == 422, text
    for text in (b"running", b"%E8%B7%91%E6%AD%A5", b"a%2fb", b"..", b"%25"):
        assert raw(house, route, tag=text) in (200, 204, 404), text


def raw(service: SmallService, route: Route, **values: bytes) -> int:
    """Status of a call with full rights, its path as it would come over the wire."""
    path = route.template.encode()
    for place, text in {"id": b"u-known", "tag": b"running", **values}.items():
        path = path.replace(b"{" + place.encode() + b"}", text)
    headers = [(b"authorization", f"Bearer {service.call.key}".encode())]
    headers += [(b"content-type", b"application/json")] if route.body is not None else []
    scope: Scope = {
        "type": "http",
        "method": route.method,
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": b"",
        "headers": headers,
    }
    return service.ask(scope)
