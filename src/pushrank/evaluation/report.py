"""The report: every figure of CONTRACT section 1 as one tree that is JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from pushrank.config.types import EvaluationConfig
from pushrank.domain.instants import iso
from pushrank.evaluation.curves import curves
from pushrank.evaluation.figures import Drawing, Tree, head_figures, ranking_figures
from pushrank.evaluation.off_policy import off_policy
from pushrank.evaluation.ordering import group_rows
from pushrank.evaluation.rows import MODEL, Flags, Floats, Head, ScoredRows

# These order rows and say nothing about how likely a click is.
ORDER_ONLY = frozenset({"lambdarank"})
FORMAT = 1


def build_report(rows: ScoredRows, config: EvaluationConfig) -> Tree:
    """Judge every score of `rows`.

    Returns the tree of `report.json`. A head without a model is null. A figure is `{"value", "interval"}`, the interval
    being 95 % by drawing users again; where it cannot be had, `value` is null and `reason` says why. Baselines lie in
    `click.baselines.NAME`, slices in `click.slices.BY.NAME` with BY one of `category`, `hour`, `users`.
    """
    drawing = Drawing(config.bootstrap_rounds, config.calibration_bins, config.seed)
    return {
        "format": FORMAT,
        "rows": rows.size,
        "users": len(np.unique(rows.user)),
        "messages": len(np.unique(rows.message)),
        "first_sent_at": iso(int(rows.sent_at.min())) if rows.size else None,
        "last_sent_at": iso(int(rows.sent_at.max())) if rows.size else None,
        "bootstrap_rounds": config.bootstrap_rounds,
        "click": _head(rows, "click", drawing),
        "opt_out": _head(rows, "opt_out", drawing),
        "ranking": _ranking(rows, drawing),
        "off_policy": off_policy(rows, drawing),
    }


def _head(rows: ScoredRows, head: Head, drawing: Drawing) -> Tree | None:
    if head not in rows.scores:
        return None
    seen = rows.labels(head) >= 0
    y, user = rows.labels(head)[seen], rows.user[seen]
    scores = {name: score[seen] for name, score in rows.scores[head].items()}
    judged = {
        name: head_figures(y, score, user, drawing, probabilities=name not in ORDER_ONLY)
        for name, score in scores.items()
    }
    return {
        **judged[MODEL],
        "unknown_labels": int((~seen).sum()),
        "zero_probabilities": int((scores[MODEL] <= 0).sum()),
        "baselines": {name: figures for name, figures in judged.items() if name != MODEL},
        "slices": _slices(rows, head, seen, drawing),
        "curves": curves(y, scores, rows.local_hour[seen], MODEL, drawing.bins),
    }


def _slices(rows: ScoredRows, head: Head, seen: Flags, drawing: Drawing) -> Tree:
    tree: Tree = {}
    for kind, name, chosen in _parts(rows):
        mask = chosen & seen
        if mask.any():
            score = rows.scores[head][MODEL][mask]
            figures = head_figures(rows.labels(head)[mask], score, rows.user[mask], drawing)
            tree.setdefault(kind, {})[name] = figures
    return tree


def _parts(rows: ScoredRows) -> Iterator[tuple[str, str, Flags]]:
    for code, name in enumerate(rows.categories):
        yield "category", name, rows.category == code
    for hour in range(24):
        yield "hour", f"{hour:02d}", rows.local_hour == hour
    yield "users", "new", ~rows.known
    yield "users", "known", rows.known


def _ranking(rows: ScoredRows, drawing: Drawing) -> Tree | None:
    if "click" not in rows.scores:
        return None
    seen = rows.click >= 0
    group = group_rows(rows.user[seen], rows.sent_at[seen], rows.decision[seen])
    by_name: Mapping[str, Floats] = rows.scores["click"]
    judged = {
        name: ranking_figures(rows.click[seen], score[seen], rows.user[seen], group, drawing)
        for name, score in by_name.items()
    }
    return {**judged[MODEL], "baselines": {name: tree for name, tree in judged.items() if name != MODEL}}
