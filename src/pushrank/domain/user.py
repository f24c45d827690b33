"""What is known of a user and what the user chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pushrank.domain.codes import Purpose, QuietAction
from pushrank.domain.instants import Instant
from pushrank.domain.message import Attribute, lineage

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
