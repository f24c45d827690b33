"""What `make serve` does, from an empty home to an answer and on to the next champion.

`bentoml build` is tried in `test_bento`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from pushrank.domain.instants import DAY, iso
from pushrank.town import END
from tests.small_service import ROOT

pytestmark = pytest.mark.slow

USERS = 200
PATIENCE = 240


@dataclass(frozen=True)
class Start:
    """A home that was made from nothing, and what was said on the way."""

    home: Path
    words: str


@dataclass(frozen=True)
class Served:
    """`pushrank serve` at work over that home, with the call that it printed."""

    home: Path
    port: int
    call: str


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PUSHRANK_HOME": str(home / "var"),
        "PYTHONPATH": str(ROOT / "src"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "BENTOML_DO_NOT_TRACK": "True",
    }


def recipe(home: Path, name: str, *arguments: object) -> str:
    """Run a recipe in a process of its own and give what it printed."""
    words = [sys.executable, "-m", f"training.{name}", *(str(argument) for argument in arguments)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Start:
    home = tmp_path_factory.mktemp("first")
    return Start(home, recipe(home, "first_start", "--users", USERS))


@pytest.fixture(scope="module")
def served(started: Start) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command: list[str] = [str(Path(sys.executable).with_name("pushrank")), "serve", "--port", str(port)]
    command += ["--config", "configs/service/demo.yaml"]
    printed = started.home / "printed.txt"
    with printed.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(started.home),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Served(started.home, port, printed_call(printed, process))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def printed_call(printed: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"^curl .*$", printed.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(printed.read_text(encoding="utf-8")[-4000:])


def state_of(home: Path) -> dict[str, str]:
    """A digest of every file that a start makes."""
    files = sorted(path for path in (home / "var").rglob("*") if path.is_file())
    return {str(path.relative_to(home)): sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_first_start_makes_everything_and_says_what_it_does(started: Start) -> None:
    made = {path.name for path in (started.home / "var").iterdir()}
    assert {"champion", "dev-key", "example.json", "mlflow.sqlite", "pushrank.sqlite", "secret-key", "town"} <= made
    assert "making a sample town (synthetic)" in started.words
    assert "promoting models:/push_ranker/1" in started.words
    for private in ("dev-key", "secret-key", "pushrank.sqlite"):
        assert (started.home / "var" / private).stat().st_mode & 0o077 == 0


def test_a_second_start_is_quick_and_changes_nothing(started: Start) -> None:
    before, begun = state_of(started.home), time.monotonic()
    recipe(started.home, "first_start", "--users", USERS)
    assert time.monotonic() - begun < 20
    assert state_of(started.home) == before


def test_the_printed_call_answers_as_pasted_again_and_again(served: Served) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    first, second = pasted(served), pasted(served)
    assert len(first["slate"]) == 1
    assert len(first["passed_over"]) >= 5
    assert first["versions"]["model"]
    assert not first["degraded"]
    assert first.pop("decision_id") != second.pop("decision_id")
    assert first == second


def pasted(served: Served) -> dict[str, Any]:
    """Run the call by a shell exactly as it was printed; `-w` comes from the configuration of curl, not from us."""
    config = served.home / ".curlrc"
    config.write_text('write-out = "\\n%{http_code}"\n', encoding="utf-8")
    done = subprocess.run(
        ["sh", "-c", served.call],
        env={"PATH": os.environ["PATH"], "HOME": str(served.home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    body, _, status = done.stdout.rpartition("\n")
    assert status == "200", body
    answer: dict[str, Any] = json.loads(body)
    return answer


def test_the_next_champion_is_taken_while_every_request_is_answered(served: Served) -> None:
    body = json.loads((served.home / "var" / "example.json").read_text(encoding="utf-8"))
    key = (served.home / "var" / "dev-key").read_text(encoding="ascii").strip()
    reference = recipe(served.home, "train", "--data", served.home / "var" / "town", "--until", iso(END - 2 * DAY))
    (name,) = set(re.findall(r"models:/push_ranker/\d+", reference))
    done, seen = threading.Event(), list[tuple[int, str | None]]()

    def keep_asking() -> None:
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=30, trust_env=False) as client:
            while not done.wait(0.05):
                answer = client.post("/v1/rank", json=body, headers=headers)
                seen.append((answer.status_code, answer.json().get("versions", {}).get("model")))

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        recipe(served.home, "promote", "--model", name)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (not seen or seen[-1][1] != "2"):
            time.sleep(0.1)
    finally:
        done.set()
        asking.join()
    assert {status for status, _ in seen} == {200}
    models = [model for _, model in seen]
    assert models == sorted(models, key=str)
    assert set(models) == {"1", "2"}
