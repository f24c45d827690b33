"""The real server, with a canary of its own in every field of every call, in work and in error: none is written down.

Not in its log, not in its figures; and raw user ids in no file of the deployment at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from pushrank.service.routes import Route
from pushrank.service.table import ROUTES
from tests.postgres_server import PostgresServer
from tests.small_canaries import PERSON, files_of, names_of, spoilt
from tests.small_pages import FORM, proof_in
from tests.small_service import MESSAGES, lay_champion, running_service
from tests.small_visitor import AT, Visitor, broken, events, failing, message, preferences, ranking, shout, strange

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Lived:
    """What a server left behind."""

    visitor: Visitor
    said: dict[str, bytes]
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """A server that was called in every way, while it ran and once it has ended."""
    home = tmp_path_factory.mktemp("canaries")
    lay_champion(home)
    with running_service(home) as service:
        visitor = Visitor(service)
        assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        work(visitor)
        leave(visitor)
        err(visitor)
        with failing(home, visitor.canaries):
            work(visitor, failing=True)
            leave(visitor)
        shout(visitor)
        said = {"/metrics": service.call("GET", "/metrics").content}
        files = {f"while it ran: {name}": text for name, text in files_of(home).items()}
    said |= {"log": service.log.encode()} | {name: text for name, text in files.items() if "prometheus" in name}
    assert service.process.returncode == 0, "it ended in time, whoever has left a request half said"
    return Lived(visitor, said, files | files_of(home))


def work(visit: Visitor, *, failing: bool = False) -> None:
    """Make every call of the table once, as it is meant; errors are errors of the store."""
    canaries, user_id = visit.canaries, visit.canaries.person()
    answers = [
        visit("POST /v1/messages", {"messages": [message(canaries)]}),
        visit("POST /v1/events", {"events": [*events(canaries, user_id)]}, Idempotency_Key=f"key-{canaries.person()}"),
        visit(
            "PATCH /v1/users/{id}/preferences",
            preferences(canaries),
            f"/v1/users/{user_id}/preferences",
            Idempotency_Key=canaries("Idempotency-Key"),
        ),
    ]
    ranked = visit("POST /v1/rank", ranking(canaries, user_id), Idempotency_Key=f"key-{canaries.person()}")
    made = ranked.json().get("decision_id", "nothing")
    for step in ("confirm", "release"):
        about = {"message_ids": [one["message_id"] for one in ranked.json().get("slate", ())] or ["m"], "at": AT}
        answers.append(visit(f"POST /v1/decisions/{{id}}/{step}", about, f"/v1/decisions/{made}/{step}"))
    answers += [ranked, visit("GET /v1/decisions/{id}", path=f"/v1/decisions/{made}")]
    answers += _read(visit, user_id) + _pages(visit, user_id)
    assert [one.text for one in answers if one.is_error] == [] or failing


def leave(visit: Visitor) -> None:
    """Erase a user, of whom only the others' raw ids could be left."""
    user_id = visit.canaries.person("one who leaves")
    visit("POST /v1/events", {"events": [*events(visit.canaries, user_id)]})
    visit("DELETE /v1/users/{id}", path=f"/v1/users/{user_id}", Idempotency_Key=user_id)
    for what in ("export", "profile", "decisions", "preferences"):
        visit(f"GET /v1/users/{{id}}/{what}", path=f"/v1/users/{user_id}/{what}")


