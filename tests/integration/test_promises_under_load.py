"""Small versions of the proofs in `benchmarks/promises`; the large ones are told in `benchmarks/README.md`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STORES = ("sqlite", "postgres")


def prove(*words: str) -> tuple[int, str]:
    """Run a proof in a process of its own, for it forks; gives its exit code and report."""
    command = [sys.executable, "-m", "benchmarks.promises", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    return done.returncode, done.stdout + done.stderr


def figure(report: str, name: str) -> int:
    found = re.search(rf"^{name}:? ([\d,]+)", report, re.MULTILINE)
    assert found is not None, report
    return int(found[1].replace(",", ""))


@pytest.mark.slow
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("policy", ["open", "default"])
def test_a_crowd_with_kills_exceeds_no_cap_and_repeats_nothing(store: str, policy: str) -> None:
    crowd = ("--accepted", "400", "--processes", "6", "--kill-every", "0.5", "--seconds", "60")
    code, report = prove("crowd", "--store", store, "--policy", policy, *crowd)
    assert code == 0, report
    assert figure(report, "accepted") >= 400
    assert figure(report, "users over a cap") == 0


@pytest.mark.slow
def test_the_checks_see_a_store_that_reads_before_it_locks() -> None:
    crowd = ("--accepted", "6000", "--processes", "6", "--kill-every", "5", "--seconds", "60")
    code, report = prove("crowd", "--policy", "open", "--careless", *crowd)
    assert code == 1, report
    # Which promise breaks first is for the race to decide.
    assert figure(report, "users over a cap") + figure(report, "contents sent twice") > 0
    assert "A PROMISE WAS BROKEN" in report


@pytest.mark.slow
def test_kills_of_the_service_lose_nothing_that_was_acknowledged() -> None:
    code, report = prove("kills", "--kills", "3")
    assert code == 0, report
    assert figure(report, "events") > 0
    assert figure(report, "acknowledged events lost") == 0


@pytest.mark.slow
@pytest.mark.parametrize("store", STORES)
def test_nothing_is_sent_after_an_acknowledged_opt_out(store: str) -> None:
    code, report = prove("optout", "--store", store, "--rounds", "120")
    assert code == 0, report
    assert figure(report, "requests begun after the acknowledged opt-out") >= 240
    assert figure(report, "sends after the acknowledged opt-out") == 0


@pytest.mark.slow
def test_a_replay_after_an_acknowledged_opt_out_permits_no_send() -> None:
    code, report = prove("optout", "--http", "--rounds", "30")
    assert code == 0, report
    assert figure(report, "sends before or while opting out") > 0
    assert figure(report, "sends after the acknowledged opt-out") == 0
