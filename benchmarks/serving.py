"""Requests per second of our service, of a plain one and of MLflow's: 100 candidates over HTTP, round after round.

    python -m benchmarks serving

Every round asks each service in turn, so that whatever else the machine does meets all of them alike; ratios are taken
within a round. All services stay up throughout. The caller is a process of its own on the same machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec
import psutil  # type: ignore[import-untyped]

from benchmarks.client import KEY_VARIABLE, Answered
from benchmarks.ground import STORE_FILES, Ground, prepared, rank_bodies
from benchmarks.processes import ROOT, Server, environment, free_port, running
from benchmarks.report import Table, spread

LOOK, HOLD = "pushrank, mode look", "pushrank, mode hold"
PLAIN = "FastAPI + pandas + scikit-learn, no state"
LIGHTGBM = "the same with LightGBM's classifier"
MLFLOW = "mlflow models serve, one head, ready matrix"
CONNECTIONS = 8
HOLD_DAYS = 3  # of each round, so that no user is asked twice on one day
_WARM_UP = 40


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to ask: a server, a path, and bodies, each round its own where asking changes what comes next."""

    name: str
    server: Server
    path: str
    bodies: tuple[Path, ...]
    most: int = 100_000

    def body(self, turn: int) -> Path:
        """The file for a round."""
        return self.bodies[turn % len(self.bodies)]


class Measured(msgspec.Struct, frozen=True):
    """One target in one round. Shares are of one core: the server's, and everybody's but server and caller.

    `cpu_ms` is the CPU time of the server for one answer: what is left to compare where others keep the machine busy.
    """

    target: str
    turn: int
    answered: Answered
    cpu_ms: float
    server_share: float
    foreign_share: float


def measure(root: Path, *, users: int, rounds: int, seconds: float, fresh: bool = False) -> Table:
    """Prepare the ground, start all services, ask them in turn, and put the result into a table."""
    ground = prepared(root, users, fresh=fresh)
    with ExitStack() as stack:
        targets = _targets(ground, root / "run", rounds, stack)
        for target in targets:
            _asked(target, rounds, ground.key, seconds=30.0, most=_WARM_UP)
        found = [_measured(target, turn, ground.key, seconds) for turn in range(rounds) for target in targets]
    return _table(found, seconds)


def _targets(ground: Ground, run: Path, rounds: int, stack: ExitStack) -> list[Target]:
    """Start all servers; the last file of hold bodies is for warming up."""
    shutil.rmtree(run, ignore_errors=True)
    users, candidates = ground.asked()
    look = _written(run / "look.jsonl", rank_bodies(ground, "look", range(1)))
    plain = _written(run / "plain.jsonl", ({"user_id": user, "candidates": candidates} for user in users))
    holds = tuple(
        _written(
            run / f"hold-{turn}.jsonl", rank_bodies(ground, "hold", range(turn * HOLD_DAYS, (turn + 1) * HOLD_DAYS))
        )
        for turn in range(rounds + 1)
    )
    ours = stack.enter_context(_ours(ground, run))
    return [
        Target(LOOK, ours, "/v1/rank", (look,)),
        Target(HOLD, ours, "/v1/rank", holds, HOLD_DAYS * len(users)),
        Target(PLAIN, stack.enter_context(_plain(ground, run, "sklearn")), "/rank", (plain,)),
        Target(LIGHTGBM, stack.enter_context(_plain(ground, run, "lightgbm")), "/rank", (plain,)),
        Target(MLFLOW, stack.enter_context(_mlflow(ground, run)), "/invocations", (ground.mlflow / "body.jsonl",)),
    ]


def _ours(ground: Ground, run: Path) -> AbstractContextManager[Server]:
    home, port = run / "home", free_port()
    home.mkdir(parents=True)
    for name in STORE_FILES:
        shutil.copy(ground.home / name, home / name)
    arguments = ("serve", "pushrank.service.app:PushRank", "--host", "127.0.0.1", "--port", str(port))
    told = {**ground.environment(home), "BENTOML_HOME": str(run / "bentoml")}
    return running("bentoml", arguments, port, "/readyz", run / "pushrank.log", told)


