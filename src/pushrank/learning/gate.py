"""The first gate: which figures of a report a model must reach before it may be served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pushrank.config.types import GateRule

LOWER_IS_BETTER = frozenset({"log_loss", "normalized_entropy", "expected_calibration_error"})


@dataclass(frozen=True, slots=True)
class Check:
    """One rule with what it saw; `passed` None where the log has no such head."""

    sentence: str
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a model may be promoted, and every check behind it."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """No check failed, and at least one was made."""
        made = [check.passed for check in self.checks if check.passed is not None]
        return bool(made) and all(made)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences of the checks that failed."""
        return tuple(check.sentence for check in self.checks if check.passed is False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        checks = [asdict(check) for check in self.checks]
        return {"passed": self.passed, "reasons": list(self.reasons), "checks": checks}


def decide(report: Mapping[str, Any], rules: Sequence[GateRule]) -> Verdict:
    """Judge the tree of `report.json` by the rules. A figure that could not be measured fails its rule."""
    zeros = [_no_zeros(report, head) for head in ("click", "opt_out")]
    return Verdict((*zeros, *(_judged(report, rule) for rule in rules)))


def _no_zeros(report: Mapping[str, Any], head: str) -> Check:
    tree = report.get(head)
    if tree is None:
        return Check(f"{head}: no such head in this log", None)
    zeros = int(tree["zero_probabilities"])
    return Check(f"{head}: probabilities of zero: {zeros}, allowed 0", zeros == 0)


def _judged(report: Mapping[str, Any], rule: GateRule) -> Check:
    tree = report.get(rule.head)
    if tree is None:
        return Check(f"{rule.head}: no such head in this log", None)
    model, other = _figure(tree, rule.metric), _figure(tree["baselines"].get(rule.against, {}), rule.metric)
    what = f"{rule.head} {rule.metric}: model {_shown(model)}, {rule.against} {_shown(other)}"
    sentence = f"{what}, tolerance {rule.tolerance:g}"
    if model is None or other is None:
        return Check(f"{sentence}: could not be measured", passed=False)
    behind = model - other if rule.metric in LOWER_IS_BETTER else other - model
    return Check(sentence, behind <= rule.tolerance)


def _figure(tree: Mapping[str, Any], metric: str) -> float | None:
    found = tree.get(metric)
    value = found.get("value") if isinstance(found, Mapping) else found
    return None if value is None else float(value)


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"
