"""What a user chose."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from pushrank.domain.codes import Purpose, QuietAction
from pushrank.domain.decision import DecidedBy
from pushrank.service.wire.values import Answer, Body, CategoryName, ClockTime, Time, Word

Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Cap: TypeAlias = Annotated[int, Meta(ge=0, le=10_000)]
Node: TypeAlias = Literal["*"] | CategoryName
_PURPOSES = Meta(extra_json_schema={"propertyNames": {"enum": [purpose.value for purpose in Purpose]}})


class WindowBody(Body, frozen=True, rename={"start": "from", "end": "to"}):
    """Quiet hours by the user's wall clock; `days` name the days on which the window starts."""

    start: ClockTime
    end: ClockTime
    days: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)] = (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
    )


class ConsentBody(Body, frozen=True):
    """A yes or no for one purpose."""

    granted: bool
    policy_version: Word | None = None
    at: Time | None = None


class PreferencesBody(Body, frozen=True):
    """A merge patch (RFC 7396): what is left out stays, null takes the choice back."""

    push: bool | UnsetType | None = UNSET
    muted_until: Time | UnsetType | None = UNSET
    categories: Annotated[dict[str, bool | None], Meta(max_length=1000)] | UnsetType | None = UNSET
    max_per_day: Cap | UnsetType | None = UNSET
    max_per_week: Cap | UnsetType | None = UNSET
    quiet_hours: Annotated[tuple[WindowBody, ...], Meta(max_length=50)] | UnsetType | None = UNSET
    in_quiet_hours: QuietAction | UnsetType | None = UNSET
    timezone: Word | UnsetType | None = UNSET
    language: Word | UnsetType | None = UNSET
    personalisation: bool | UnsetType | None = UNSET
    consents: Annotated[dict[Purpose, ConsentBody | None], _PURPOSES] | UnsetType | None = UNSET
    objected: bool | UnsetType | None = UNSET
    category_caps: Annotated[dict[str, Cap | None], Meta(max_length=1000)] | UnsetType | None = UNSET
    tags: Annotated[dict[str, bool | None], Meta(max_length=200)] | UnsetType | None = UNSET


class ConsentAnswer(Answer, frozen=True):
    """The last word of the user about one purpose."""

    granted: bool
    policy_version: str | None
    at: str | None


class FiguresAnswer(Answer, frozen=True):
    """By what the model decides how many pushes suit this user.

    `activity`: signs of life a day over about a month; `opened`: share of the last 30 pushes that were clicked or
    opened (as if one of ten more had been); `risk`: what one more push a week would add to the chance of an opt-out in
    that week; `too_often`: the weight of such words, each 1 when it is said; `price`: what one more push now takes from
    the others of the week, in ordinary clicks: less than that is not worth a push.
    """

    activity: float
    opened: float
    risk: float
    too_often: float
    price: float


class EffectiveAnswer(Answer, frozen=True):
    """The caps that bind now; null is no limit.

    Each is decided by the `user`, the user's `ceiling`, the model (`adaptive`), or the `policy`; `decided_by` is that
    of the day. `figures` is null where the policy has no adaptive caps, or nobody may be known.
    """

    max_per_day: int | None
    max_per_week: int | None
    decided_by: DecidedBy
    week_decided_by: DecidedBy
    figures: FiguresAnswer | None


class ChosenAnswer(Answer, frozen=True):
    """What the user chose; null where nothing was said."""

    push: bool
    muted_until: str | None
    categories: dict[str, bool]
    max_per_day: int | None
    max_per_week: int | None
    quiet_hours: tuple[WindowBody, ...] | None
    in_quiet_hours: QuietAction | None
    timezone: str | None
    language: str | None
    personalisation: bool
    consents: dict[Purpose, ConsentAnswer]
    objected: bool
    category_caps: dict[str, int]
    tags: dict[str, bool]
    version: int


class PreferencesAnswer(ChosenAnswer, frozen=True):
    """What the user chose, and what follows from it now."""

    effective: EffectiveAnswer
