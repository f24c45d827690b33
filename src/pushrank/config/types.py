"""One frozen type for each folder of `configs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import msgspec

from pushrank.domain.codes import Purpose, QuietAction

Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
AtLeastOne: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
ClockTime: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Window: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^(day|week|[1-9]\d{0,4}[mhd])$")]
Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True, slots=True)
class Category:
    """One node of the category tree."""

    title: Mapping[str, str]
    purpose: Purpose = Purpose.RECOMMENDATION
    default: bool = True


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Wall-clock window from `start` to `end`; `days` name the days on which it starts."""

    start: ClockTime
    end: ClockTime
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class UserCeiling:
    """How far above the defaults a user may go by choice."""

    max_per_day: Count
    max_per_week: Count


@dataclass(frozen=True, slots=True)
class CapRule:
    """At most `limit` pushes in each `window`, over everything or over one category, kind or channel.

    `window`: `day` and `week` are calendar ones in the user's zone; `90m`, `24h` and `7d` roll. `category` counts what
    lies below it too; `*` is each top-level category, each channel, each kind apart.
    """

    limit: Count
    window: Window
    category: str | None = None
    kind: Literal["inform", "offer", "survey", "greeting", "story", "service", "*"] | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class RampStep:
    """Until `days` after the user came, at most `max_per_day` pushes a local day."""

    days: AtLeastOne
    max_per_day: Count


@dataclass(frozen=True, slots=True)
class RampUp:
    """A gentle start for who is new, or is back after `returning_after_days` without a sign of life."""

    returning_after_days: AtLeastOne
    steps: tuple[RampStep, ...]


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Texts of at least this `similarity` (0 to 1) are one content for `days` after a push."""

    similarity: Share
    days: Positive


@dataclass(frozen=True, slots=True)
class SeenElsewhere:
    """Activities of these `kinds` mean that the user saw the items, which then are no news for `days`."""

    kinds: tuple[str, ...]
    days: Positive


@dataclass(frozen=True, slots=True)
class Variety:
    """How much less the next push of one category, or with one tag, is worth; halves in `half_life_hours`.

    `category` and `tag` are shares of the message's worth, for a push sent right after one of its like.
    """

    category: Share
    tag: Share
    half_life_hours: Positive


@dataclass(frozen=True, slots=True)
class Adaptive:
    """Between which bounds the personal cap may lie: pushes per local ISO week, and per local day.

    `too_often_days`: how long it takes until a user's "too often" counts no more.
    """

    least_per_week: AtLeastOne
    most_per_week: AtLeastOne
    most_per_day: AtLeastOne
    too_often_days: Positive


@dataclass(frozen=True, slots=True)
class Hours:
    """A message may wait for a better hour, at most `ahead_hours`.

    Hours are weighed for the `shortlist` best messages of each place of a slate; all others go as soon as they may.
    """

    ahead_hours: AtLeastOne
    shortlist: AtLeastOne


@dataclass(frozen=True, slots=True)
class Exploration:
    """In `share` of choices chance decides among the best, silence included.

    Only what is worth at most `loss` ordinary clicks less than the best takes part, and at most `among` choices.
    """

    share: Share
    loss: Positive
    among: AtLeastOne


@dataclass(frozen=True, slots=True)
class KeepInTouch:
    """A user without a push for `after_days` is starved: the first message is worth `bonus` ordinary clicks more."""

    after_days: Positive
    bonus: Positive


@dataclass(frozen=True, slots=True)
class Minors:
    """What protects a minor whatever anybody chose: no profile, no marketing, nothing in the night of their zone."""

    night_start: ClockTime
    night_end: ClockTime


@dataclass(frozen=True, slots=True)
class PurposeSpec:
    """What a consent is for, as an app shows it before it asks. Who agreed to another `version` has not agreed.

    `title` and `text` by language.
    """

    version: str
    title: Mapping[str, str]
    text: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """What may be sent at all, and what a push must be worth. Order of `constraints` is the order of checking."""

    version: str
    constraints: tuple[str, ...]
    max_per_day: Count | None
    max_per_week: Count | None
    user_ceiling: UserCeiling
    quiet_hours: tuple[QuietHours, ...]
    in_quiet_hours: QuietAction
    default_timezone: str | None
    default_consents: Mapping[Purpose, bool]
    value_floor: float
    permission_value: Positive | None
    repeat_after_days: Positive | None
    caps: tuple[CapRule, ...] = ()
    min_gap_minutes: Positive | None = None
    ramp_up: RampUp | None = None
    near_duplicate: NearDuplicate | None = None
    seen_elsewhere: SeenElsewhere | None = None
    variety: Variety | None = None
    adaptive: Adaptive | None = None
    hours: Hours | None = None
    exploration: Exploration | None = None
    keep_in_touch: KeepInTouch | None = None
    minors: Minors | None = None
    service_passes: tuple[str, ...] = ()
    hold_minutes: Positive = 5.0
    consider: AtLeastOne = 500
    certificate: Literal["report", "required"] = "report"


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """An attribute of a log that becomes a feature. A `label` is coded by its place in the training vocabulary."""

    of: Literal["user", "message"]
    name: str
    kind: Literal["number", "label"]


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """LightGBM settings of one head. `leaf_positives` is the least expected number of positives in a leaf."""

    rounds: AtLeastOne
    leaves: AtLeastOne
    learning_rate: Positive
    min_leaf_rows: AtLeastOne
    leaf_positives: Count
    l2: Annotated[float, msgspec.Meta(ge=0)]
    feature_share: Share
    row_share: Share
    early_stopping: AtLeastOne


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How a log becomes a model. Windows in hours, parts as shares of the sends in time order.

    With `refit` the forests that are served are fitted anew to the whole log once the earlier ones have been judged.
    """

    click_window_hours: Positive
    opt_out_window_hours: Positive
    calibration_share: Share
    evaluation_share: Share
    seed: int
    text_dimensions: AtLeastOne
    text_buckets: AtLeastOne
    rows_per_part: AtLeastOne
    click: HeadConfig
    opt_out: HeadConfig
    permission_discount_days: Positive
    default_timezone: str = "UTC"
    refit: bool = True
    attributes: tuple[AttributeSpec, ...] = ()
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateRule:
    """A metric of `report.json` that must reach another one: `model >= baseline - tolerance` (or `<=` for losses)."""

    head: Literal["click", "opt_out"]
    metric: str
    against: str
    tolerance: Annotated[float, msgspec.Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """What is measured, and what a model must reach before it may be served."""

    bootstrap_rounds: AtLeastOne
    calibration_bins: AtLeastOne
    seed: int
    gate: tuple[GateRule, ...]
