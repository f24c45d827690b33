"""A request for a ranking and the decision that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec

from pushrank.domain.codes import ExclusionCode, Mode, PassedCode, SilenceCode
from pushrank.domain.instants import Instant
from pushrank.domain.message import Attribute, Candidate

DecidedBy: TypeAlias = Literal["user", "ceiling", "adaptive", "policy"]
"""Whose word a cap is: the user's, that of the ceiling above what users may ask for, the model's, the policy's."""


@dataclass(frozen=True, slots=True)
class RankingRequest:
    """Which of these messages, if any, should this user get. `candidates` None means every live message."""

    user_id: str
    as_of: Instant
    candidates: tuple[Candidate, ...] | None = None
    slots: int = 1
    channel: str = "push"
    mode: Mode = Mode.HOLD
    context: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A candidate that a constraint removed, and the moment at which the reason ends where there is one.

    Only for the words: `about` is the category of which a reason speaks, `limit` the pushes that a full cap over
    everything, or one that the user set for a category, allows, and `decided_by` whose word that cap is.
    """

    message_id: str
    code: ExclusionCode
    until: Instant | None = None
    about: str | None = field(default=None, compare=False)
    limit: int | None = field(default=None, compare=False)
    decided_by: DecidedBy | None = field(default=None, compare=False)


class Scored(msgspec.Struct, frozen=True, gc=False):
    """A candidate with its calibrated probabilities and its net value in ordinary clicks.

    A struct, since a request makes hundreds of them: it is made and encoded in a fraction of a dataclass's time.
    """

    message_id: str
    p_click: float
    p_opt_out: float
    net_value: float


class Passed(msgspec.Struct, frozen=True, gc=False):
    """A candidate that was allowed and not chosen, scored like `Scored`, and why."""

    message_id: str
    p_click: float
    p_opt_out: float
    net_value: float
    code: PassedCode


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a message was chosen: a code and the tag or category it speaks of."""

    code: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """One message of the slate. `rank` starts at 1; `hold_expires_at` is None for a look."""

    scored: Scored
    rank: int
    send_at: Instant
    propensity: float
    hold_expires_at: Instant | None = None
    event_key: str | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Frequency:
    """How many pushes one user may get now, whose word that is, and the figures that say what suits.

    `per_day` and `per_week` are caps over local calendar days and ISO weeks, decided by `decided_by` and
    `week_decided_by`. They are None where nothing limits them, and in what the model says also where it can't tell.
    `activity`: signs of life a day over about a month; `opened`: share of recent pushes that were clicked or opened;
    `risk`: how much one more push a week would add to the chance of an opt-out in that week; `too_often`: how much such
    words of the user weigh still, each 1 when it was said; `price`: what one more push now takes from the others of the
    week, in ordinary clicks, which is what silence is worth.
    """

    per_day: int | None
    per_week: int | None
    activity: float
    opened: float
    risk: float
    too_often: float
    decided_by: DecidedBy = "adaptive"
    week_decided_by: DecidedBy = "adaptive"
    price: float = 0.0


@dataclass(frozen=True, slots=True)
class Versions:
    """What made a decision; None where there is none."""

    model: str | None
    policy: str
    features: str | None
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer of the ranker with everything it considered: every candidate is in exactly one of three lists.

    `frequency` says what held for this user, None where the policy has no adaptive caps or nobody may be known.
    `bonus` is what the first message was worth more because the user had heard nothing for long; 0 for everybody else.
    `permission_value` is V(permission) in ordinary clicks, as the net values have it; None in decisions of before.
    """

    decision_id: str
    user_id: str
    decided_at: Instant
    mode: Mode
    slots: int
    zone: str | None
    slate: tuple[Chosen, ...]
    passed_over: tuple[Passed, ...]
    excluded: tuple[Exclusion, ...]
    silence: SilenceCode | None
    propensity: float
    versions: Versions
    degraded: bool = False
    not_considered: int = 0
    frequency: Frequency | None = None
    bonus: float = 0.0
    permission_value: float | None = None
