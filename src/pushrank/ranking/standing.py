"""What is known of the user who is asked about, as far as it may be known."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from pushrank.domain.decision import Frequency
from pushrank.domain.instants import Instant
from pushrank.domain.permission import Cohort
from pushrank.domain.record import UserRecord
from pushrank.domain.user import UserFacts
from pushrank.features.state import UserState, decode_state, empty_state
from pushrank.features.usage import usage_of
from pushrank.policy import Policy, frequency_of, starved
from pushrank.ranking.served import Served


class Standing(NamedTuple):
    """A user as scores and rules may see them. Who may not be profiled is somebody of whom nothing is known.

    `frequency` is what suits the user by the model, and `bonus` what a message is worth more because the user has heard
    nothing for long.
    """

    personal: bool
    state: UserState
    facts: UserFacts
    cohort: Cohort
    frequency: Frequency | None
    bonus: float


def standing_of(served: Served, policy: Policy, record: UserRecord, as_of: Instant) -> Standing:
    """Bring together what is known of a user at `as_of`."""
    pooled = served.permission.pooled
    if served.degraded or not record.profiled:
        return Standing(False, empty_state(), UserFacts(), pooled, None, 0.0)  # noqa: FBT003 - its name is there
    state, config = decode_state(record.state), policy.config
    usage = usage_of(state, as_of)
    cohort = _worth(served.permission.cohort(usage.activity, usage.click_rate), config.permission_value)
    suits = frequency_of(config, served.permission.levels, cohort, record, usage, as_of)
    touch = config.keep_in_touch
    bonus = touch.bonus if touch is not None and starved(touch, record, state, as_of) else 0.0
    return Standing(True, state, record.facts, cohort, suits, bonus)  # noqa: FBT003 - its name is there


def _worth(cohort: Cohort, value: float | None) -> Cohort:
    """Put the policy's V(permission), where it names one, in place of the cohort's."""
    return cohort if value is None else msgspec.structs.replace(cohort, value=value)
