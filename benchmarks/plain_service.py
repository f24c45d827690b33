"""The plain way to serve the same heads: FastAPI, pandas and scikit-learn's interface, as one writes it in a day.

    python -m benchmarks.plain_service --tables var/bench/tables --port 3001

It reads figures of users, messages and of users with categories from tables that somebody computed, keeps no state,
asks no constraint, stores no decision and checks no key, so it has far less to do than ours. The two classifiers have
as many trees and leaves as our heads and an isotonic calibration each, and are fitted at its start: scikit-learn's own
gradient boosting, or with `--trees lightgbm` the classifier of LightGBM.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
import uvicorn
from fastapi import FastAPI, HTTPException
from lightgbm import LGBMClassifier
from pydantic import BaseModel, Field
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator

HEADS = ("click", "opt_out")


class Trees(StrEnum):
    """Whose gradient boosting it is."""

    SKLEARN = "sklearn"
    LIGHTGBM = "lightgbm"


class RankRequest(BaseModel):
    """Which of these messages this user should get."""

    user_id: str
    candidates: list[str] = Field(min_length=1, max_length=500)
    slots: int = Field(default=1, ge=1, le=20)


class Ranked(BaseModel):
    """One message with its chances and what it is worth."""

    message_id: str
    p_click: float
    p_opt_out: float
    net_value: float


class RankResponse(BaseModel):
    """The best messages, and all others."""

    user_id: str
    slate: list[Ranked]
    passed_over: list[Ranked]


def classifier(size: dict[str, Any], trees: Trees) -> LGBMClassifier | HistGradientBoostingClassifier:
    """An empty forest of the size of one of our heads."""
    if trees is Trees.LIGHTGBM:
        return LGBMClassifier(
            n_estimators=size["trees"],
            num_leaves=size["leaves"],
            learning_rate=size["learning_rate"],
            min_child_samples=size["min_leaf_rows"],
            reg_lambda=size["l2"],
            n_jobs=1,
            verbosity=-1,
        )
    return HistGradientBoostingClassifier(
        max_iter=size["trees"],
        max_leaf_nodes=size["leaves"],
        learning_rate=size["learning_rate"],
        min_samples_leaf=size["min_leaf_rows"],
        l2_regularization=size["l2"],
        early_stopping=False,
    )


class Model:
    """Feature tables in memory and a classifier for each head."""

    def __init__(self, tables: Path, trees: Trees) -> None:
        self.users = pd.read_parquet(tables / "users.parquet").set_index("user_id")
        self.messages = pd.read_parquet(tables / "messages.parquet").set_index("message_id")
        pairs = pd.read_parquet(tables / "pairs.parquet")
        self.pairs = {
            user: rows.set_index("category") for user, rows in pairs.drop(columns="user_id").groupby(pairs.user_id)
        }
        settings = json.loads((tables / "heads.json").read_text(encoding="utf-8"))
        rows = pd.read_parquet(tables / "rows.parquet")
        self.columns = settings["columns"]
        self.permission_value = settings["permission_value"]
        self.heads = {head: self._fitted(rows, head, settings[head], trees) for head in HEADS}

    def _fitted(self, rows: pd.DataFrame, head: str, size: dict[str, Any], trees: Trees) -> CalibratedClassifierCV:
        known = rows[rows[head] >= 0]
        cut = len(known) * 4 // 5
        features, label = known[self.columns], known[head]
        model = classifier(size, trees).fit(features[:cut], label[:cut])
        calibrated = CalibratedClassifierCV(FrozenEstimator(model), method="isotonic")
        return calibrated.fit(features[cut:], label[cut:])

    def features(self, user_id: str, candidates: list[str]) -> pd.DataFrame:
        """One row for each candidate. Raises KeyError for an unknown user or message."""
        frame = self.messages.loc[candidates]
        pairs = self.pairs[user_id].reindex(frame["category"], fill_value=0.0).set_index(frame.index)
        own = self.users.loc[[user_id] * len(frame)].set_index(frame.index)
        whole: pd.DataFrame = pd.concat([frame, pairs, own], axis=1)[self.columns]
        return whole

    def rank(self, request: RankRequest) -> RankResponse:
        """Score the candidates and sort them by net value."""
        frame = self.features(request.user_id, request.candidates)
        scores = pd.DataFrame(index=frame.index)
        for head in HEADS:
            scores[f"p_{head}"] = self.heads[head].predict_proba(frame)[:, 1]
        worth = frame["message_worth"]
        scores["net_value"] = worth * scores["p_click"] - scores["p_opt_out"] * self.permission_value
        ordered = scores.sort_values("net_value", ascending=False).reset_index().to_dict(orient="records")
        ranked = [Ranked.model_validate(row) for row in ordered]
        return RankResponse(user_id=request.user_id, slate=ranked[: request.slots], passed_over=ranked[request.slots :])


def application(model: Model) -> FastAPI:
    """Build the service around a model."""
    app = FastAPI()

    @app.get("/livez")
    def live() -> dict[str, str]:
        return {"status": "alive"}

    @app.post("/rank")
    def rank(request: RankRequest) -> RankResponse:
        try:
            return model.rank(request)
        except KeyError as error:
            raise HTTPException(422, f"unknown: {error}") from None

    return app


def main(
    tables: Annotated[Path, typer.Option(help="Folder with rows, users, messages, pairs and heads.json.")],
    port: Annotated[int, typer.Option(help="TCP port, on loopback.")],
    trees: Annotated[Trees, typer.Option(help="Whose gradient boosting.")] = Trees.SKLEARN,
) -> None:
    """Fit both heads, then serve until stopped."""
    uvicorn.run(application(Model(tables, trees)), host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    typer.run(main)
