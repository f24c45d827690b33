"""One policy, ready to decide: its constraints in their declared order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from pushrank.config.types import Category, PolicyConfig, PurposeSpec
from pushrank.domain.codes import ExclusionCode, HoldState, Purpose
from pushrank.domain.decision import Exclusion, Frequency
from pushrank.domain.instants import DAY, HOUR, MINUTE, Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Push, UserRecord
from pushrank.policy.ask import NO_VERSIONS, Ask, Constraint, Eligible, Rows, Unlisted
from pushrank.policy.calendar import readable
from pushrank.policy.categories import CategoryTree
from pushrank.policy.constraints import CONSTRAINTS
from pushrank.policy.contradictions import refuse_contradictions
from pushrank.policy.limits import window_of
from pushrank.policy.moments import last_hour, last_moment
from pushrank.policy.variety import HALF_LIVES

_LEAST_LOOK_BACK = 9 * DAY  # a calendar week, a day that a change of zone may add, and one for a clock that errs


class Circumstances(TypedDict, total=False):
    """What an ask may say beside who and when; see `Ask`."""

    now_only: bool
    channel: str
    twins: Mapping[str, frozenset[str]]
    personal: bool
    frequency: Frequency | None
    bonus: float


@dataclass(frozen=True, slots=True)
class Policy:
    """A checked configuration, the category tree, and the constraints in the order in which they are asked.

    `versions` are the purposes' current ones: a yes to another one does not count. Without them none is compared.
    """

    config: PolicyConfig
    tree: CategoryTree
    constraints: tuple[Constraint, ...]
    versions: Mapping[Purpose, str] = field(default_factory=lambda: NO_VERSIONS)

    @classmethod
    def of(
        cls,
        config: PolicyConfig,
        categories: Mapping[str, Category],
        purposes: Mapping[Purpose, PurposeSpec] | None = None,
    ) -> Policy:
        """Build a policy; one that contradicts itself raises ConfigError with the key, expected and got."""
        refuse_contradictions(config, categories)
        constraints = tuple(CONSTRAINTS[name] for name in config.constraints)
        versions = {purpose: spec.version for purpose, spec in (purposes or {}).items()}
        return cls(config, CategoryTree(categories), constraints, versions)

    def ask(self, record: UserRecord, as_of: Instant, zone: str | None, **circumstances: Unpack[Circumstances]) -> Ask:
        """Put the question about one user at one moment. A zone that can't be read counts as none."""
        known = zone if zone is not None and readable(zone) else None
        return Ask(record, as_of, known, self.config, self.tree, versions=self.versions, **circumstances)

    @property
    def look_back(self) -> Instant:
        """How far back, in microseconds, a push may lie and still matter to a rule, apart from its content key."""
        config = self.config
        windows = [window_of(rule.window).length for rule in config.caps]
        gap = int((config.min_gap_minutes or 0) * MINUTE)
        texts = 0 if config.near_duplicate is None else int(config.near_duplicate.days * DAY)
        variety = 0 if config.variety is None else int(HALF_LIVES * config.variety.half_life_hours * HOUR)
        return max(_LEAST_LOOK_BACK, gap, texts, variety, *windows)


def exclude(
    policy: Policy,
    record: UserRecord,
    candidates: Sequence[tuple[str, Message | None]],
    as_of: Instant,
    zone: str | None,
    **circumstances: Unpack[Circumstances],
) -> tuple[list[Eligible], list[Exclusion]]:
    """Divide candidates (id, and what the catalogue holds under it) into those that may be sent and the rest.

    Both lists keep the order of `candidates`; each candidate is in exactly one of them, once. With `now_only`
    nothing is put off: what quiet hours would defer is excluded. Else, where the policy has `hours`, the gap after
    another push puts off as quiet hours do.
    """
    rows: Rows = [Eligible(Unlisted(name) if message is None else message, as_of) for name, message in candidates]
    ask = policy.ask(record, as_of, zone, **circumstances)
    divided = divide(policy.constraints, ask, rows)
    kept, out = _past_the_gap(policy, ask, rows, *divided)
    place = {name: at for at, (name, _) in enumerate(candidates)}
    if len(out) > 1:
        out.sort(key=lambda exclusion: place[exclusion.message_id])
    if out != divided[1]:
        kept.sort(key=lambda row: place[row.message.message_id])
    return kept, out


def divide(constraints: Sequence[Constraint], ask: Ask, rows: Rows) -> tuple[Rows, list[Exclusion]]:
    """Ask each constraint about what the ones before it kept."""
    out: list[Exclusion] = []
    for constraint in constraints:
        rows, removed = constraint.check(ask, rows)
        out.extend(removed)
        if not rows:
            break
    return rows, out


def _past_the_gap(
    policy: Policy, ask: Ask, rows: Rows, kept: Rows, out: list[Exclusion]
) -> tuple[list[Eligible], list[Exclusion]]:
    """Ask about what only the gap forbids once more, as of the end of the gap, where a message may wait until then."""
    last, allowed = last_hour(ask), list(kept)
    while last is not None:
        ends = {one.message_id: one.until for one in out if one.code is ExclusionCode.MIN_GAP}
        waiting = [
            Eligible(row.message, end)
            for row in rows
            if (end := ends.get(row.message.message_id)) is not None and end <= min(last, last_moment(ask, row.message))
        ]
        if not waiting:
            break
        more, still = divide(policy.constraints, ask, waiting)
        asked = {row.message.message_id for row in waiting}
        allowed.extend(more)
        out = [*(one for one in out if one.message_id not in asked), *still]
    return allowed, out


def hold_of(config: PolicyConfig, row: Eligible, decision_id: str, push_id: str, channel: str = "push") -> Push:
    """Reserve a place for a candidate: it counts in the window of its `send_at` until `hold_minutes` after that."""
    message = row.message
    return Push(
        push_id=push_id,
        content_key=message.content_key,
        message_id=message.message_id,
        category=message.category,
        kind=message.kind,
        state=HoldState.HELD,
        at=row.send_at,
        decision_id=decision_id,
        expires_at=hold_expires_at(config, row.send_at),
        channel=channel,
        tags=message.tags,
    )


def hold_expires_at(config: PolicyConfig, send_at: Instant) -> Instant:
    """When a hold for `send_at` gives its place back."""
    return send_at + int(config.hold_minutes * MINUTE)
