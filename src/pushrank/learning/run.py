"""One training from rows to what is kept of it; the recipe `training.train` calls these in order."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from pushrank.config import TrainingConfig
from pushrank.domain.instants import iso
from pushrank.features.view import FeatureView
from pushrank.learning import baselines, heads, plots, split
from pushrank.learning.card import METRICS, render_card
from pushrank.learning.dataset import Rows
from pushrank.learning.fit import Machine
from pushrank.learning.gate import Verdict
from pushrank.learning.heads import Course, FittedHead
from pushrank.learning.people import NOBODY, LeftOut
from pushrank.learning.permission import Study, study
from pushrank.learning.source import Source
from pushrank.learning.tracking import BASELINES, BUNDLE, Run
from pushrank.scoring import bundle
from pushrank.scoring.bundle import Trained
from pushrank.scoring.fallback import PRIOR_OPT_OUT
from pushrank.scoring.heads import Head, HeadScorer

Told = Callable[[str, int, int], None]
Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """Fitted heads by name, how they came to be, and what the log says about permission.

    A log without opt-outs gives no such head.
    """

    view: FeatureView
    course: Course
    heads: Mapping[str, FittedHead]
    study: Study

    @property
    def baselines(self) -> dict[str, Mapping[str, baselines.Baseline]]:
        """The baselines of each head, by name."""
        return {name: head.baselines for name, head in self.heads.items()}

    @property
    def scorer(self) -> HeadScorer:
        """The heads as they would serve."""
        loaded = {name: Head.of(head.forest.text, head.calibration) for name, head in self.heads.items()}
        return HeadScorer(loaded["click"], loaded.get("opt_out"), PRIOR_OPT_OUT)


def learn(rows: Rows, view: FeatureView, config: TrainingConfig, told: Told = lambda *_: None) -> Model:
    """Split by time, fit and calibrate both heads. `told` hears the step, the trees done and the trees at most."""
    machine = Machine.of(config.seed, len(rows), os.cpu_count() or 1)
    course = Course(view.names, config, machine, split.cuts(rows.sent_at, config))
    fitted = {name: heads.learn_head(name, rows, course, partial(told, name)) for name in heads.HEADS}
    known = {name: head for name, head in fitted.items() if head is not None}
    return Model(view, course, known, study(rows, view.names, config.permission_discount_days))


def judging_rows(model: Model, rows: Rows) -> Rows:
    """The last part of the log, of which the fitted heads know nothing."""
    return rows.take(rows.sent_at >= model.course.cut.evaluation)


def final(model: Model, rows: Rows, told: Told = lambda *_: None) -> Model:
    """The model that will be served: fitted anew to the whole log where the configuration says so."""
    if not model.course.config.refit:
        return model
    anew = {
        name: heads.refitted(head, rows, model.course, partial(told, f"{name} anew"))
        for name, head in model.heads.items()
    }
    return replace(model, heads=anew)


def facts(model: Model, rows: Rows, source: Source, left_out: LeftOut = NOBODY) -> dict[str, Any]:
    """What is remembered about a training, in the bundle and on the card."""
    return {
        "data_fingerprint": source.log.fingerprint(),
        "rows": len(rows),
        "users": len(np.unique(rows.user)),
        "messages": len(rows.message_ids),
        "suppressions_listed": left_out.asked,
        "suppressed_users": len(left_out.users),
        "users_suppressed_in_marketing": len(left_out.marketing),
        "users_not_profiled_left_out": source.unprofiled,
        "marketing_rows_of_objectors_left_out": source.objected,
        "first_sent_at": iso(int(rows.sent_at[0])),
        "last_sent_at": iso(int(rows.sent_at[-1])),
        "until": None if source.until is None else iso(source.until),
        "calibration_from": iso(model.course.cut.calibration),
        "evaluation_from": iso(model.course.cut.evaluation),
        "refit": model.course.config.refit,
        "seed": model.course.config.seed,
        "lightgbm": lightgbm.__version__,
        "permission": dict(model.study.facts),
        **{name: {**asdict(getattr(model.course.config, name)), **head.facts} for name, head in model.heads.items()},
    }


def trained(model: Model, remembered: Tree) -> Trained:
    """Gather what goes into the bundle."""
    click, opt_out = model.heads["click"], model.heads.get("opt_out")
    return Trained(
        view=model.view,
        click=click.trained,
        opt_out=None if opt_out is None else opt_out.trained,
        prior_opt_out=PRIOR_OPT_OUT,
        permission=model.study.permission,
        facts=remembered,
    )


def kept(model: Model, whole: Trained, report: Tree, verdict: Verdict, folder: Path) -> Run:
    """Write bundle, baselines, pictures and card into `folder`, and say what is to be recorded of the run."""
    digest = bundle.save(whole, folder / BUNDLE)
    plain = {name: baselines.to_dict(beside) for name, beside in model.baselines.items()}
    (folder / BASELINES).write_text(json.dumps(plain), encoding="utf-8")
    (folder / "plots").mkdir()
    plots.draw_report(report, folder / "plots")
    plots.draw_welcome(model.study, folder / "plots")
    plots.draw_observed(model.study.observed, folder / "plots")
    for name, head in model.heads.items():
        plots.draw_importance(name, head.forest.text, folder / "plots")
    card = render_card(whole, model.study, report, verdict)
    (folder / "CARD.md").write_text(card, encoding="utf-8")
    return Run(_parameters(whole.facts), metrics(report), folder, verdict, digest, card.split("## ")[0].strip())


def metrics(report: Tree) -> dict[str, float]:
    """Figures of a tree of report.json by names that MLflow takes, such as `click.auc` and `click.logistic.auc`."""
    found: dict[str, float] = {}
    for head in ("click", "opt_out"):
        tree = report.get(head)
        if tree is not None:
            for name, figures in {"": tree, **tree["baselines"]}.items():
                _add(found, ".".join(filter(None, (head, name))), figures, METRICS)
    if report.get("ranking"):
        _add(found, "ranking", report["ranking"], ("ndcg@1", "ndcg@5", "mrr"))
    return found


def _add(found: dict[str, float], prefix: str, figures: Tree, names: tuple[str, ...]) -> None:
    for name in names:
        value = figures.get(name)
        value = value.get("value") if isinstance(value, Mapping) else value
        if value is not None:
            found[f"{prefix}.{name.replace('@', '_at_')}"] = float(value)


def _parameters(remembered: Tree) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in remembered.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}.{inner}": one for inner, one in value.items()})
        else:
            flat[name] = value
    return flat
