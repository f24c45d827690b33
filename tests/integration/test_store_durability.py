"""What the store acknowledged is there after `kill -9` and after a power cut."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pushrank.store import Store, open_store
from tests.contract.stores import ADDRESSES
from tests.integration.event_writer import names
from tests.integration.power_cut import Disk, steps

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
KILLS = 20
BATCHES = 260
WRITER = [sys.executable, "-m", "tests.integration.event_writer"]


def missing(store: Store, acknowledged: set[str]) -> set[str]:
    """Tell which acknowledged events are gone; what is there must be whole: every state counts its user's events."""
    events = [found.event for found in store.events_since(0)]
    for user in store.users():
        state = store.user(user, 0).state or b""
        assert int(state) == sum(event.user_id == user for event in events), "a transaction is half there"
    return acknowledged - {event.event_id for event in events}


def assert_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ADDRESSES)
def test_every_acknowledged_event_outlives_twenty_kills(kind: str, tmp_path: Path) -> None:
    address = ADDRESSES[kind](tmp_path)
    chance = np.random.default_rng(20)
    acknowledged: set[str] = set()
    for round_ in range(KILLS):
        batches = _killed_after(address, round_, int(chance.integers(1, 120)))
        assert batches
        for batch in batches:
            acknowledged.update(names(round_, batch))
        with closing(open_store(address)) as store:
            assert missing(store, acknowledged) == set()
    assert len(acknowledged) >= KILLS * 10


def _killed_after(address: str, round_: int, lines: int) -> list[int]:
    """Let a writer write, kill it after so many acknowledgements, and return all that it made."""
    command = [*WRITER, address, str(round_), "1000000"]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        seen = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        seen.extend(writer.stdout)
    assert writer.returncode == -signal.SIGKILL
    # The last line counts only if it came out whole.
    return [int(line) for line in seen if line.endswith("\n")]


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("a power cut is played by a C library preloaded under Linux, and there is no C compiler here")
    library = tmp_path_factory.mktemp("shim") / "power_cut.so"
    source = Path(__file__).with_name("power_cut.c")
    subprocess.run([compiler, "-O1", "-fPIC", "-shared", "-o", library, source, "-ldl"], check=True)
    return library


def _recorded(shim: Path, folder: Path, weakness: list[str]) -> Path:
    """Let a writer write to its end with every write and sync recorded; return the journal."""
    kept, journal = folder / "kept", folder / "journal"
    kept.mkdir()
    watch = {"LD_PRELOAD": str(shim), "POWER_CUT_FOLDER": str(kept), "POWER_CUT_JOURNAL": str(journal)}
    command = [*WRITER, f"sqlite:///{kept / 'store.sqlite'}", "0", str(BATCHES), *weakness]
    subprocess.run(command, cwd=ROOT, env={**ENVIRONMENT, **watch}, stdout=subprocess.DEVNULL, check=True)
    return journal


def _cut(journal: Path, folder: Path, chance: np.random.Generator | None) -> list[tuple[int, int]]:
    """Cut the power at every so many steps; return at each how many events were acknowledged and are missing."""
    disk, acknowledged, found = Disk("kept"), set[str](), []
    for number, step in enumerate(steps(journal)):
        disk.apply(step)
        if step.what == "A":
            acknowledged.update(names(0, int(step.data)))
        if acknowledged and number % 97 == 0:
            image = folder / f"cut-{number}"
            disk.after_power_cut(image, chance)
            with closing(open_store(f"sqlite:///{image / 'store.sqlite'}")) as store:
                found.append((len(acknowledged), len(missing(store, acknowledged))))
            assert_sound(image / "store.sqlite")
            shutil.rmtree(image)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("unsynced", ["all lost", "half lost"])
def test_every_acknowledged_event_outlives_a_power_cut(shim: Path, tmp_path: Path, unsynced: str) -> None:
    journal = _recorded(shim, tmp_path, [])
    said = [step for step in steps(journal) if step.what == "A"]
    assert len(said) == BATCHES
    assert any(step.what == "S" and step.name == "store.sqlite" for step in steps(journal)), "no checkpoint was met"
    chance = None if unsynced == "all lost" else np.random.default_rng(7)
    found = _cut(journal, tmp_path, chance)
    assert len(found) > 20
    assert [lost for _, lost in found if lost] == []


@pytest.mark.slow
@pytest.mark.parametrize("weakness", ["NORMAL", "OFF"])
def test_the_power_cut_would_show_a_store_that_does_not_sync(shim: Path, tmp_path: Path, weakness: str) -> None:
    journal = _recorded(shim, tmp_path, [weakness])
    disk, acknowledged = Disk("kept"), set[str]()
    for step in steps(journal):
        disk.apply(step)
        if step.what == "A":
            acknowledged.update(names(0, int(step.data)))
        if len(acknowledged) == 50:
            break
    disk.after_power_cut(tmp_path / "cut", None)
    with closing(open_store(f"sqlite:///{tmp_path / 'cut' / 'store.sqlite'}")) as store:
        assert len(missing(store, acknowledged)) == 50
