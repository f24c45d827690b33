"""The rehearsal before the first request goes the whole way, whatever the policy."""

from __future__ import annotations

import pytest

from pushrank.config.home import configs_root
from pushrank.policy import Policy
from pushrank.ranking.served import Served
from pushrank.scoring.fallback import without_model
from pushrank.service.rehearsal import rehearse
from tests.small_policies import shipped_categories, shipped_config

POLICIES = sorted(
    path.stem for path in (configs_root() / "policy").glob("*.yaml") if path.stem not in ("categories", "purposes")
)


@pytest.mark.parametrize("name", POLICIES)
def test_the_made_up_message_is_scored(name: str) -> None:
    decision = rehearse(Policy.of(shipped_config(name), shipped_categories()), Served.of(without_model()))
    assert len(decision.slate) + len(decision.passed_over) == 1
