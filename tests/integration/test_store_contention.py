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
    processes = [_contender(address, f"process-{number}") for number in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(12) as threads:
        mine = [
            threads.submit(lambda me: (within_cap(store, me), blind(store, me)), f"thread-{number}")
            for number in range(8)
        ]
        outputs = [threads.submit(process.communicate, "go\n", 60) for process in processes]
    taken = [result.result() for result in mine]
    for output in outputs:
        first, second = output.result()[0].split()
        taken.append((int(first), int(second)))
    pushes = store.user(USER, 0).pushes
    assert len(pushes) == len({one.content_key for one in pushes}) == CAP == sum(first for first, _ in taken)
    assert len(store.user("blind", 0).pushes) == CONTENTS == sum(second for _, second in taken)
    store.close()


def _contender(address: str, me: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.integration.store_contender", address, me]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=_environment(), stdin=pipe, stdout=pipe, text=True)


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
