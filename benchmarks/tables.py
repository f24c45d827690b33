"""Our features as flat tables, for services that keep no state, and one head as MLflow serves it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd

from pushrank.config import TrainingConfig, load
from pushrank.config.home import shipped
from pushrank.config.types import HeadConfig
from pushrank.features.definitions import FEATURES
from pushrank.learning.dataset import Rows, build
from pushrank.learning.source import open_source
from pushrank.logs import open_log
from pushrank.scoring import bundle

MATRIX_ROWS = 100
_PREFIXES = {"user": "user", "hour": "user", "day": "user", "message": "message", "text": "message"}


def write_tables(town: Path, model: Path, out: Path, copies: Mapping[str, str]) -> None:
    """Write rows to fit on, last known figures of users, messages and pairs, and the size of the heads.

    `copies` says for a message without history of which other one it is a copy.
    """
    out.mkdir(parents=True)
    loaded, config = bundle.load(model), load(shipped("training", "default"), TrainingConfig)
    rows = build(open_source(open_log(town), config), loaded.view, out)
    table = _table(rows, loaded.view.names)
    of = {about: [name for name in loaded.view.names if _about(name) == about] for about in ("user", "message", "pair")}
    table[[*loaded.view.names, "click", "opt_out"]].to_parquet(out / "rows.parquet", index=False)
    table.groupby("user_id")[of["user"]].last().reset_index().to_parquet(out / "users.parquet", index=False)
    messages = table.groupby("message_id")[of["message"]].last()
    twins = (
        messages.reindex(list(copies.values())).fillna(messages.median()).set_index(pd.Index(copies, name="message_id"))
    )
    categories = dict(zip(rows.message_ids, rows.categories, strict=True))
    everything = pd.concat([messages, twins]).reset_index()
    everything["category"] = [categories[copies.get(name, name)] for name in everything["message_id"]]
    everything.to_parquet(out / "messages.parquet", index=False)
    pairs = table.groupby(["user_id", "category"])[of["pair"]].last().reset_index()
    pairs.to_parquet(out / "pairs.parquet", index=False)
    heads = {
        "columns": list(loaded.view.names),
        "permission_value": loaded.permission.pooled.value,
        "click": _size(model / "click.txt", config.click),
        "opt_out": _size(model / "opt_out.txt", config.opt_out),
    }
    (out / "heads.json").write_text(json.dumps(heads), encoding="utf-8")


def write_mlflow(model: Path, tables: Path, out: Path) -> None:
    """Write the click head as an MLflow model, LightGBM's own text inside, and a body with a ready matrix."""
    # MLflow takes seconds to import, and only this needs it.
    import mlflow.lightgbm  # noqa: PLC0415

    out.mkdir(parents=True)
    mlflow.lightgbm.save_model(
        lightgbm.Booster(model_file=model / "click.txt"), str(out / "model"), pip_requirements=[]
    )
    columns = json.loads((tables / "heads.json").read_text(encoding="utf-8"))["columns"]
    matrix = pd.read_parquet(tables / "rows.parquet", columns=columns).tail(MATRIX_ROWS).to_numpy(np.float64)
    (out / "body.jsonl").write_text(json.dumps({"inputs": matrix.tolist()}) + "\n", encoding="utf-8")


def _table(rows: Rows, names: tuple[str, ...]) -> pd.DataFrame:
    table = pd.DataFrame(rows.matrix, columns=list(names))
    return table.assign(
        user_id=rows.user_ids[rows.user],
        message_id=rows.message_ids[rows.message],
        category=rows.categories[rows.message],
        click=rows.click,
        opt_out=rows.opt_out,
    )


def _about(name: str) -> str:
    """Whether a feature is of the user, of the message or of both."""
    if name in FEATURES:
        return FEATURES[name].__module__.rpartition(".")[2]
    return _PREFIXES.get(name.partition("_")[0], "pair")


def _size(text: Path, head: HeadConfig) -> dict[str, float]:
    """How large the forest in `text` is and how it was grown."""
    return {
        "trees": lightgbm.Booster(model_file=text).num_trees(),
        "leaves": head.leaves,
        "learning_rate": head.learning_rate,
        "min_leaf_rows": head.min_leaf_rows,
        "l2": head.l2,
    }
