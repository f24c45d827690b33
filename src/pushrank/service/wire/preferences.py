"""What a user chose."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from pushrank.domain.codes import Purpose, QuietAction
from pushrank.service.wire.values import Answer, Body, CategoryName, ClockTime, Time, Word

Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Cap: TypeAlias = Annotated[int, Meta(ge=0, le=10_000)]
Node: TypeAlias = Literal["*"] | CategoryName


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
    consents: dict[Purpose, ConsentBody | None] | UnsetType | None = UNSET
    objected: bool | UnsetType | None = UNSET


class ConsentAnswer(Answer, frozen=True):
    """The last word of the user about one purpose."""

    granted: bool
    policy_version: str | None
    at: str | None


class EffectiveAnswer(Answer, frozen=True):
    """The daily cap that binds, and who set it: the `user`, the user's `ceiling`, or the `policy`."""

    max_per_day: int | None
    decided_by: Literal["user", "ceiling", "policy"]


class PreferencesAnswer(Answer, frozen=True):
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
    effective: EffectiveAnswer
    version: int
