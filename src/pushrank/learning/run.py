"""One training from rows to what is kept of it; the recipe `training.train` calls these in order."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightgbm

from pushrank.config import TrainingConfig
from pushrank.domain.instants import iso
from pushrank.features.view import FeatureView
from pushrank.learning import baselines, heads, plots, split
from pushrank.learning.card import METRICS, render_card
from pushrank.learning.dataset import Rows
from pushrank.learning.fit import Machine
from pushrank.learning.gate import Verdict
from pushrank.learning.heads import FittedHead
from pushrank.learning.source import Source
from pushrank.learning.tracking import BASELINES, BUNDLE, Run
from pushrank.learning.worth import pooled_permission_value
from pushrank.scoring import bundle
from pushrank.scoring.bundle import Trained
from pushrank.scoring.fallback import PRIOR_OPT_OUT
from pushrank.scoring.heads import Head, HeadScorer

Told = Callable[[str, int, int], None]
Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """Fitted heads, where time was cut, and the rows that judge them. `opt_out` is None where the log has none."""

    view: FeatureView
    click: FittedHead
    opt_out: FittedHead | None
    cut: split.Cuts
    judging: Rows

    @property
    def heads(self) -> dict[str, FittedHead]:
        """The heads that there are, by name."""
        return {head.name: head for head in (self.click, self.opt_out) if head is not None}

    @property
    def baselines(self) -> dict[str, Mapping[str, baselines.Baseline]]:
        """The baselines of each head, by name."""
        return {name: head.baselines for name, head in self.heads.items()}

    @property
    def scorer(self) -> HeadScorer:
        """The heads as they will serve."""
        click, opt_out = (
            None if head is None else Head.of(head.forest.text, head.calibration) for head in (self.click, self.opt_out)
        )
        assert click is not None
        return HeadScorer(click, opt_out, PRIOR_OPT_OUT)


def learn(rows: Rows, view: FeatureView, config: TrainingConfig, told: Told = lambda *_: None) -> Model:
    """Split by time, fit and calibrate both heads. `told` hears the head, the trees done and the trees at most."""
    cut = split.cuts(rows.sent_at, config)
    machine = Machine.of(config.seed, len(rows), os.cpu_count() or 1)
    click = heads.learn_click(rows, view.names, config, cut, machine, lambda *done: told("click", *done))
    opt_out = heads.learn_opt_out(rows, view.names, config, cut, machine, lambda *done: told("opt_out", *done))
    return Model(view, click, opt_out, cut, rows.take(rows.sent_at >= cut.evaluation))


def facts(model: Model, rows: Rows, source: Source, config: TrainingConfig) -> dict[str, Any]:
    """What is remembered about a training, in the bundle and on the card."""
    return {
        "data_fingerprint": source.log.fingerprint(),
        "rows": len(rows),
        "users": len(rows.user_ids),
        "messages": len(rows.message_ids),
        "suppressed_users": len(source.suppressed),
        "first_sent_at": iso(int(rows.sent_at[0])),
        "last_sent_at": iso(int(rows.sent_at[-1])),
        "until": None if source.until is None else iso(source.until),
        "calibration_from": iso(model.cut.calibration),
        "evaluation_from": iso(model.cut.evaluation),
        "seed": config.seed,
        "lightgbm": lightgbm.__version__,
        **{name: {**asdict(getattr(config, name)), **head.facts} for name, head in model.heads.items()},
    }


def trained(model: Model, rows: Rows, config: TrainingConfig, remembered: Tree) -> Trained:
    """Gather what goes into the bundle."""
    return Trained(
        view=model.view,
        click=model.click.trained,
        opt_out=None if model.opt_out is None else model.opt_out.trained,
        prior_opt_out=PRIOR_OPT_OUT,
        permission_value=pooled_permission_value(rows, config.permission_discount_days),
        facts=remembered,
    )


def kept(whole: Trained, model: Model, report: Tree, verdict: Verdict, folder: Path) -> Run:
    """Write bundle, baselines, pictures and card into `folder`, and say what is to be recorded of the run."""
    digest = bundle.save(whole, folder / BUNDLE)
    plain = {name: baselines.to_dict(beside) for name, beside in model.baselines.items()}
    (folder / BASELINES).write_text(json.dumps(plain), encoding="utf-8")
    (folder / "plots").mkdir()
    plots.draw_report(report, folder / "plots")
    for name, head in model.heads.items():
        plots.draw_importance(name, head.forest.text, folder / "plots")
    card = render_card(whole.facts, report, verdict, whole.view.names)
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