def _read(visit: Visitor, user_id: str) -> list[httpx.Response]:
    user, spoken = f"/v1/users/{user_id}", "?language=en"
    tag, message_id = visit.canaries("tag in the path"), visit.canaries("message in the path")
    liked = {"type": "activity", "kind": "view", "tags": [tag], "user_id": user_id, "at": AT}
    visit("POST /v1/events", {"events": [{"event_id": f"{user_id}-liked", **liked}]})
    visit("POST /v1/messages", {"messages": [{"message_id": message_id, "category": "news"}]})
    return [
        *(visit(f"GET /v1/users/{{id}}/{what}", path=f"{user}/{what}{spoken}") for what in ("profile", "decisions")),
        visit("GET /v1/users/{id}/export", path=f"{user}/export{spoken}"),
        visit("GET /v1/users/{id}/preferences", path=f"{user}/preferences", If_None_Match=visit.canaries("etag")),
        visit("GET /v1/messages", path=f"/v1/messages?cursor={visit.canaries('cursor')}&limit=2"),
        visit("GET /v1/messages/{id}", path=f"/v1/messages/{message_id}"),
        visit("GET /v1/purposes", path=f"/v1/purposes{spoken}"),
        *(visit(f"GET {path}", path=path) for path in ("/livez", "/readyz", "/metrics", "/openapi.json")),
        visit("GET /how-ranking-works", path=f"/how-ranking-works?{visit.canaries('query')}=1"),
        visit("DELETE /v1/users/{id}/profile/tags/{tag}", path=f"{user}/profile/tags/{tag}"),
        visit("DELETE /v1/messages/{id}", path=f"/v1/messages/{message_id}"),
    ]


def _pages(visit: Visitor, user_id: str) -> list[httpx.Response]:
    canaries, links = visit.canaries, visit("POST /v1/users/{id}/links", path=f"/v1/users/{user_id}/links")
    if links.is_error:
        return [links]
    centre, opt_out = links.json()["preferences"], links.json()["opt_out"]
    token, leaving = (canaries.watch(path.rpartition("/")[2], "a link's token") for path in (centre, opt_out))
    shown = visit("GET /preferences/{token}", path=f"{centre}?at={canaries('query at')}&done={canaries('done')}")
    proof = canaries.watch(proof_in(shown.text), "a form's proof") if shown.is_success else ""
    wishes = [
        {"feedback": "too_often", "comment": f"<b>{canaries('comment of a page')}</b>"},
        {"interest": f"never:{canaries('tag of a page')}"},
        {"patch": json.dumps({"categories": {canaries("category of a page"): False}})},
        {"save": "place", "zone": canaries("zone of a page")},
        {canaries("unknown field of a form"): canaries("its value")},
    ]
    for wish in wishes:
        visit("POST /preferences/{token}", urlencode({"csrf": proof, **wish}).encode(), centre, Content_Type=FORM)
    own = visit(
        "GET /v1/users/{id}/preferences", path=f"/v1/users/{user_id}/preferences", Authorization=f"Bearer {token}"
    )
    out = urlencode({"List-Unsubscribe": "One-Click", "why": canaries("field of a click")}).encode()
    left = visit("POST /opt-out/{token}", out, opt_out, Content_Type=FORM)
    return [shown, own, left, visit("GET /opt-out/{token}", path=f"/opt-out/{leaving}")]


def err(visit: Visitor) -> None:
    """Do everything wrong that a caller may do over HTTP."""
    canaries, user_id = visit.canaries, visit.canaries.person()
    bodies = {
        "POST /v1/rank": ranking(canaries, user_id),
        "POST /v1/events": {"events": [*events(canaries, user_id)][:1]},
        "POST /v1/messages": {"messages": [message(canaries)]},
        "PATCH /v1/users/{id}/preferences": preferences(canaries),
        "POST /v1/decisions/{id}/confirm": {"message_ids": ["m"], "at": AT},
        "POST /v1/decisions/{id}/release": {"message_ids": ["m"], "at": AT},
    }
    for name, body in bodies.items():
        path = name.partition(" ")[2].replace("{id}", canaries.person("id in the path"))
        for wrong in spoilt(body, canaries):
            visit(name, wrong, path)
        for wrong in broken(canaries):
            visit(name, wrong, path)
        for headers in strange(canaries):
            visit(name, body, path, **headers)
    for route in ROUTES:
        _lost(visit, route)
    _repeated(visit)
    narrow = f"Bearer {visit.service.key('metrics:read')}"
    visit("GET /v1/users/{id}/profile", path=f"/v1/users/{user_id}/profile", Authorization=narrow)


