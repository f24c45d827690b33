"""The model card: what a model is for, what it reads, how well it does and where it ends, for people who decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pushrank.features.definitions import FEATURES, PLAIN
from pushrank.learning.gate import Verdict

METRICS = (
    "auc",
    "auc_within_user",
    "average_precision",
    "log_loss",
    "normalized_entropy",
    "expected_calibration_error",
)
BEGIN, END = "<!-- features: begin -->", "<!-- features: end -->"


def render_card(facts: Mapping[str, Any], report: Mapping[str, Any], verdict: Verdict, names: Sequence[str]) -> str:
    """Write the card of one run as Markdown. `facts` are those of the bundle, `report` is the tree of report.json."""
    parts = [
        "# push_ranker: card of one version",
        "Two calibrated probabilities of a push: that this user clicks it, and that it ends the channel.",
        "## Made from",
        "\n".join(f"- {name.replace('_', ' ')}: {_plain(value)}" for name, value in facts.items()),
        "## How well, on the last part of the log",
        *(_figures(head, report[head]) for head in ("click", "opt_out") if report.get(head)),
        f"## Verdict: {'passed' if verdict.passed else 'failed'}",
        "\n".join(f"- {_mark(check.passed)}: {check.sentence}" for check in verdict.checks),
        "## Limits",
        _LIMITS,
        "## Features",
        feature_table(names),
    ]
    return "\n\n".join(parts) + "\n"


def feature_table(names: Sequence[str]) -> str:
    """Name, raw columns and meaning of each feature, as a Markdown table."""
    return "\n".join(["| feature | reads | meaning |", "|---|---|---|", *(_row(name) for name in names)])


def with_table(card: str, names: Sequence[str]) -> str:
    """Give a card whose table between the two marks is that of `names`."""
    before, _, rest = card.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{feature_table(names)}\n\n{END}{rest.partition(END)[2]}"


_LIMITS = """- It learned from what one sender sent to whom; of others it knows little.
- A probability is about the push that would be sent now, not about whether the push caused what follows.
- Opt-outs are rare: look at the number of positives before believing a difference.
- It reads no names, ids, addresses or texts of users. It must not be used to judge people."""


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
