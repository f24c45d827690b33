"""The example of a backend, as its readers would run it, against the real service."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.small_service import ROOT, RunningService

EXAMPLE = ROOT / "examples" / "backend.py"


def run(running: RunningService, user_id: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
    told = {"PATH": os.environ["PATH"], "PUSHRANK_URL": running.url, "PUSHRANK_KEY": key or running.call.key}
    command = [sys.executable, str(EXAMPLE), user_id]
    return subprocess.run(command, env=told, capture_output=True, text=True, timeout=60, check=False)


def accepted(running: RunningService) -> float:
    figures = running.call("GET", "/metrics").text
    return sum(float(value) for value in re.findall(r'pushrank_events_total\{.*result="accepted".*\} (\S+)', figures))


def test_what_is_sent_was_confirmed_is_reported_and_does_not_come_again(running: RunningService) -> None:
    before = accepted(running)
    done = run(running, "u-example")
    assert done.returncode == 0, done.stderr
    sent = re.findall(r"^push (\S+) to u-example$", done.stdout, re.MULTILINE)
    assert len(sent) == 2
    assert accepted(running) - before == 2

    again = running.call.post("/v1/rank", {"user_id": "u-example", "candidates": sent, "mode": "look"}).json()
    assert {one["message_id"]: one["code"] for one in again["excluded"]} == dict.fromkeys(sent, "already_sent")


def test_a_user_who_left_gets_nothing_and_the_example_says_why(running: RunningService) -> None:
    assert running.call("PATCH", "/v1/users/u-gone/preferences", {"push": False}).status_code == 200
    done = run(running, "u-gone")
    assert (done.returncode, done.stdout) == (0, "nothing to send: all_excluded\n")


def test_a_key_without_the_scope_is_an_error_and_no_silence(running: RunningService) -> None:
    done = run(running, "u-example", running.key("messages:write"))
    assert done.returncode != 0
    assert "403" in done.stderr
    assert done.stdout == ""


def test_the_example_is_short_and_needs_nothing_but_python() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 40
    imported = re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
    assert set(imported) <= sys.stdlib_module_names
