"""Make a model from a log and register it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pushrank.config import Category, EvaluationConfig, TrainingConfig, load
from pushrank.config.home import shipped
from pushrank.evaluation.report import build_report
from pushrank.evaluation.rows import ScoredRows
from pushrank.evaluation.writing import write_report
from pushrank.learning import admission, dataset, gate, judging, people, run
from pushrank.learning.source import open_source
from pushrank.learning.tracking import open_registry
from pushrank.logs import open_log
from pushrank.rights.pseudonyms import read_secrets
from training import door
from training.steps import shown

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_SUPPRESSIONS = "Whom to leave out: what `pushrank suppressions --out` wrote, or user ids, one a line; default nobody."


@app.command()
def train(
    data: Annotated[Path, typer.Option(help="Folder of the log.")],
    config: Annotated[str, typer.Option(help="Name in configs/training, or a YAML file.", metavar="FILE")] = "default",
    until: Annotated[
        str | None, typer.Option(help="Nothing sent at or after it is read; ISO 8601 with offset.", metavar="TIME")
    ] = None,
    suppressions: Annotated[Path | None, typer.Option(help=_SUPPRESSIONS, metavar="FILE")] = None,
) -> None:
    """Fit, calibrate, evaluate on the last part, judge by the gate, register; prints the REF last."""
    home, stop = door.home(), door.moment(until)
    with door.failing(), shown() as steps, door.workspace(home) as work:
        # 1. settings, and a log without fatal faults
        settings = load(shipped("training", config), TrainingConfig)
        measure = load(shipped("evaluation", "gate"), EvaluationConfig)
        log = open_log(data)
        admission.refuse_fatal(log, door.tell)
        secrets = read_secrets(os.environ, home)
        left_out = people.left_out(suppressions, log, secrets, door.tell)
        tree = load(shipped("policy", "categories"), dict[str, Category])
        source = open_source(log, settings, stop, left_out.users, tree, left_out.marketing)
        # 2. features of every impression, as of its moment
        view = dataset.fit_view(source, settings)
        rows = dataset.build(source, view, work, steps.adding("features", source.rows))
        # 3. both heads, fitted and calibrated on parts that follow each other in time
        model = run.learn(rows, view, settings, steps.tell)
        # 4. the last part, judged beside the baselines
        last = run.judging_rows(model, rows)
        scores = judging.scored(last, model.scorer, model.baselines)
        report = build_report(ScoredRows(**judging.columns(last, view.names, scores)), measure)
        verdict = gate.decide(report, measure.gate)
        # 5. the model that serves: its bundle with golden rows, the card and all else that is kept
        served = run.final(model, rows, steps.tell)
        whole = run.trained(served, run.facts(served, rows, source, left_out))
        write_report(work / "kept", report, "Training: the last part of the log")
        kept = run.kept(served, whole, report, verdict, work / "kept")
        # 6. the register, and of whom the version learned, by token
        version = open_registry(home, os.environ).record(kept)
        people.remember(source.people, version.number, secrets, home)
    for reason in verdict.reasons:
        door.tell(f"gate: {reason}")
    typer.echo(version.reference)


if __name__ == "__main__":
    app()
