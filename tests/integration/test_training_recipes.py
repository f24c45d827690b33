from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner, Result

from pushrank.logs import open_log, write_table
from pushrank.scoring.bundle import load
from tests import small_town
from training import evaluate, export, promote, rollback, train

pytestmark = pytest.mark.slow

HEAD_METRICS = {
    "auc",
    "auc_within_user",
    "average_precision",
    "log_loss",
    "normalized_entropy",
    "expected_calibration_error",
}


class Desk:
    """A home of its own and a configuration that fits a small log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.config = folder / "small.yaml"
        self.config.write_text(yaml.safe_dump(json.loads(json.dumps(asdict(small_town.config())))), encoding="utf-8")

    def run(self, recipe: Typer, *arguments: object) -> Result:
        environment = {"PUSHRANK_HOME": str(self.home), "PUSHRANK_SECRET_KEY": "s" * 64, "COLUMNS": "200"}
        return CliRunner().invoke(recipe, [str(argument) for argument in arguments], env=environment)

    def train(self, log: Path, *more: object) -> Result:
        return self.run(train.app, "--data", log, "--config", self.config, *more)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def trained(desk: Desk, town_log: Path) -> Result:
    return desk.train(town_log)


def test_training_prints_its_reference_last(trained: Result) -> None:
    assert trained.exit_code == 0, trained.output
    assert trained.stdout.splitlines()[-1] == "models:/push_ranker/1"


def test_a_run_keeps_bundle_card_pictures_and_verdict(trained: Result, desk: Desk) -> None:
    assert trained.exit_code == 0
    (kept,) = (desk.home / "mlartifacts").glob("*/artifacts")
    assert {path.name for path in kept.iterdir()} == {
        "CARD.md",
        "baselines.json",
        "bundle",
        "plots",
        "report.html",
        "report.json",
        "verdict.json",
    }
    assert (kept / "plots" / "click-reliability.png").read_bytes().startswith(b"\x89PNG")
    assert not list(kept.rglob("*.pkl"))
    assert "## Verdict" in (kept / "CARD.md").read_text(encoding="utf-8")


def test_a_run_says_what_permission_is_worth_and_how_often_suits(trained: Result, desk: Desk) -> None:
    assert trained.exit_code == 0
    (kept,) = (desk.home / "mlartifacts").glob("*/artifacts")
    table = load(kept / "bundle").permission
    assert len(table.cohorts) > 1
    assert len(table.levels) == len(table.pooled.clicks) > 1
    assert all(cohort.value > 0.0 for cohort in table.cohorts)
    _, _, section = (kept / "CARD.md").read_text(encoding="utf-8").partition("## What permission is worth")
    lines = [line for line in section.partition("## Limits")[0].splitlines() if line.startswith("| ")]
    assert len(lines) == 1 + len(table.cohorts) + 1
    assert lines[-1].split("|")[1].strip() == "everybody"
    for picture in ("pushes-a-week.png", "by-activity.png"):
        assert (kept / "plots" / picture).read_bytes().startswith(b"\x89PNG")


def test_evaluation_writes_the_three_files_of_the_contract(trained: Result, desk: Desk, town_log: Path) -> None:
    assert trained.exit_code == 0
    out = desk.folder / "report"
    since = "2026-11-12T00:00:00+00:00"
    ref = "models:/push_ranker@challenger"
    done = desk.run(
        evaluate.app, "--data", town_log, "--model", ref, "--out", out, "--since", since, "--config", desk.config
    )
    assert done.exit_code == 0, done.output
    rows = pd.read_parquet(out / "predictions.parquet")
    outcomes = open_log(town_log).frame("outcomes", columns=["sent_at"])
    start = pd.Timestamp(since).value // 1000
    assert len(rows) == int((outcomes["sent_at"] >= start).sum())
    assert list(rows.columns) == ["user_id", "message_id", "sent_at", "p_click", "p_opt_out"]
    assert rows[["p_click", "p_opt_out"]].gt(0.0).all().all()
    assert rows[["p_click", "p_opt_out"]].lt(1.0).all().all()
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert set(report["click"]) >= HEAD_METRICS
    assert set(report["click"]["baselines"]) == {"constant", "user_rate", "message_rate", "logistic", "lambdarank"}
    assert (out / "report.html").stat().st_size > 1000


def test_a_champion_is_promoted_exported_and_rolled_back(trained: Result, desk: Desk, town_log: Path) -> None:
    assert trained.exit_code == 0
    lenient = desk.train(town_log, "--until", "2026-11-15T00:00:00Z")
    assert lenient.stdout.splitlines()[-1] == "models:/push_ranker/2"
    promoted = [desk.run(promote.app, "--model", f"models:/push_ranker/{number}") for number in (1, 2)]
    verdicts = [json.loads(path.read_text()) for path in (desk.home / "mlartifacts").glob("*/artifacts/verdict.json")]
    assert sorted(done.exit_code == 0 for done in promoted) == sorted(verdict["passed"] for verdict in verdicts)
    exported = desk.run(export.app, "--model", "models:/push_ranker/2", "--out", desk.folder / "elsewhere")
    assert exported.exit_code == 0, exported.output
    assert load(desk.folder / "elsewhere").version == "2"


def test_suppressed_users_are_left_out_and_counted(desk: Desk, town_log: Path, tmp_path: Path) -> None:
    users = open_log(town_log).frame("outcomes", columns=["user_id"])["user_id"].unique()[:5]
    (tmp_path / "suppressed.txt").write_text("user_id\n" + "\n".join(users) + "\n", encoding="utf-8")
    done = desk.train(town_log, "--suppressions", tmp_path / "suppressed.txt")
    assert done.exit_code == 0, done.output
    number = done.stdout.splitlines()[-1].rpartition("/")[2]
    desk.run(export.app, "--model", f"models:/push_ranker/{number}", "--out", tmp_path / "out")
    facts = load(tmp_path / "out").facts
    everybody = open_log(town_log).frame("outcomes", columns=["user_id"])["user_id"].nunique()
    assert facts["users"] == everybody - 5
    assert facts["suppressed_users"] == 5


def test_a_log_without_opt_outs_has_no_such_head(desk: Desk, town_log: Path, tmp_path: Path) -> None:
    rows = pd.read_parquet(town_log / "outcomes.parquet").drop(columns=["opted_out_at"])
    changed(town_log, tmp_path / "log", rows)
    done = desk.train(tmp_path / "log")
    assert done.exit_code == 0, done.output
    desk.run(export.app, "--model", done.stdout.splitlines()[-1], "--out", tmp_path / "out")
    assert not (tmp_path / "out" / "opt_out.txt").exists()
    assert load(tmp_path / "out").scorer.score(np.zeros((1, len(load(tmp_path / "out").view.names)))).p_opt_out[0] > 0.0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            lambda rows: rows.assign(clicked_at=rows["clicked_at"].where(rows["clicked_at"].isna())),
            "click: expected both outcomes",
        ),
        (lambda rows: rows.drop(columns=["clicked_at"]), "clicked"),
        (lambda rows: rows.iloc[:0], "outcomes"),
        (lambda rows: rows.assign(clicked_at=rows["sent_at"] - pd.Timedelta("1h")), "fatal"),
    ],
    ids=["one class", "no clicks", "empty", "click before send"],
)
def test_a_log_that_cannot_be_learned_from_is_told_and_registers_nothing(
    change: object, named: str, town_log: Path, tmp_path: Path
) -> None:
    assert callable(change)
    changed(town_log, tmp_path / "log", change(pd.read_parquet(town_log / "outcomes.parquet")))
    desk = Desk(tmp_path)
    done = desk.train(tmp_path / "log")
    assert done.exit_code == 1
    assert named in re.sub(r"\s+", " ", done.output)
    assert "Traceback" not in done.output
    assert not (desk.home / "mlflow.sqlite").exists()


@pytest.mark.parametrize(
    ("recipe", "arguments", "code", "named"),
    [
        (train.app, ["--data", "nowhere"], 1, "nowhere"),
        (train.app, ["--data", "nowhere", "--until", "2026-11-15T00:00:00"], 2, "offset"),
        (train.app, [], 2, "--data"),
        (promote.app, ["--model", "models:/push_ranker/77"], 1, "not registered"),
        (promote.app, ["--model", "push_ranker"], 1, "models:/push_ranker/3"),
        (rollback.app, [], 1, "former champion"),
        (export.app, ["--model", "models:/push_ranker@champion", "--out", "x"], 1, "not registered"),
    ],
)
def test_a_wrong_call_is_told(
    recipe: Typer, arguments: list[str], code: int, named: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    done = Desk(tmp_path_factory.mktemp("wrong")).run(recipe, *arguments)
    assert done.exit_code == code
    assert named in re.sub(r"\s+", " ", done.output)


def changed(log: Path, folder: Path, outcomes: pd.DataFrame) -> None:
    """Write a log with other outcomes."""
    folder.mkdir()
    for path in log.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    write_table(folder, "outcomes", outcomes)
