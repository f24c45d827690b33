"""How many pushes a user gets: over everything, of a category, of a kind, over a channel."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from pushrank.config.types import CapRule
from pushrank.domain.codes import ExclusionCode, Kind
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import DAY
from pushrank.domain.message import lineage
from pushrank.domain.record import Push
from pushrank.policy.ask import Ask, Eligible, Rows
from pushrank.policy.constraints.capping import Part, PartCap, RuleCap
from pushrank.policy.effective import Cap, effective_caps
from pushrank.policy.limits import Full, Limit, Subject, window_of

_WEEK = window_of("week")


def over_everything(rule: CapRule) -> bool:
    """Whether a rule speaks of all pushes."""
    return rule.category is None and rule.kind is None and rule.channel is None


class CalendarCap(RuleCap):
    """Removes what would be one push too many in the local window of its own `send_at`, whatever the channel.

    That cap is the user's, within the ceiling, else what suits the user, else the policy's. The policy's rules over
    everything join it.
    """

    binding = True
    window: str

    @abstractmethod
    def cap(self, ask: Ask) -> Cap:
        """Give the cap that holds for this user."""

    def about(self, rule: CapRule, subject: Subject) -> str | None:
        """Everything."""
        del rule, subject
        return "*"

    def limits(self, ask: Ask, subject: Subject) -> Sequence[Limit]:
        """Put the one cap that holds for this user before the rules."""
        rules, cap = super().limits(ask, subject), self.cap(ask)
        if cap.limit is None:
            return rules
        return [Limit(self.code, "", window_of(self.window), cap.limit, cap.decided_by), *rules]

    def least(self, ask: Ask) -> int | None:
        """Give the smallest of the cap and the rules."""
        known = [most for most in (self.cap(ask).limit, super().least(ask)) if most is not None]
        return min(known, default=None)


class CapDay(CalendarCap):
    """Removes what would be one push too many on a local calendar day, or in a shorter window."""

    code = ExclusionCode.CAP_DAY
    window = "day"

    def cap(self, ask: Ask) -> Cap:
        """Pushes per day."""
        return effective_caps(ask.record.preferences, ask.config, ask.frequency).day

    def speaks(self, rule: CapRule) -> bool:
        """Whether the window is at most a day."""
        return over_everything(rule) and window_of(rule.window).length <= DAY


class CapWeek(CalendarCap):
    """Removes what would be one push too many in a local ISO week, or in any window longer than a day."""

    code = ExclusionCode.CAP_WEEK
    window = "week"

    def cap(self, ask: Ask) -> Cap:
        """Pushes per week."""
        return effective_caps(ask.record.preferences, ask.config, ask.frequency).week

    def speaks(self, rule: CapRule) -> bool:
        """Whether the window is longer than a day."""
        return over_everything(rule) and window_of(rule.window).length > DAY


class CapCategory(PartCap):
    """Removes what would be one push too many of its category or of one of its parents.

    A limit of a category counts what lies below it too. `*` is each top-level category apart. The user's own limits are
    per local week, and join the policy's rules.
    """

    code = ExclusionCode.CAP_CATEGORY
    binding = True

    def named(self, rule: CapRule) -> str | None:
        """Give the category."""
        return rule.category

    def names(self, push: Push) -> Sequence[str]:
        """Give the category of a push and its parents."""
        return lineage(push.category)

    def about(self, rule: CapRule, subject: Subject) -> str | None:
        """Give the rule's category where `subject` is of it or below it."""
        parents = lineage(subject.category)
        if rule.category == "*":
            return parents[-1]
        return rule.category if rule.category in parents else None

    def parts(self, rows: Rows) -> set[Part]:
        """Tell categories apart."""
        return {(row.send_at, row.message.category, Kind.INFORM) for row in rows}

    def part(self, row: Eligible) -> Part:
        """Tell categories apart."""
        return row.send_at, row.message.category, Kind.INFORM

    def limits(self, ask: Ask, subject: Subject) -> Sequence[Limit]:
        """Put the user's own limits of the category and of its parents before the rules."""
        rules, said = super().limits(ask, subject), ask.record.preferences.category_caps
        if not said:
            return rules
        named = [name for name in lineage(subject.category) if name in said]
        return [*(Limit(self.code, name, _WEEK, said[name], "user") for name in named), *rules]

    def least(self, ask: Ask) -> int | None:
        """Give the smallest of the user's own limits and the rules."""
        known = [super().least(ask), *ask.record.preferences.category_caps.values()]
        return min((most for most in known if most is not None), default=None)

    def exclusion(self, message_id: str, by: Full) -> Exclusion:
        """Name the category whose limit is full, that of the message or a parent; and the limit that the user set."""
        told = Exclusion(message_id, self.code, by.until, about=by.limit.about)
        if by.limit.decided_by != "user":
            return told
        return replace(told, limit=by.limit.most, decided_by="user")


class CapKind(PartCap):
    """Removes what would be one push too many of its kind. `*` is each kind apart."""

    code = ExclusionCode.CAP_KIND

    def named(self, rule: CapRule) -> str | None:
        """Give the kind."""
        return rule.kind

    def names(self, push: Push) -> Sequence[str]:
        """Give the kind of a push."""
        return (push.kind.value,)

    def about(self, rule: CapRule, subject: Subject) -> str | None:
        """Give the kind of `subject` where the rule speaks of it."""
        return subject.kind.value if rule.kind in ("*", subject.kind) else None

    def parts(self, rows: Rows) -> set[Part]:
        """Tell kinds apart."""
        return {(row.send_at, "", row.message.kind) for row in rows}

    def part(self, row: Eligible) -> Part:
        """Tell kinds apart."""
        return row.send_at, "", row.message.kind


class CapChannel(PartCap):
    """Removes what would be one push too many over the channel of the request. `*` is each channel apart."""

    code = ExclusionCode.CAP_CHANNEL

    def named(self, rule: CapRule) -> str | None:
        """Give the channel."""
        return rule.channel

    def names(self, push: Push) -> Sequence[str]:
        """Give the channel of a push."""
        return (push.channel,)

    def about(self, rule: CapRule, subject: Subject) -> str | None:
        """Give the channel of `subject` where the rule speaks of it."""
        return subject.channel if rule.channel in ("*", subject.channel) else None
