from __future__ import annotations

from typing import Any

from pushrank.config import EvaluationConfig, load
from pushrank.config.home import shipped
from pushrank.config.types import GateRule
from pushrank.learning.gate import decide


def head(auc: float | None, log_loss: float, zeros: int = 0, **others: tuple[float, float]) -> dict[str, Any]:
    tree = figures(auc, log_loss)
    return {**tree, "zero_probabilities": zeros, "baselines": {name: figures(*pair) for name, pair in others.items()}}


def figures(auc: float | None, log_loss: float) -> dict[str, Any]:
    return {"auc": {"value": auc, "interval": None}, "log_loss": {"value": log_loss, "interval": [0.0, 1.0]}}


AUC = GateRule(head="click", metric="auc", against="user_rate", tolerance=0.005)
LOSS = GateRule(head="opt_out", metric="log_loss", against="constant", tolerance=0.0)


def test_a_model_at_least_as_good_passes() -> None:
    report = {"click": head(0.80, 0.2, user_rate=(0.80, 0.2)), "opt_out": head(0.6, 0.0100, constant=(0.5, 0.0101))}
    verdict = decide(report, [AUC, LOSS])
    assert verdict.passed
    assert verdict.reasons == ()


def test_a_model_within_the_tolerance_passes() -> None:
    assert decide({"click": head(0.796, 0.2, user_rate=(0.80, 0.2))}, [AUC]).passed


def test_a_worse_model_fails_and_the_reason_has_the_figures() -> None:
    verdict = decide({"click": head(0.70, 0.2, user_rate=(0.80, 0.2))}, [AUC])
    assert not verdict.passed
    assert verdict.reasons == ("click auc: model 0.7000, user_rate 0.8000, tolerance 0.005",)


def test_a_larger_loss_fails() -> None:
    report = {"click": head(0.8, 0.2), "opt_out": head(0.6, 0.0102, constant=(0.5, 0.0101))}
    assert not decide(report, [LOSS]).passed


def test_a_head_that_the_log_lacks_is_not_judged() -> None:
    verdict = decide({"click": head(0.80, 0.2, user_rate=(0.7, 0.2)), "opt_out": None}, [AUC, LOSS])
    assert verdict.passed
    assert [check.passed for check in verdict.checks] == [True, None, True, None]


def test_what_could_not_be_measured_fails() -> None:
    assert not decide({"click": head(None, 0.2, user_rate=(0.7, 0.2))}, [AUC]).passed
    assert not decide({"click": head(0.8, 0.2)}, [AUC]).passed


def test_a_probability_of_zero_fails() -> None:
    assert decide({"click": head(0.8, 0.2, zeros=3)}, []).reasons == ("click: probabilities of zero: 3, allowed 0",)


def test_nothing_judged_is_no_pass() -> None:
    assert not decide({}, [AUC]).passed


def test_the_shipped_rules_speak_of_what_reports_hold() -> None:
    for rule in load(shipped("evaluation", "gate"), EvaluationConfig).gate:
        assert rule.metric in {"auc", "log_loss", "normalized_entropy", "expected_calibration_error"}
        assert rule.against in {"constant", "user_rate", "message_rate", "logistic"}
