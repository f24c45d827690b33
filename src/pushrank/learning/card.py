"""The model card: what a model is for, what it reads, how well it does and where it ends, for people who decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import Any

from pushrank.domain.permission import Cohort
from pushrank.features.definitions import FEATURES, PLAIN
from pushrank.learning.gate import Verdict
from pushrank.learning.permission import Study
from pushrank.policy.frequency import welcome
from pushrank.scoring.bundle import Trained

METRICS = (
    "auc",
    "auc_within_user",
    "average_precision",
    "log_loss",
    "normalized_entropy",
    "expected_calibration_error",
)
_COLUMNS = (
    "signs of life a day",
    "share of pushes clicked",
    "user-days",
    "clicks per user-day",
    "opt-outs per 1,000 user-days",
    "V(permission)",
    "pushes a week that suit",
)
BEGIN, END = "<!-- features: begin -->", "<!-- features: end -->"


def render_card(whole: Trained, learned: Study, report: Mapping[str, Any], verdict: Verdict) -> str:
    """Write the card of one run as Markdown. `whole` goes into the bundle, `report` is the tree of report.json."""
    parts = [
        "# push_ranker: card of one version",
        "Two calibrated probabilities of a push: that this user clicks it, and that it ends the channel.",
        "## Made from",
        "\n".join(f"- {name.replace('_', ' ')}: {_plain(value)}" for name, value in whole.facts.items()),
        "## How well, on the last part of the log",
        *(_figures(head, report[head]) for head in ("click", "opt_out") if report.get(head)),
        f"## Verdict: {'passed' if verdict.passed else 'failed'}",
        "\n".join(f"- {_mark(check.passed)}: {check.sentence}" for check in verdict.checks),
        "## What permission is worth, and how often suits",
        _PERMISSION,
        permission_table(learned),
        "## Limits",
        _LIMITS,
        "## Features",
        feature_table(whole.view.names),
    ]
    return "\n\n".join(parts) + "\n"


def feature_table(names: Sequence[str]) -> str:
    """Name, raw columns and meaning of each feature, as a Markdown table."""
    return "\n".join(["| feature | reads | meaning |", "|---|---|---|", *(_row(name) for name in names)])


def permission_table(learned: Study) -> str:
    """What the log says of each cohort and of everybody, as a Markdown table."""
    permission = learned.permission
    words = list(product(_spans(permission.activity_edges), _spans(permission.click_edges)))
    people = zip([*words, ("everybody", "")], (*permission.cohorts, permission.pooled), learned.clicks, strict=True)
    lines = [_of_cohort(who, cohort, clicks, permission.levels) for who, cohort, clicks in people]
    return "\n".join([f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|", *lines])


def with_table(card: str, names: Sequence[str]) -> str:
    """Give a card whose table between the two marks is that of `names`."""
    before, _, rest = card.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{feature_table(names)}\n\n{END}{rest.partition(END)[2]}"


_PERMISSION = """V(permission) is what an open channel is still expected to bring, in ordinary clicks. Pushes
suit up to the level at which one more a week brings fewer clicks than its opt-outs cost; bounds and "too often" come on
top. Who got many pushes in the log was chosen by whoever sent them: the levels are associations, not effects."""

_LIMITS = """- It learned from what one sender sent to whom; of others it knows little.
- A probability is about the push that would be sent now, not about whether the push caused what follows.
- Opt-outs are rare: look at the number of positives before believing a difference.
- It reads no names, ids, addresses or texts of users. It must not be used to judge people."""


def _spans(edges: Sequence[float]) -> list[str]:
    shown = [f"{edge:.3g}" for edge in edges]
    if not shown:
        return ["any"]
    between = [f"{low} to {high}" for low, high in pairwise(shown)]
    return [f"below {shown[0]}", *between, f"{shown[-1]} or more"]


def _of_cohort(words: tuple[str, str], cohort: Cohort, clicks: float, levels: Sequence[float]) -> str:
    best, _ = welcome(levels, cohort)
    days = cohort.user_days
    cells = (
        *words,
        f"{days:,.0f}",
        f"{clicks / days:.3f}" if days else "-",
        f"{1000.0 * cohort.positives / days:.2f}" if days else "-",
        f"{cohort.value:.3g}",
        "-" if best is None else f"{best:g}",
    )
    return f"| {' | '.join(cells)} |"


def _row(name: str) -> str:
    function = FEATURES.get(name)
    if function is not None:
        meaning = " ".join((function.__doc__ or "").split())
        code: Any = function
        return f"| `{name}` | {', '.join(code.__code__.co_varnames[: code.__code__.co_argcount])} | {meaning} |"
    meaning = "as it stands" if name in PLAIN else "a figure of the text" if name.startswith("text_") else "attribute"
    return f"| `{name}` | {name} | {meaning} |"


def _figures(head: str, tree: Mapping[str, Any]) -> str:
    title = f"### {head}: {_value(tree['n'])} sends, {_value(tree['positives'])} positives"
    lines = [f"| | {' | '.join(METRICS)} |", "|---" * (len(METRICS) + 1) + "|"]
    lines += [_line(name, figures) for name, figures in _by_name(tree)]
    return "\n".join([title, "", *lines])


def _by_name(tree: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "model", tree
    yield from tree["baselines"].items()


def _line(name: str, figures: Mapping[str, Any]) -> str:
    return f"| {name} | {' | '.join(_cell(figures.get(metric)) for metric in METRICS)} |"


def _cell(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure.get("value") is None:
        return "-"
    between = figure.get("interval")
    return f"{figure['value']:.4f}" + (f" ({between[0]:.4f} to {between[1]:.4f})" if between else "")


def _value(figure: Any) -> Any:
    return figure.get("value") if isinstance(figure, Mapping) else figure


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_plain(one)}" for name, one in value.items())
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _mark(passed: bool | None) -> str:  # noqa: FBT001 - the value itself is shown
    return "not judged" if passed is None else "passed" if passed else "failed"
