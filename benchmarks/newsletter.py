"""Our model on the newsletter log, beside the plain model and the past click rate, with paired differences.

python -m training.import_log --format newsletter --source ../shared/data/newsletter --out var/newsletter
python -m training.train --data var/newsletter --until 2020-06-01T00:00:00Z
python -m training.evaluate --data var/newsletter --model REF --since 2020-06-01T00:00:00Z --out var/newsletter-report
python -m benchmarks.plain_newsletter --data ../shared/data/newsletter --out var/plain-newsletter.parquet
python -m benchmarks.newsletter --plain var/plain-newsletter.parquet --model var/newsletter-report/predictions.parquet
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from pushrank.evaluation.discrimination import (
    Difference,
    auc,
    auc_within_user,
    paired_auc_difference,
    paired_auc_within_user_difference,
)
from pushrank.evaluation.probability import log_loss
from pushrank.evaluation.rows import Bytes, Floats, Ints

SEED = 7
KEYS = ["user_id", "message_id"]
HEADS = {"clicked": ("p_click", "user_rate"), "left": ("p_opt_out", "user_rate_left")}


def joined(model: Path, plain: Path) -> pd.DataFrame:
    """Rows of the plain model with ours beside them as `model_p_click` and `model_p_opt_out`.

    Raises ValueError where our predictions miss rows of the plain model.
    """
    ours = pd.read_parquet(model).rename(columns={"p_click": "model_p_click", "p_opt_out": "model_p_opt_out"})
    theirs = pd.read_parquet(plain)
    table = theirs.merge(ours[[*KEYS, "model_p_click", "model_p_opt_out"]], on=KEYS, validate="one_to_one")
    if len(table) != len(theirs):
        msg = f"{model}: expected a row for each of the {len(theirs)} rows of {plain}, got {len(table)} of them"
        raise ValueError(msg)
    return table


def cases(table: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Name, label and rows of each comparison."""
    people = table[~table["robot"]]
    yield "clicked, all", "clicked", table
    yield "clicked, no robots", "clicked", people
    yield "left the list, clean sends", "left", table[table["clean"]]
    yield "left the list, no robots", "left", people[people["clean"]]


def _compare(title: str, label: str, rows: pd.DataFrame, rounds: int) -> None:
    score, rate = HEADS[label]
    y: Bytes = rows[label].to_numpy(dtype=np.int8)
    user: Ints = rows["user_id"].factorize()[0].astype(np.int64)
    scores = {"model": f"model_{score}", "plain": score, "user_rate": rate}
    p: dict[str, Floats] = {name: rows[column].to_numpy(dtype=np.float64) for name, column in scores.items()}
    print(f"\n{title}: {len(y)} rows, {int(y.sum())} positives")
    for name, one in p.items():
        within_user = auc_within_user(y, one, user)
        print(f"  {name:10} AUC {auc(y, one):.4f}  within user {within_user:.4f}  log loss {log_loss(y, one):.5f}")
    for name in ("plain", "user_rate"):
        pooled = paired_auc_difference(p["model"], p[name], y, user, rounds, SEED)
        within = paired_auc_within_user_difference(p["model"], p[name], y, user, rounds, SEED)
        print(f"  model - {name:10} AUC {_said(pooled)}  within user {_said(within)}")


def _said(found: Difference) -> str:
    if found.interval is None:
        return f"{found.value:+.4f}"
    return f"{found.value:+.4f} [{found.interval[0]:+.4f}, {found.interval[1]:+.4f}]"


def main(
    model: Annotated[Path, typer.Option(help="predictions.parquet of training.evaluate.")],
    plain: Annotated[Path, typer.Option(help="Predictions of benchmarks.plain_newsletter.")],
    rounds: Annotated[int, typer.Option(help="Drawings of the users behind each interval.")] = 1000,
) -> None:
    """Print AUC, pooled and within user, and the differences with 95 % intervals by user."""
    for title, label, rows in cases(joined(model, plain)):
        _compare(title, label, rows, rounds)


if __name__ == "__main__":
    typer.run(main)
