"""A call to try the demo with: one user of the sample town to whom something is worth saying."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pushrank.cli.opening import opened
from pushrank.config.home import Home
from pushrank.domain.codes import Mode
from pushrank.domain.decision import RankingRequest
from pushrank.domain.instants import Instant, iso
from pushrank.logs import open_log
from pushrank.ranking.identifiers import new_decision_id

_TRIED = 200
_PASSED_OVER = 5  # so many at least, so that the answer shows a choice


def write_example(environment: Mapping[str, str], log: Path, as_of: Instant) -> None:
    """Write the body of a call that gets an answer at `as_of` to `example.json` of the home, once.

    Without the sample town's log there is nothing to show, and nothing is written.
    """
    home = Home.of(environment)
    if home.example.exists() or not log.is_dir():
        return
    with opened(environment) as deployment:
        # A start that was cut short left decisions behind, and their ids are taken.
        rng = np.random.default_rng(deployment.store.count("decisions"))
        ranker = deployment.ranker(home.champion)
        user_ids = sorted(open_log(log).users())[:_TRIED]
        for user_id in user_ids:
            decision = ranker.rank(RankingRequest(user_id, as_of, mode=Mode.LOOK), new_decision_id(as_of, rng))
            if decision.slate and len(decision.passed_over) >= _PASSED_OVER:
                break
    body = {"user_id": user_id, "mode": "look", "at": iso(as_of)}
    home.example.write_text(json.dumps(body), encoding="utf-8")


def curl(environment: Mapping[str, str], host: str, port: int) -> str | None:
    """The example as a command to paste; None where there is no example."""
    home = Home.of(environment)
    if not home.example.exists():
        return None
    body = home.example.read_text(encoding="utf-8")
    return (
        f'curl -s http://{host}:{port}/v1/rank -H "Authorization: Bearer $(cat {home.dev_key})" '
        f"-H 'Content-Type: application/json' -d '{body}'"
    )
