"""How much of what can be known in a sample town a model knows, and how good its first choice is.

    python -m training.sample --out var/town --users 8000 --days 42 --seed 1
    python -m training.train --data var/town --until 2026-11-06T00:00:00+00:00
    python -m training.evaluate --data var/town --model REF --since 2026-11-06T00:00:00+00:00 --out var/report
    python -m benchmarks.plain_town --data var/town --until 2026-11-06T00:00:00+00:00 --out var/plain
    pushrank rank --data var/town --at 2026-11-11T12:00:00+00:00 --model REF --out var/ranks.parquet
    python -m benchmarks.town --truth var/town-truth --report var/report --plain var/plain --ranks var/ranks.parquet

Share of the attainable: (expected AUC - .5) / (expected AUC of the true probabilities - .5), each row a positive with
its true chance. First choice: at one instant, the true P(click) of the message that each user's best score names,
summed over users, over the same sum for the best message there is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from pushrank.evaluation.discrimination import expected_auc
from pushrank.evaluation.rows import Floats

KEYS = ["user_id", "message_id", "sent_at"]
HEADS = {"click": "p_click", "opt_out": "p_opt_out"}


def attainable_share(p_true: Floats, score: Floats) -> float:
    """(expected AUC of `score` - .5) / (expected AUC of the true probabilities - .5)."""
    return (expected_auc(p_true, score) - 0.5) / (expected_auc(p_true, p_true) - 0.5)


def first_choice(table: pd.DataFrame, score: str) -> float:
    """True P(click) of each user's best-scored message over that of the user's best message, summed over users.

    Messages that share the best score count with their mean.
    """
    best = table.groupby("user_id")[score].transform("max") == table[score]
    chosen = table[best].groupby("user_id")["p_true"].mean()
    return float(chosen.sum() / table.groupby("user_id")["p_true"].max().sum())


def _shares(report: Path, truth: Path, plain: Path) -> pd.DataFrame:
    """Give the share of the attainable by name and head."""
    model = _read(report / "predictions.parquet")
    baselines, other = _read(report / "predictions-baselines.parquet"), _read(plain / "rows.parquet")
    true = _read(truth / "truth.parquet").add_suffix("_true")
    found: dict[str, dict[str, float]] = {}
    for head, column in HEADS.items():
        scores = {"plain": other[column], "model": model[column]}
        own = [str(name) for name in baselines if str(name).startswith(f"{head}_")]
        scores |= {name.removeprefix(f"{head}_"): baselines[name] for name in own}
        for name, score in scores.items():
            both = true[[f"{column}_true"]].join(score, how="inner", validate="one_to_one").dropna()
            values = both.to_numpy(dtype=np.float64)
            found.setdefault(name, {})[head] = attainable_share(values[:, 0], values[:, 1])
            found.setdefault("rows", {})[head] = len(both)
    return pd.DataFrame(found).T


def _read(path: Path) -> pd.DataFrame:
    table = pd.read_parquet(path)
    at = table["sent_at"]
    moments = at if at.dtype == np.int64 else at.dt.as_unit("us").astype("int64")
    return table.assign(sent_at=moments).set_index(KEYS)


def _choices(instant: pd.DataFrame, plain: Path, ranks: Path | None) -> dict[str, float]:
    """Give the ratio of the first choice by name."""
    table = instant.rename(columns={"p_click": "p_true"})
    keys = ["user_id", "message_id"]
    table = table.merge(pd.read_parquet(plain / "instant.parquet"), on=keys, validate="one_to_one")
    names = ["message_rate", "lambdarank", "plain"]
    if ranks is not None:
        ours = pd.read_parquet(ranks, columns=[*keys, "p_click"]).rename(columns={"p_click": "model"})
        table = table.merge(ours, on=keys, validate="one_to_one", how="left")
        table["model"] = table["model"].fillna(-1.0)
        names.append("model")
    table["popular in hindsight"] = table.groupby("message_id")["p_true"].transform("mean")
    table["random"] = 0.0
    return {name: first_choice(table, name) for name in ("random", "popular in hindsight", *names)}


def main(
    report: Annotated[Path, typer.Option(help="Folder of training.evaluate.")],
    truth: Annotated[Path, typer.Option(help="Folder of the town's truth.")],
    plain: Annotated[Path, typer.Option(help="Folder of benchmarks.plain_town.")],
    ranks: Annotated[Path | None, typer.Option(help="Parquet of pushrank rank at the held-out instant.")] = None,
) -> None:
    """Print both tables."""
    print("share of the attainable\n" + _shares(report, truth, plain).round(3).to_string())
    instant = pd.read_parquet(truth / "instant.parquet")
    for title, rows in (
        ("every live message", instant),
        ("messages that may be sent: allowed, and new to the user", instant[instant["allowed"] & ~instant["had"]]),
    ):
        print(f"\nfirst choice, {title}: {rows['user_id'].nunique()} users, {len(rows)} pairs")
        for name, ratio in _choices(rows, plain, ranks).items():
            print(f"  {name:22} {ratio:.3f}")


if __name__ == "__main__":
    typer.run(main)
