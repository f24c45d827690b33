"""Every evaluated row with its probabilities, as Parquet; the baselines' scores of the same rows lie beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pushrank.evaluation.rows import HEADS, MODEL, Head, ScoredRows
from pushrank.logs import write_table


def predictions_frame(rows: ScoredRows, user_ids: Sequence[str], message_ids: Sequence[str]) -> pd.DataFrame:
    """Return one row for each evaluated row of `outcomes`: `user_id, message_id, sent_at, p_click, p_opt_out`.

    `user_ids` and `message_ids` are the ids by code, so that `user_ids[rows.user[i]]` is the user of row i. A head
    without a model is null.
    """
    keys = _keys(rows, user_ids, message_ids)
    return keys.assign(p_click=_model(rows, "click"), p_opt_out=_model(rows, "opt_out"))


def baselines_frame(rows: ScoredRows, user_ids: Sequence[str], message_ids: Sequence[str]) -> pd.DataFrame:
    """Return the same rows with one column for each baseline, such as `click_user_rate`."""
    scores = {
        f"{head}_{name}": score for head in HEADS for name, score in rows.scores.get(head, {}).items() if name != MODEL
    }
    return _keys(rows, user_ids, message_ids).assign(**scores)


def write_predictions(out: Path, rows: ScoredRows, user_ids: Sequence[str], message_ids: Sequence[str]) -> None:
    """Write `predictions.parquet` and `predictions-baselines.parquet` into `out`; each whole or not at all."""
    write_table(out, "predictions", predictions_frame(rows, user_ids, message_ids))
    write_table(out, "predictions-baselines", baselines_frame(rows, user_ids, message_ids))


def _keys(rows: ScoredRows, user_ids: Sequence[str], message_ids: Sequence[str]) -> pd.DataFrame:
    users, messages = np.asarray(user_ids, dtype=object), np.asarray(message_ids, dtype=object)
    return pd.DataFrame({"user_id": users[rows.user], "message_id": messages[rows.message], "sent_at": rows.sent_at})


def _model(rows: ScoredRows, head: Head) -> np.ndarray:
    by_name = rows.scores.get(head)
    return np.full(rows.size, np.nan) if by_name is None else by_name[MODEL]
