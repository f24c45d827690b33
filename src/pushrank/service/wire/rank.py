"""A ranking, and what is done with its decision."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from pushrank.domain.codes import ExclusionCode, Mode, PassedCode, SilenceCode
from pushrank.domain.decision import DecidedBy
from pushrank.service.wire.values import Answer, Attributes, Body, Id, Time, Worth

MAX_CANDIDATES = 500
MAX_SLOTS = 20


class CandidateBody(Body, frozen=True):
    """A message of the catalogue, filled in for this user."""

    message_id: Id
    event_key: Id | None = None
    items: Annotated[tuple[Id, ...], Meta(max_length=100)] = ()
    worth: Worth | None = None


class RankBody(Body, frozen=True):
    """Which of these messages, if any, should this user get. Without `candidates`: every live message."""

    user_id: Id
    candidates: Annotated[tuple[Id | CandidateBody, ...], Meta(max_length=MAX_CANDIDATES)] | None = None
    slots: Annotated[int, Meta(ge=1, le=MAX_SLOTS)] = 1
    channel: Id = "push"
    mode: Mode = Mode.HOLD
    context: Attributes = msgspec.field(default_factory=dict)
    at: Annotated[Time, Meta(description="Honoured only where the configuration says `clock: request`.")] | None = None


class ReasonAnswer(Answer, frozen=True):
    """Why a message was chosen, as a code and in the user's language."""

    code: str
    tag: str | None
    text: str


class ChosenAnswer(Answer, frozen=True):
    """One message of the slate. `net_value` counts ordinary clicks."""

    message_id: str
    event_key: str | None
    rank: int
    p_click: float
    p_opt_out: float
    net_value: float
    send_at: str
    hold_expires_at: str | None
    propensity: float
    reasons: tuple[ReasonAnswer, ...]


class PassedAnswer(Answer, frozen=True):
    """A candidate that was allowed and not chosen, and why, as a code and in the user's language."""

    message_id: str
    p_click: float
    p_opt_out: float
    net_value: float
    code: PassedCode
    text: str


class ExcludedAnswer(Answer, frozen=True):
    """A candidate that a constraint removed, why, and when the reason ends where it does.

    `text` says so in the user's language and by the user's clock.
    """

    message_id: str
    code: ExclusionCode
    until: str | None
    text: str


class VersionsAnswer(Answer, frozen=True):
    """What made the decision."""

    model: str | None
    policy: str
    features: str | None
    certificate: str | None


class FrequencyAnswer(Answer, frozen=True):
    """How many pushes this user could get at most, and the figures that say what suits; null is no limit.

    `decided_by` says whose word `per_day` is, and `week_decided_by` that of `per_week`. The figures are those of
    `effective` in the preferences.
    """

    per_day: int | None
    per_week: int | None
    activity: float
    opened: float
    risk: float
    too_often: float
    decided_by: DecidedBy
    week_decided_by: DecidedBy
    price: float


class DecisionAnswer(Answer, frozen=True):
    """A decision with everything it considered: every candidate is in exactly one of the three lists."""

    decision_id: str
    user_id: str
    decided_at: str
    mode: Mode
    degraded: bool
    propensity: float
    slate: tuple[ChosenAnswer, ...]
    passed_over: tuple[PassedAnswer, ...]
    excluded: tuple[ExcludedAnswer, ...]
    silence: SilenceCode | None
    not_considered: int
    frequency: FrequencyAnswer | None
    bonus: Annotated[
        float, Meta(description="What the first message was worth more because the user had heard nothing for long.")
    ]
    permission_value: Annotated[
        float | None, Meta(description="V(permission) of this user in ordinary clicks, as the net values have it.")
    ]
    versions: VersionsAnswer


class SlateBody(Body, frozen=True):
    """Which messages of a decision are meant; without `message_ids` the whole slate."""

    message_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MAX_SLOTS)] | msgspec.UnsetType = msgspec.UNSET
    at: Annotated[Time, Meta(description="Honoured only where the configuration says `clock: request`.")] | None = None


class StopAnswer(Answer, frozen=True):
    """A message that must not be sent, and why, as a code and in the user's language."""

    message_id: str
    code: str
    until: str | None
    text: str


class ConfirmAnswer(Answer, frozen=True):
    """What may be handed to the push provider now, and what may not."""

    send: tuple[str, ...]
    stop: tuple[StopAnswer, ...]


class ReleaseAnswer(Answer, frozen=True):
    """The messages whose budget was given back."""

    released: tuple[str, ...]
