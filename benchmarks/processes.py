"""Servers that a benchmark starts, each in a process group of its own, and ends by the id of that group."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
_START_SECONDS = 180.0
_END_SECONDS = 20.0


class StartError(RuntimeError):
    """A server that did not become ready; the text ends with what it wrote."""


@dataclass(frozen=True, slots=True)
class Server:
    """One running server: its port and the process that leads its group."""

    port: int
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """CPU time that it and its children have used so far."""
        leader = psutil.Process(self.process.pid)
        return sum(_cpu(process) for process in (leader, *leader.children(recursive=True)))


def environment(**more: str) -> dict[str, str]:
    """Environment of a child: ours, without telemetry, with the tools of this interpreter found first."""
    told = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "BENTOML_DO_NOT_TRACK": "True",
    }
    return {**os.environ, **told, **more}


def free_port() -> int:
    """Find a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    module: str, arguments: Sequence[str], port: int, ready: str, log: Path, told: Mapping[str, str]
) -> Iterator[Server]:
    """Run `python -m module arguments` until it answers 200 on path `ready`; end its group on leaving."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", module, *arguments]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=ROOT, env=told, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait(process, port, ready, log)
        yield Server(port, process)
    finally:
        _end(process)


def run(module: str, *arguments: str, told: Mapping[str, str] | None = None) -> str:
    """Run `python -m module arguments` to its end and give the last line that it printed; raises where it failed."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=told or environment(), stdout=subprocess.PIPE, text=True, check=True)
    lines = done.stdout.strip().splitlines()
    return lines[-1] if lines else ""


def _wait(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = monotonic() + _START_SECONDS
    while monotonic() < deadline and process.poll() is None:
        if _status(port, path) == 200:
            return
        sleep(0.2)
    tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    msg = f"{process.args!r} did not answer {path} with 200 within {_START_SECONDS:g} s:\n{tail}"
    raise StartError(msg)


def _status(port: int, path: str) -> int:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group by the id of its leader: nothing else is in it."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, kind)
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            pass
        break
    process.wait()


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
