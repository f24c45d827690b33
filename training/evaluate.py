"""Judge a registered model by a log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pushrank.config import EvaluationConfig, TrainingConfig, load
from pushrank.config.home import shipped
from pushrank.evaluation.predictions import write_predictions
from pushrank.evaluation.report import build_report
from pushrank.evaluation.rows import ScoredRows
from pushrank.evaluation.writing import write_report
from pushrank.learning import admission, dataset, judging
from pushrank.learning.source import open_source
from pushrank.learning.tracking import open_registry
from pushrank.logs import open_log
from pushrank.scoring import bundle
from training import door
from training.steps import shown

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Folder of the log.")],
    model: Annotated[str, typer.Option(help="models:/push_ranker/3 or models:/push_ranker@champion", metavar="REF")],
    out: Annotated[Path, typer.Option(help="Folder of report.json, report.html and predictions.parquet.")],
    since: Annotated[
        str | None, typer.Option(help="Only rows sent at or after it are judged; ISO 8601 with offset.", metavar="TIME")
    ] = None,
    config: Annotated[str, typer.Option(help="Name in configs/training, or a YAML file.", metavar="FILE")] = "default",
) -> None:
    """Score every impression as of its moment, from all that the log tells before it, and judge the scores."""
    home, start = door.home(), door.moment(since)
    with door.failing(), shown() as steps, door.workspace(home) as work:
        # 1. the model and its baselines
        registry = open_registry(home, os.environ)
        version = registry.resolve(model)
        loaded = bundle.load(registry.download(version, work / "bundle"))
        beside = judging.read_baselines(registry.baselines(version))
        # 2. features of every impression, as of its moment
        log = open_log(data)
        admission.refuse_fatal(log, door.tell)
        source = open_source(log, load(shipped("training", config), TrainingConfig))
        rows = judging.since(dataset.build(source, loaded.view, work, steps.adding("features", source.rows)), start)
        # 3. scores, figures, files
        scores = judging.scored(rows, loaded.scorer, beside)
        scored = ScoredRows(**judging.columns(rows, loaded.view.names, scores))
        report = build_report(scored, load(shipped("evaluation", "gate"), EvaluationConfig))
        write_report(out, report, f"Evaluation of {version.reference}")
        write_predictions(out, scored, list(rows.user_ids), list(rows.message_ids))
    typer.echo(f"{out}: {len(rows)} rows judged")


if __name__ == "__main__":
    app()
