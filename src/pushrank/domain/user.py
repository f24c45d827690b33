"""What is known of a user and what the user chose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pushrank.domain.codes import Purpose, QuietAction
from pushrank.domain.instants import Instant
from pushrank.domain.message import Attribute, lineage

ADULT_YEARS = 18
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class QuietWindow:
    """A wall-clock window `[start, end)` in minutes after midnight; it wraps when `end <= start`.

    `days` (0 is Monday) name the days on which the window starts.
    """

    start: int
    end: int
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Consent:
    """The last word of a user about one purpose."""

    granted: bool
    policy_version: str | None = None
    at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the user set; None and empty mean that the user has said nothing.

    `category_caps`: at most so many pushes a week of a category and what lies below it. `tags`: False for an interest
    that must not be used.
    """

    push: bool = True
    muted_until: Instant | None = None
    categories: Mapping[str, bool] = field(default_factory=dict)
    max_per_day: int | None = None
    max_per_week: int | None = None
    quiet_hours: tuple[QuietWindow, ...] | None = None
    in_quiet_hours: QuietAction | None = None
    timezone: str | None = None
    language: str | None = None
    personalisation: bool = True
    consents: Mapping[Purpose, Consent] = field(default_factory=dict)
    objected: bool = False
    category_caps: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, bool] = field(default_factory=dict)
    version: int = 0

    def wants(self, category: str) -> bool:
        """Whether the most specific entry about `category` allows it."""
        for name in (*lineage(category), "*"):
            if name in self.categories:
                return self.categories[name]
        return True


@dataclass(frozen=True, slots=True)
class UserFacts:
    """What backends and logs tell about a user, apart from behaviour and from what the user chose."""

    timezone: str | None = None
    language: str | None = None
    country: str | None = None
    birthday: str | None = None
    age_band: str | None = None
    minor: bool | None = None
    registered_at: Instant | None = None
    tier: str | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    @property
    def is_minor(self) -> bool:
        """Whether anything says that the user is under 18: a report that they are a minor, or their age band."""
        return self.minor is True or (self.age_band is not None and _below_age(self.age_band))


_BAND = re.compile(r"(?P<edge>under|below|<)?[ _-]*(?P<from>[0-9]{1,3})([ _]*([-–]|to)[ _]*(?P<to>[0-9]{1,3}))?")  # noqa: RUF001


@lru_cache(maxsize=256)
def _below_age(band: str) -> bool:
    """Whether an age band such as `13-17`, `<18`, `under 16` or `15` ends below 18."""
    found = _BAND.fullmatch(band.strip().lower())
    if found is None:
        return False
    oldest = int(found["to"] or found["from"])
    return oldest <= ADULT_YEARS if found["edge"] and not found["to"] else oldest < ADULT_YEARS
