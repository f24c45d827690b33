"""Rankings of many users in one go, through the same Ranker that answers requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pushrank.domain.codes import Mode
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.instants import Instant
from pushrank.ranking.identifiers import new_decision_id
from pushrank.ranking.ranker import Ranker

_USERS_AT_ONCE = 1_000

SCHEMA = pa.schema(
    [
        ("user_id", pa.string()),
        ("message_id", pa.string()),
        ("rank", pa.int32()),
        ("p_click", pa.float64()),
        ("p_opt_out", pa.float64()),
        ("net_value", pa.float64()),
        ("send_at", pa.timestamp("us", tz="UTC")),
        ("code", pa.string()),
        ("decision_id", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Run:
    """When users are ranked, where the rows go, how many messages each may get, and what the ranking reserves."""

    as_of: Instant
    out: Path
    slots: int = 1
    seed: int = 0
    mode: Mode = Mode.LOOK


def rank_users(
    ranker: Ranker, user_ids: Iterable[str], run: Run, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Rank every live message for each user and write one Parquet file; gives the number of rows.

    A user's rows come in rank order: the slate, then what was passed over by net value, then what was excluded, with
    its code. The file appears whole or not at all.
    """
    rng, rows = np.random.default_rng(run.seed), 0
    part = run.out.with_name(f".{run.out.name}.part")
    run.out.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(part, SCHEMA) as writer:
        for some in _in_bites(user_ids):
            table: list[dict[str, Any]] = []
            for user_id in some:
                request = RankingRequest(user_id, run.as_of, slots=run.slots, mode=run.mode)
                table.extend(_rows(ranker.rank(request, new_decision_id(run.as_of, rng))))
            writer.write_table(pa.Table.from_pylist(table, schema=SCHEMA))
            rows += len(table)
            progress(len(some))
    part.replace(run.out)
    return rows


def _rows(decision: Decision) -> Iterator[dict[str, Any]]:
    about = {"user_id": decision.user_id, "decision_id": decision.decision_id}
    for chosen in decision.slate:
        scored = chosen.scored
        yield about | {
            "message_id": scored.message_id,
            "rank": chosen.rank,
            "p_click": scored.p_click,
            "p_opt_out": scored.p_opt_out,
            "net_value": scored.net_value,
            "send_at": chosen.send_at,
        }
    for passed in decision.passed_over:
        yield about | {
            "message_id": passed.message_id,
            "p_click": passed.p_click,
            "p_opt_out": passed.p_opt_out,
            "net_value": passed.net_value,
        }
    for exclusion in decision.excluded:
        yield about | {"message_id": exclusion.message_id, "code": exclusion.code.value}


def _in_bites(user_ids: Iterable[str]) -> Iterator[list[str]]:
    bite: list[str] = []
    for user_id in user_ids:
        bite.append(user_id)
        if len(bite) == _USERS_AT_ONCE:
            yield bite
            bite = []
    if bite:
        yield bite
