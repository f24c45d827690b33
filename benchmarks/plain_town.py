"""A plain model of a sample town: LightGBM as it comes, on seventeen obvious features; and plain rankers beside it.

    python -m benchmarks.plain_town --data var/town --until 2026-11-06T00:00:00+00:00 --out var/plain-town

Writes `rows.parquet`, the pushes from `--until` on with the chances of both heads, and `instant.parquet`, every message
live at the held-out instant for each user of `DATA-truth/instant.parquet`, with the scores of the plain model,
`message_rate` and `lambdarank`. No truth is read but which users and messages the instant has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import lightgbm
import numpy as np
import pandas as pd
import typer

from benchmarks.town_features import Floats, Ints, TownLog, features, read, thought
from pushrank.domain.instants import DAY, HOUR, instant

COMMON = {
    "learning_rate": 0.03,
    "n_jobs": 2,
    "deterministic": True,
    "force_row_wise": True,
    "random_state": 7,
    "verbosity": -1,
}
# The best of a handful of sizes by the truth of one town, which ours never saw, so that this is no straw man.
CLICK = {**COMMON, "n_estimators": 200, "num_leaves": 7, "min_child_samples": 100}
OPT_OUT = {**COMMON, "n_estimators": 100, "num_leaves": 4, "min_child_samples": 200}
KEYS = ["user_id", "message_id"]
WINDOWS = {"clicked": 24 * HOUR, "opted_out": 72 * HOUR}


def fit(log: TownLog, columns: pd.DataFrame, label: str, until: int) -> lightgbm.LGBMClassifier:
    """Fit one head on the pushes whose window closed by `until`."""
    sent_at, y = log.pushes.at, log.outcomes[label].to_numpy()
    train = (sent_at <= until - WINDOWS[label]) & (y >= 0)
    settings = CLICK if label == "clicked" else OPT_OUT
    return lightgbm.LGBMClassifier(**settings).fit(columns[train], y[train])


def fit_ranker(log: TownLog, columns: pd.DataFrame, until: int) -> lightgbm.LGBMRanker:
    """Fit LambdaRank on clicks within a user and week."""
    sent_at, y = log.pushes.at, log.outcomes["clicked"].to_numpy()
    train = np.flatnonzero((sent_at <= until - WINDOWS["clicked"]) & (y >= 0))
    group = _user_week(log.pushes.user[train], sent_at[train])
    order = np.argsort(group, kind="stable")
    rows = train[order]
    return lightgbm.LGBMRanker(**CLICK).fit(columns.iloc[rows], y[rows], group=np.bincount(group))


def _user_week(user: Ints, at: Ints) -> Ints:
    keys = np.stack([user, (at // DAY + 3) // 7])
    return pd.MultiIndex.from_arrays(list(keys)).factorize()[0].astype(np.int64)


def _chance(model: lightgbm.LGBMClassifier, columns: pd.DataFrame) -> Floats:
    return np.asarray(model.predict_proba(columns)[:, 1], dtype=np.float64)


def main(
    data: Annotated[Path, typer.Option(help="A town's log, with its truth beside it.")],
    until: Annotated[str, typer.Option(help="Train before, predict from here on; ISO 8601 with offset.")],
    out: Annotated[Path, typer.Option(help="Folder for rows.parquet and instant.parquet.")],
) -> None:
    """Fit the plain models and write what they say."""
    # 1. fit on what was known by the cut
    cut = instant(until)
    log = read(data, cut)
    columns = features(log, log.pushes)
    click, opt_out = (fit(log, columns, label, cut) for label in ("clicked", "opted_out"))
    ranker = fit_ranker(log, columns, cut)
    # 2. predict the pushes since the cut
    later = log.pushes.at >= cut
    rows = log.outcomes.loc[later, [*KEYS, "sent_at"]]
    rows = rows.assign(p_click=_chance(click, columns[later]), p_opt_out=_chance(opt_out, columns[later]))
    # 3. score everything that could be said at the held-out instant
    table = pd.read_parquet(data.with_name(f"{data.name}-truth") / "instant.parquet", columns=[*KEYS, "at"])
    then = features(log, thought(log, table, table["at"].dt.as_unit("us").astype("int64")))
    scored = table[KEYS].assign(
        plain=_chance(click, then), message_rate=then["message_rate"], lambdarank=ranker.predict(then)
    )
    out.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(out / "rows.parquet", index=False)
    scored.to_parquet(out / "instant.parquet", index=False)
    print(f"{len(columns) - int(later.sum())} pushes before the cut, {int(later.sum())} after it")


if __name__ == "__main__":
    typer.run(main)
