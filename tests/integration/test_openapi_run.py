"""Schemathesis calls every operation of the running service by its own description, and believes nothing else of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from pushrank.config.home import Home
from pushrank.domain.instants import DAY
from pushrank.rights.links import Links, Use
from pushrank.rights.pseudonyms import read_secrets
from pushrank.service.clock import wall_clock
from pushrank.service.routes import Route
from pushrank.service.table import ROUTES
from tests.forms_for_schemathesis import VARIABLE, Forms
from tests.small_pages import get, paths_of, proof_in
from tests.small_service import MESSAGES, ROOT, RunningService, lay_champion, running_service

pytestmark = pytest.mark.slow

EXAMPLES = 40
CHECKS = ROOT / "tests" / "forms_for_schemathesis.py"

# Who asks wrongly for what is gone may hear that first, and who asks wrongly for a stale version that.
REFUSALS = [400, 401, 403, 404, 405, 409, 410, 412, 415, 422]

# Of these the description tells all: a call that fits it is refused only where what it names is gone. What fits the
# others may still meet a key that was used, a cursor that is none, or a rule between two fields.
TOLD_IN_FULL = "^GET (?!.*/decisions$)"

PRESSED: list[dict[str, str]] = [
    {"patch": '{"max_per_day": 2}', "at": "many"},
    {"patch": '{"max_per_day": -1}'},
    {"pause": "1"},
    {"topic": "off:news", "at": "topics"},
    {"interest": "never:tennis", "at": "known"},
    {"interest": "forget:tennis", "at": "known"},
    {"save": "many", "max_per_day": "3", "max_per_week": "9"},
    {"save": "quiet", "quiet": "own", "then": "defer", "from1": "22:00", "to1": "08:00", "days1": "mon"},
    {"save": "quiet", "quiet": "own", "then": "defer", "from1": "22:00"},
    {"save": "place", "zone": "Asia/Shanghai", "language": "zh"},
    {"save": "place", "zone_name": "Nowhere/At/All"},
    {"undo": "1"},
    {"feedback": "too_often", "comment": "每天都来"},
    *[{"download": "1"}] * 4,
]


@dataclass(frozen=True)
class Run:
    """What came of a run: the report of schemathesis, and the answers that the service counted, by route."""

    report: Mapping[str, Any]
    output: str
    answers: Mapping[tuple[str, str], Mapping[int, int]]
    log: str


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    home, folder = tmp_path_factory.mktemp("described"), tmp_path_factory.mktemp("schemathesis")
    lay_champion(home)
    with running_service(home, PUSHRANK_POLICY="default") as service:
        known = populate(service)
        (folder / "openapi.json").write_bytes(service.call("GET", "/openapi.json").content)
        (folder / "forms.json").write_text(json.dumps(forms_of(service, known)), encoding="utf-8")
        (folder / "schemathesis.toml").write_text(settings_of(known), encoding="utf-8")
        done = called(service, folder)
        reports = list((folder / "report").glob("*.json"))
        assert reports, done.stdout + done.stderr
        report = json.loads(reports[0].read_text(encoding="utf-8"))
        yield Run(report, done.stdout + done.stderr, answers_of(service), service.log)


def populate(service: RunningService) -> dict[str, list[str]]:
    """Let users live, leave and go; return what may stand in the place of a generated value, by name."""
    call, links = service.call, links_of(service)
    spare = [{**MESSAGES[0], "message_id": f"m-spare-{place}"} for place in range(3)]
    assert call.post("/v1/messages", {"messages": [*MESSAGES, *spare]}).status_code == 200
    decisions = []
    for user in ("u-known", "u-other"):
        chosen = {"timezone": "UTC", "quiet_hours": [], "categories": {"promo": False}}
        assert call("PATCH", f"/v1/users/{user}/preferences", chosen).status_code == 200
        found = call.rank(user_id=user, candidates=["m-news", "m-match", "m-offer"])
        decisions.append(found["decision_id"])
        event = {"event_id": f"e-{user}", "type": "clicked", "user_id": user, "at": "2026-11-23T11:00:00Z"}
        assert call.post("/v1/events", {"events": [{**event, "message_id": "m-match"}]}).json()["accepted"] == 1
    lasting = {name: paths_of(call, f"u-{name}") for name in ("known", "leaver", "erased")}
    assert call("DELETE", "/v1/users/u-erased").status_code == 200
    return {
        "users": ["u-known", "u-other", "u-erased"],
        "leaving": ["u-spare-1", "u-spare-2", "u-erased"],
        "decisions": decisions,
        "messages": [*(message["message_id"] for message in MESSAGES), "m-nobody"],
        "spare": [message["message_id"] for message in spare],
        "tags": ["tennis"],
        "preferences": [
            *(paths.preferences.rsplit("/", 1)[1] for paths in lasting.values()),
            links.seal(Use.PREFERENCES, "u-known", wall_clock() - DAY),
        ],
        "opt-out": [
            *(paths.opt_out.rsplit("/", 1)[1] for paths in lasting.values()),
            links.seal(Use.OPT_OUT, "u-known", wall_clock() - DAY),
        ],
    }


def links_of(service: RunningService) -> Links:
    return Links(read_secrets(service.environment, Home(service.home)).key)


def forms_of(service: RunningService, known: Mapping[str, list[str]]) -> Forms:
    """The forms of a user who stays; the one who leaves erases everything."""
    stays, leaves, *closed = known["preferences"]
    proof = {token: proof_in(get(service.call, f"/preferences/{token}").text) for token in (stays, leaves)}
    centre = [(stays, {"csrf": proof[stays], **fields}) for fields in PRESSED]
    centre += [(leaves, {"csrf": proof[leaves], "erase": "1"}), *((token, {"pause": "1"}) for token in closed)]
    out = known["opt-out"][0]
    said = proof_in(get(service.call, f"/opt-out/{out}").text)
    leaving: list[dict[str, str]] = [{"List-Unsubscribe": "One-Click"}, {"out": "all"}, {"out": "offers"}]
    return {
        "/preferences/{token}": centre,
        "/opt-out/{token}": [(out, {"csrf": said, **fields}) for fields in leaving],
    }


def settings_of(known: Mapping[str, list[str]]) -> str:
    """Settings of schemathesis: known things in the place of half of what it would make up, always the same ones."""
    lines = [
        f'hooks = "{CHECKS}"',
        "continue-on-failure = true",
        "[generation]",
        "deterministic = true",
        f"max-examples = {EXAMPLES}",
        "[checks.negative_data_rejection]",
        f"expected-statuses = {REFUSALS}",
        "[checks.positive_data_acceptance]",
        "enabled = false",
        *(f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in known.items()),
    ]
    placed = {
        "/v1/users/{id}/": {"path.id": "users", "path.tag": "tags"},
        "/v1/decisions/{id}": {"path.id": "decisions"},
        "GET /v1/messages/{id}": {"path.id": "messages"},
        "DELETE /v1/messages/{id}": {"path.id": "spare"},
        "DELETE /v1/users/{id}$": {"path.id": "leaving"},
        "/preferences/{token}": {"path.token": "preferences"},
        "/opt-out/{token}": {"path.token": "opt-out"},
        "POST /v1/rank": {"body.user_id": "users"},
        "POST /v1/events": {"body.events[*].user_id": "users", "body.events[*].message_id": "messages"},
    }
    for place, names in placed.items():
        pattern = place.replace("{", r"\{").replace("}", r"\}")
        lines += ["[[operations]]", f"include-name-regex = '{pattern}'", "[operations.parameters]"]
        lines += [f'"{name}" = {{ dictionary = "{words}", probability = 0.6 }}' for name, words in names.items()]
    lines += ["[[operations]]", f"include-name-regex = '{TOLD_IN_FULL}'"]
    lines += ["[operations.checks.positive_data_acceptance]", "enabled = true", 'expected-statuses = ["200", 404, 410]']
    return "\n".join(lines)


def called(service: RunningService, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(folder / "schemathesis.toml"), "--no-color"),
        *(
            "run",
            str(folder / "openapi.json"),
            "--url",
            service.url,
            "--header",
            f"Authorization: Bearer {service.call.key}",
        ),
        *("--phases", "coverage,fuzzing,stateful", "--suppress-health-check", "all"),
        *("--report", "json", "--report-dir", str(folder / "report")),
    ]
    plain = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), "NO_PROXY": "*"}
    environment = {**plain, VARIABLE: str(folder / "forms.json")}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def answers_of(service: RunningService) -> Mapping[tuple[str, str], Mapping[int, int]]:
    """How often each route gave each status, as the service itself has counted."""
    found: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for line in service.call("GET", "/metrics").text.splitlines():
        if line.startswith("pushrank_requests_total{"):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
            found[labels["method"], labels["route"]][int(labels["status"])] = int(float(line.rsplit(" ", 1)[1]))
    return found


def test_schemathesis_finds_nothing_that_is_not_as_described(run: Run) -> None:
    report = run.report
    assert (report["failures"], report["errors"], report["complete"]) == ([], [], True), run.output
    assert report["operations"]["tested"] == report["operations"]["total"] == len(ROUTES)
    assert report["test_cases"]["generated"] > EXAMPLES * len(ROUTES)


def test_nothing_that_schemathesis_sends_makes_the_service_fail(run: Run) -> None:
    failed = {key: seen for key, seen in run.answers.items() if any(status >= 500 for status in seen)}
    assert failed == {}
    assert "request failed" not in run.log


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
def test_the_run_reaches_every_answer_that_a_route_names(run: Run, route: Route) -> None:
    wanted = {route.status, *route.problems}
    wanted |= {HTTPStatus.UNAUTHORIZED} if route.scope is not None else set()
    wanted |= {HTTPStatus.UNPROCESSABLE_ENTITY} if route.body is not None else set()
    wanted |= {HTTPStatus.SEE_OTHER, HTTPStatus.FORBIDDEN} if route.form else set()
    assert wanted <= run.answers[route.method, route.template].keys()