def _plain(ground: Ground, run: Path, trees: str) -> AbstractContextManager[Server]:
    port = free_port()
    arguments = ("--tables", str(ground.tables), "--port", str(port), "--trees", trees)
    # The threads of its server share the cores already; with more for each request it is slower.
    told = environment(OMP_NUM_THREADS="1")
    return running("benchmarks.plain_service", arguments, port, "/livez", run / f"plain-{trees}.log", told)


def _mlflow(ground: Ground, run: Path) -> AbstractContextManager[Server]:
    port, model = free_port(), str(ground.mlflow / "model")
    arguments = ("models", "serve", "-m", model, "--env-manager", "local", "-h", "127.0.0.1", "-p", str(port))
    return running("mlflow", arguments, port, "/ping", run / "mlflow.log", environment())


def _written(path: Path, bodies: Iterable[Mapping[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.Encoder().encode_lines(list(bodies)))
    return path


def _measured(target: Target, turn: int, key: str, seconds: float) -> Measured:
    """Ask for a while, and see who used the machine meanwhile."""
    begun, busy, served = perf_counter(), _busy_seconds(), target.server.cpu_seconds()
    answered = _asked(target, turn, key, seconds=seconds, most=target.most)
    wall, busy = perf_counter() - begun, _busy_seconds() - busy
    served = target.server.cpu_seconds() - served
    foreign = busy - served - answered.client_share * answered.seconds
    if answered.failures:
        msg = f"{target.name}: {answered.failures} of {answered.answers} answers were no 200"
        raise RuntimeError(msg)
    cpu_ms = 1000 * served / answered.answers
    return Measured(target.name, turn, answered, cpu_ms, served / wall, max(foreign, 0.0) / wall)


def _asked(target: Target, turn: int, key: str, *, seconds: float, most: int) -> Answered:
    arguments = {
        "port": target.server.port,
        "path": target.path,
        "bodies": target.body(turn),
        "connections": CONNECTIONS,
        "requests": most,
        "seconds": seconds,
    }
    options = [text for name, value in arguments.items() for text in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "benchmarks.client", *options]
    told = {**os.environ, KEY_VARIABLE: key}
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, check=True, timeout=seconds + 60)
    return msgspec.json.decode(done.stdout, type=Answered)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def _table(found: list[Measured], seconds: float) -> Table:
    by_name: dict[str, list[Measured]] = {}
    for one in found:
        by_name.setdefault(one.target, []).append(one)
    plain = [one.answered.per_second for one in by_name[PLAIN]]
    columns = ("service", "requests/s", "x plain", "p50 ms", "p99 ms", "CPU ms", "server", "caller", "others")
    title = (
        f"100 candidates over HTTP, {CONNECTIONS} connections, {len(plain)} rounds of {seconds:g} s: median (least to "
        "greatest); server, caller and others in cores"
    )
    rows = [tuple(_row(name, several, plain)) for name, several in by_name.items()]
    return Table("serving", title, columns, rows, msgspec.to_builtins(found))


def _row(name: str, several: list[Measured], plain: list[float]) -> Iterator[str]:
    rates = [one.answered.per_second for one in several]
    yield name
    yield spread(rates, "{:.0f}")
    yield spread([rate / other for rate, other in zip(rates, plain, strict=True)], "{:.1f}")
    yield f"{median(one.answered.p50_ms for one in several):.1f}"
    yield f"{median(one.answered.p99_ms for one in several):.1f}"
    yield spread([one.cpu_ms for one in several], "{:.1f}")
    yield f"{median(one.server_share for one in several):.2f}"
    yield f"{median(one.answered.client_share for one in several):.2f}"
    yield f"{median(one.foreign_share for one in several):.2f}"
