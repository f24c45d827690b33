from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pushrank.store import open_store
from tests.contract.stores import ADDRESSES
from tests.integration.store_contender import CAP, CONTENTS, USER, blind, within_cap

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("kind", ADDRESSES)
def test_threads_and_processes_together_use_a_cap_up_and_never_exceed_it(kind: str, tmp_path: Path) -> None:
    address = ADDRESSES[kind](tmp_path)
    store = open_store(address)
    command = [sys.executable, "-m", "tests.integration.store_contender", address]
    processes = [
        subprocess.Popen([*command, f"process-{number}"], cwd=ROOT, env=_environment(), stdout=subprocess.PIPE)
        for number in range(4)
    ]
    with ThreadPoolExecutor(8) as threads:
        mine = [
            threads.submit(lambda me: (within_cap(store, me), blind(store, me)), f"thread-{number}")
            for number in range(8)
        ]
    taken = [result.result() for result in mine]
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        first, second = output.split()
        taken.append((int(first), int(second)))
    pushes = store.user(USER, 0).pushes
    assert len(pushes) == len({one.content_key for one in pushes}) == CAP == sum(first for first, _ in taken)
    assert len(store.user("blind", 0).pushes) == CONTENTS == sum(second for _, second in taken)
    store.close()


@pytest.mark.parametrize("kind", ADDRESSES)
def test_many_processes_may_open_a_new_store_at_once(kind: str, tmp_path: Path) -> None:
    address = ADDRESSES[kind](tmp_path)
    program = "import sys; from pushrank.store import open_store; s = open_store(sys.argv[1]); s.ping(); s.close()"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, address], cwd=ROOT, env=_environment()) for _ in range(8)
    ]
    assert [process.wait(60) for process in processes] == [0] * 8


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
