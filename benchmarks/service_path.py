"""Where the time of one ranking of 100 candidates goes, inside the service and without HTTP.

    python -m benchmarks service_path

The handler of `POST /v1/rank` is called in this process, on a copy of the same store that `serving` asks. Each step is
the function of that name, timed where it is called; its time does not hold that of the steps inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import wraps
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any

import msgspec
import numpy as np

from benchmarks.ground import AS_OF, Ground, copied, prepared, rank_bodies
from benchmarks.report import Table
from pushrank.features.view import FeatureView
from pushrank.ranking import deciding, ranker, standing, weighing
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.identifiers import new_decision_id
from pushrank.ranking.ranker import Ranker
from pushrank.scoring.heads import HeadScorer
from pushrank.service import mapping
from pushrank.service.call import Call
from pushrank.service.deployment import open_deployment
from pushrank.service.handlers import ranking
from pushrank.store.sqlite.store import SqliteStore

_WARM_UP = 100
STEPS: tuple[tuple[str, Any, str], ...] = (
    ("decode the body", ranking, "decode"),
    ("build the request", mapping, "ranking_request"),
    ("find the candidates", Catalogue, "consider"),
    ("read the user", SqliteStore, "user"),
    ("exclude", ranker, "exclude"),
    ("facts of messages", Catalogue, "facts"),
    ("figures of messages", Catalogue, "figures"),
    ("decode the state", standing, "decode_state"),
    ("raw columns", weighing, "from_request"),
    ("raw columns of later hours", weighing, "from_moments"),
    ("matrix of features", FeatureView, "matrix"),
    ("both heads", HeadScorer, "score"),
    ("decide", ranker, "decide"),
    ("select", deciding, "select"),
    ("encode for the store", ranker, "row"),
    ("write the decision, synced", SqliteStore, "append_decision"),
    ("hold it, synced", SqliteStore, "transact"),
    ("rank, the rest", Ranker, "rank"),
    ("encode the answer", ranking, "reply"),
)


class Stopwatch:
    """Nanoseconds of each step of the request that runs; a step does not count what steps inside it take."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self._inner = [0]

    def timed(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a step."""

        @wraps(step)
        def run(*arguments: Any, **named: Any) -> Any:
            self._inner.append(0)
            begun = perf_counter_ns()
            try:
                return step(*arguments, **named)
            finally:
                took = perf_counter_ns() - begun
                self.spent[name] = self.spent.get(name, 0) + took - self._inner.pop()
                self._inner[-1] += took

        return run

    @contextmanager
    def on(self, steps: tuple[tuple[str, Any, str], ...]) -> Iterator[None]:
        """Time functions where they are looked up, and put them back afterwards."""
        plain = [(where, attribute, getattr(where, attribute)) for _, where, attribute in steps]
        for name, where, attribute in steps:
            setattr(where, attribute, self.timed(name, getattr(where, attribute)))
        try:
            yield
        finally:
            for where, attribute, step in plain:
                setattr(where, attribute, step)


def measure(root: Path, *, users: int, requests: int = 1000) -> Table:
    """Answer some requests and give the median of each step in microseconds."""
    ground = prepared(root, users)
    home = copied(ground, root / "path")
    found = {mode: _medians(_runs(ground, home, mode, requests)) for mode in ("look", "hold")}
    names = [step[0] for step in STEPS] + ["the rest", "whole"]
    rows = [(name, *(f"{found[mode].get(name, 0.0):.0f}" for mode in found)) for name in names]
    title = f"One ranking of 100 candidates in the process, median of {requests} requests, microseconds"
    return Table("service_path", title, ("step", "look", "hold"), rows, found)


def _runs(ground: Ground, home: Path, mode: str, requests: int) -> list[dict[str, int]]:
    bodies = [msgspec.json.encode(body) for body in rank_bodies(ground, mode, range(3))][: requests + _WARM_UP]
    watch, names, found = Stopwatch(), np.random.default_rng([7, *mode.encode()]), []
    with closing(open_deployment(ground.environment(home))) as deployment:
        if deployment.ranker.served.degraded:
            msg = "expected a usable bundle on the ground, got none; make it again with --fresh"
            raise RuntimeError(msg)
        answer = watch.timed("the rest", ranking.rank)
        with watch.on(STEPS):
            for body in bodies:
                watch.spent = {}
                call = Call("POST /v1/rank", "/v1/rank", body=body, subject=new_decision_id(AS_OF, names))
                begun = perf_counter_ns()
                answer(deployment, call)
                found.append({**watch.spent, "whole": perf_counter_ns() - begun})
    return found[_WARM_UP:]


def _medians(found: list[dict[str, int]]) -> dict[str, float]:
    names = dict.fromkeys(name for one in found for name in one)
    return {name: median(one.get(name, 0) for one in found) / 1000 for name in names}
