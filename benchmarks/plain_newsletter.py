"""A plain model of the newsletter log: LightGBM as it comes, on fifteen obvious features of history and send.

    python -m benchmarks.plain_newsletter --data ../shared/data/newsletter --out plain.parquet

What anybody would write in an afternoon, to hold ours against. Trained on the sends before the cut, it predicts the
later ones; the history of a row is everything strictly before its send, also what came after the cut.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import lightgbm
import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

from benchmarks.newsletter_log import Newsletter, past, read, user_rate
from pushrank.evaluation.discrimination import auc, auc_within_user

SETTINGS = {
    "learning_rate": 0.03,
    "min_child_samples": 100,
    "n_jobs": 2,
    "deterministic": True,
    "force_row_wise": True,
    "random_state": 7,
    "verbosity": -1,
}
# Departures are rare, so small trees and few of them: what anybody would try first, and better here than larger ones.
SIZES = {
    "clicked": {"n_estimators": 200, "num_leaves": 15},
    "left_list_after": {"n_estimators": 100, "num_leaves": 8},
}
SEND_COLUMNS = {
    "subject_length": "subject_length",
    "subject_words": "subject_num_words",
    "words": "num_words",
    "links": "num_links",
    "pictures": "num_clickable_pics",
}


def features(log: Newsletter) -> pd.DataFrame:
    """Fifteen columns, in the order of the log's events."""
    events = log.events
    by_user = events.groupby("user_id")
    send = events[["send_id"]].merge(log.sends, on="send_id", how="left", validate="many_to_one")
    return pd.DataFrame(
        {
            "sends": by_user.cumcount().astype(float),
            "clicks": past(events, "clicked"),
            "opens": past(events, "opened"),
            "click_rate": user_rate(log, "clicked"),
            "days_since_click": _days_since(events, "clicked"),
            "days_since_open": _days_since(events, "opened"),
            "gap": by_user["sent_at"].diff().dt.total_seconds() / 86400,
            **{name: send[column].astype(float) for name, column in SEND_COLUMNS.items()},
            "hour": events["sent_at"].dt.hour.astype(float),
            "weekday": events["sent_at"].dt.day_of_week.astype(float),
            "month": events["sent_at"].dt.month.astype(float),
        }
    )


def _days_since(events: pd.DataFrame, column: str) -> pd.Series[float]:
    """Days since the user's last earlier send with `column`; nan if there was none."""
    happened = events["sent_at"].where(events[column] == 1)
    last = happened.groupby(events["user_id"]).ffill().groupby(events["user_id"]).shift()
    return (events["sent_at"] - last).dt.total_seconds() / 86400


def predict(log: Newsletter, columns: pd.DataFrame, label: str) -> NDArray[np.float64]:
    """Fit on the rows before the cut and give the chance of `label` for every row."""
    train = log.before
    model = lightgbm.LGBMClassifier(**SETTINGS, **SIZES[label]).fit(columns[train], log.events.loc[train, label])
    return np.asarray(model.predict_proba(columns)[:, 1])


def predictions(log: Newsletter) -> pd.DataFrame:
    """Predict every row after the cut, beside the labels and the past click rate."""
    columns = features(log)
    table = pd.DataFrame(
        {
            "user_id": log.events["user_id"],
            "message_id": log.events["send_id"],
            "sent_at": log.events["sent_at"],
            "clicked": log.events["clicked"],
            "left": log.events["left_list_after"],
            "clean": log.clean,
            "robot": log.events["user_id"].isin(log.robots()),
            "p_click": predict(log, columns, "clicked"),
            "p_opt_out": predict(log, columns, "left_list_after"),
            "user_rate": user_rate(log, "clicked"),
            "user_rate_left": user_rate(log, "left_list_after"),
        }
    )
    return table[~log.before].reset_index(drop=True)


def main(
    data: Annotated[Path, typer.Option(help="Folder with public_events.csv.gz and sends_public.csv.")],
    out: Annotated[Path, typer.Option(help="Parquet file for the predictions.")],
    until: Annotated[str, typer.Option(help="Train before, predict from here on; ISO 8601.")] = "2020-06-01T00:00:00Z",
) -> None:
    """Fit the plain model, write its predictions and print its AUCs."""
    table = predictions(read(data, until))
    table.to_parquet(out, index=False)
    print(f"{len(table)} rows, {table.loc[table['robot'], 'user_id'].nunique()} robots among them")
    for label, score, rate, chosen in (
        ("clicked", "p_click", "user_rate", np.ones(len(table), dtype=np.bool_)),
        ("clicked, no robots", "p_click", "user_rate", ~table["robot"].to_numpy()),
        ("left", "p_opt_out", "user_rate_left", table["clean"].to_numpy()),
    ):
        rows = table[chosen]
        y = rows[label.split(",")[0]].to_numpy(dtype=np.int8)
        user = rows["user_id"].factorize()[0].astype(np.int64)
        for name in (score, rate):
            p = rows[name].to_numpy(dtype=np.float64)
            print(f"{label:20} {name:15} AUC {auc(y, p):.4f}, within user {auc_within_user(y, p, user):.4f}")


if __name__ == "__main__":
    typer.run(main)