def _lost(visit: Visitor, route: Route) -> None:
    """Follow a route to what is not there, or to what is no address."""
    canaries, name = visit.canaries, f"{route.method} {route.template}"
    body = {"": 1} if route.body is not None else None
    tricks = ("{}", "{}%2f..%2f{}", "%2e%2e%00{}", "{}%ff%fe", "<b>{}</b>", "{}?{}={}", "..;{}", "{}//{}", "%7A%71x{}")
    for trick in tricks:
        word = trick.replace("{}", canaries.person(f"{trick} in {route.template}"))
        path = route.template
        for parameter in ("{id}", "{tag}", "{token}"):
            path = path.replace(parameter, word)
        visit(name, body, path if "{" in route.template else f"{path}/{word}")
        visit(name, body, f"{path}?limit={canaries('limit')}&{canaries('unknown parameter')}=1")
    visit(f"{canaries('method')} {route.template}")


def _repeated(visit: Visitor) -> None:
    """Use one Idempotency-Key for two bodies, and one event id for two events."""
    canaries, key = visit.canaries, f"{visit.canaries.person('Idempotency-Key')}"
    for _ in range(2):
        visit("POST /v1/rank", ranking(canaries, canaries.person()), Idempotency_Key=key)
    user_id, other = canaries.person(), canaries.person("Idempotency-Key of a conflict")
    first = {"event_id": f"{user_id}-same", "user_id": user_id, "at": AT, "type": "activity", "kind": canaries("kind")}
    visit("POST /v1/events", {"events": [first]})
    clash = visit("POST /v1/events", {"events": [{**first, "kind": "other"}]}, Idempotency_Key=other)
    assert clash.json()["rejected"][0]["code"] == "conflicting_event"


def test_every_call_was_made_and_answered_well(lived: Lived) -> None:
    well = {name for name, status in lived.visitor.answered if status < 400}
    assert {f"{route.method} {route.template}" for route in ROUTES} - well == set()


def test_every_field_of_every_body_was_taken_once(lived: Lived) -> None:
    for route in ROUTES:
        if route.body is not None:
            assert names_of(route.body) - lived.visitor.taken[f"{route.method} {route.template}"] == set()


def test_every_kind_of_error_was_met(lived: Lived) -> None:
    assert {400, 401, 403, 404, 405, 410, 413, 415, 422, 431, 503} <= lived.visitor.statuses
    assert "request failed" in lived.said["log"].decode()


def test_nothing_of_what_a_caller_says_is_in_the_log_or_in_the_figures(lived: Lived) -> None:
    assert {"log", "/metrics"} < set(lived.said), "and files of figures"
    assert sorted(set(lived.visitor.canaries.found_in(lived.said))) == []


def test_no_raw_user_id_is_in_any_file_of_the_deployment(lived: Lived) -> None:
    assert {"pushrank.sqlite", "service.log"} <= set(lived.files)
    assert any(name.endswith("-wal") for name in lived.files)
    assert sorted(set(lived.visitor.canaries.found_in(lived.files, [PERSON]))) == []


def test_what_may_be_stored_is_found_in_the_store(lived: Lived) -> None:
    assert any("(comment" in hit for hit in lived.visitor.canaries.found_in({"": b"".join(lived.files.values())}))


@pytest.mark.parametrize("form", [str, str.upper, lambda word: word.encode().hex()], ids=["plain", "upper", "hex"])
def test_a_leak_on_purpose_is_found(lived: Lived, tmp_path: Path, form: Any) -> None:
    word = lived.visitor.canaries.person("a leak")
    (tmp_path / "service.log").write_text(f'{{"event":"request","path":"/v1/users/{form(word)}"}}\n', encoding="utf-8")
    assert lived.visitor.canaries.found_in(files_of(tmp_path), [PERSON])


def test_no_raw_user_id_is_in_any_file_of_a_postgresql_server_nor_in_its_log(tmp_path: Path) -> None:
    lay_champion(tmp_path)
    server = PostgresServer()
    try:
        with running_service(tmp_path, PUSHRANK_STORE=server.address()) as service:
            visitor = Visitor(service)
            assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
            work(visitor)
            err(visitor)
        server.stop()
        kept = files_of(server.folder)
    finally:
        server.remove()
    assert any("(comment" in hit for hit in visitor.canaries.found_in(kept)), "contents are there"
    assert visitor.canaries.found_in(kept | files_of(tmp_path), [PERSON]) == []
