"""How much of what can be known in a sample town a model knows, and how good its first choice is.

    python -m training.sample --out var/town --users 8000 --days 42 --seed 1
    python -m training.train --data var/town --until 2026-11-06T00:00:00+00:00
    python -m training.evaluate --data var/town --model REF --since 2026-11-06T00:00:00+00:00 --out var/report
    python -m benchmarks.plain_town --data var/town --until 2026-11-06T00:00:00+00:00 --out var/plain
    PUSHRANK_POLICY=open pushrank rank --data var/town --at 2026-11-11T12:00:00+00:00 --model REF --out var/ranks
    python -m benchmarks.town --truth var/town-truth --report var/report --plain var/plain --ranks var/ranks

Share of the attainable: (expected AUC - .5) / (expected AUC of the true probabilities - .5), each row a positive with
its true chance. First choice: at one instant, the true P(click) of the message that each user's best score names,
summed over users, over the same sum for the best message there is. Our own ranking has no chances for what its policy
excludes, so it is held against the others on the pairs that it lets through; `PUSHRANK_POLICY=open` excludes the least.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from pushrank.evaluation.discrimination import expected_auc
from pushrank.evaluation.rows import Floats

KEYS = ["user_id", "message_id", "sent_at"]
HEADS = {"click": "p_click", "opt_out": "p_opt_out"}
PLAIN = ("random", "popular in hindsight", "message_rate", "lambdarank", "plain")


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


def _candidates(truth: Path, plain: Path, ranks: Path | None) -> pd.DataFrame:
    """Every user and live message of the instant with its true chance and all scores; ours is nan where excluded."""
    keys = ["user_id", "message_id"]
    table = pd.read_parquet(truth / "instant.parquet").rename(columns={"p_click": "p_true"})
    table = table.merge(pd.read_parquet(plain / "instant.parquet"), on=keys, validate="one_to_one")
    table["popular in hindsight"] = table.groupby("message_id")["p_true"].transform("mean")
    table["random"] = 0.0
    if ranks is None:
        return table
    ours = pd.read_parquet(ranks, columns=[*keys, "p_click"]).rename(columns={"p_click": "model"})
    return table.merge(ours, on=keys, validate="one_to_one", how="left")


def _choices(title: str, table: pd.DataFrame, names: Sequence[str]) -> None:
    print(f"\nfirst choice, {title}: {table['user_id'].nunique()} users, {len(table)} pairs")
    for name in names:
        print(f"  {name:22} {first_choice(table, name):.3f}")


def main(
    report: Annotated[Path, typer.Option(help="Folder of training.evaluate.")],
    truth: Annotated[Path, typer.Option(help="Folder of the town's truth.")],
    plain: Annotated[Path, typer.Option(help="Folder of benchmarks.plain_town.")],
    ranks: Annotated[Path | None, typer.Option(help="Parquet of pushrank rank at the held-out instant.")] = None,
) -> None:
    """Print both tables."""
    print("share of the attainable\n" + _shares(report, truth, plain).round(3).to_string())
    table = _candidates(truth, plain, ranks)
    _choices("every live message", table, PLAIN)
    _choices("allowed, and new to the user", table[table["allowed"] & ~table["had"]], PLAIN)
    if ranks is not None:
        _choices("let through by our policy", table.dropna(subset=["model"]), (*PLAIN, "model"))


if __name__ == "__main__":
    typer.run(main)
