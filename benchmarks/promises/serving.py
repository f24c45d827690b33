"""The real service as a proof runs it: `bentoml serve` over a store, started and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

import psutil  # type: ignore[import-untyped]

from benchmarks.processes import HOST, ROOT, environment, free_port
from benchmarks.promises.client import Service
from benchmarks.promises.people import START
from pushrank.cli.keys import create_key
from pushrank.cli.serve import SERVICE
from pushrank.config.home import Home
from pushrank.rights.keys import SCOPES
from pushrank.rights.pseudonyms import read_secrets

_START_SECONDS = 120.0


def prepared(address: str, folder: Path, policy: str) -> tuple[dict[str, str], Service]:
    """Environment of a service without a model over the store at `address`, and how to reach it once it runs."""
    told = environment(
        PUSHRANK_HOME=str(folder / "home"),
        PUSHRANK_STORE=address,
        PUSHRANK_CONFIG="demo",
        PUSHRANK_POLICY=policy,
        PYTHONPATH=str(ROOT / "src"),
        BENTOML_HOME=str(folder / "bentoml"),
    )
    (folder / "home").mkdir()
    key = create_key(told, list(SCOPES), None, START)
    secrets = read_secrets(told, Home.of(told))
    return told, Service(free_port(), key, secrets.pseudonyms.of, secrets.event, _kill)


@contextmanager
def serving(service: Service, told: Mapping[str, str], log: Path, starts: list[float]) -> Iterator[None]:
    """Start `bentoml serve` and wait until it answers; `starts` notes how long. On leaving nothing of it runs."""
    # What `pushrank serve` becomes once it has read its arguments; starting there saves a third of each start.
    command = [sys.executable, "-m", "bentoml", "serve", SERVICE, "--port", str(service.port)]
    begun = monotonic()
    with log.open("ab") as stream:
        process = subprocess.Popen(
            command, cwd=log.parent, env=told, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )
    service.process = process
    try:
        _wait(service, log)
        starts.append(monotonic() - begun)
        yield
    finally:
        service.kill()


def _wait(service: Service, log: Path) -> None:
    deadline = monotonic() + _START_SECONDS
    while monotonic() < deadline and service.process is not None and service.process.poll() is None:
        connection = HTTPConnection(HOST, service.port, timeout=5)
        try:
            connection.request("GET", "/livez")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            sleep(0.05)
        finally:
            connection.close()
    tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    msg = f"the service did not answer within {_START_SECONDS:g} s:\n{tail}"
    raise RuntimeError(msg)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill (SIGKILL) a process, all of its group and all that descend from it, at once."""
    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for one in family:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()
    psutil.wait_procs(family, timeout=10)
