"""What a constraint is asked: a user at a moment, and the candidates that are still in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, NamedTuple, TypeAlias

from pushrank.config.types import PolicyConfig
from pushrank.domain.codes import ExclusionCode, Kind, Purpose
from pushrank.domain.decision import Exclusion, Frequency
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Push, UserRecord
from pushrank.policy.categories import CategoryTree


class Eligible(NamedTuple):
    """A candidate that no constraint has removed, and the moment at which it may go."""

    message: Message
    send_at: Instant


NO_TWINS: Mapping[str, frozenset[str]] = MappingProxyType({})
NO_VERSIONS: Mapping[Purpose, str] = MappingProxyType({})
Rows: TypeAlias = Sequence[Eligible]
Checked: TypeAlias = tuple[Rows, Sequence[Exclusion]]


@dataclass(frozen=True, slots=True)
class Unlisted(Message):
    """Stands for a candidate id that the catalogue doesn't hold, until `unknown_message` removes it."""

    category: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One user at one moment, under one policy.

    `zone` is None where the user's clock can't be read. `now_only`: what may not go at `as_of` may not wait either.
    `channel` is the one over which the candidates would go. `twins` gives for messages that say nearly the same as
    others the ids of all of them. `personal` is False where the item-only scorer answers: then nothing about the user
    may weigh in the choice. `frequency` is what suits this user by the model, and `bonus` what the first message is
    worth more because it keeps in touch. `versions` are the purposes' current ones, to which a yes must belong;
    `counting` are the pushes that use up budget.
    """

    record: UserRecord
    as_of: Instant
    zone: str | None
    config: PolicyConfig
    tree: CategoryTree
    now_only: bool = False
    channel: str = "push"
    twins: Mapping[str, frozenset[str]] = field(default_factory=lambda: NO_TWINS)
    personal: bool = True
    frequency: Frequency | None = None
    bonus: float = 0.0
    versions: Mapping[Purpose, str] = field(default_factory=lambda: NO_VERSIONS)
    counting: tuple[Push, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        counting = tuple([push for push in self.record.pushes if push.counts(self.as_of)])
        object.__setattr__(self, "counting", counting)

    @property
    def floor(self) -> float:
        """What a message must be worth more than: silence, by the policy and by what a push takes from the others."""
        return self.config.value_floor + (0.0 if self.frequency is None else self.frequency.price)

    def is_service(self, message: Message) -> bool:
        """Whether `service_passes` speaks of this message."""
        return message.kind is Kind.SERVICE or self.tree.purpose_of(message) is Purpose.SERVICE


class Constraint(ABC):
    """One reason for which candidates are removed. Stateless; what it decides follows from its arguments alone.

    `after` names the codes that the declared order must have before this one.
    `binding` ones carry what the user said or what always holds: no policy may leave them out.
    `permission` ones are asked again even when a confirm is repeated.
    `crowding` ones depend on what else the user gets, so they are asked again for each next place of a slate.
    `passable` ones may be named in `service_passes`.
    """

    code: ClassVar[ExclusionCode]
    after: ClassVar[tuple[ExclusionCode, ...]] = (ExclusionCode.UNKNOWN_MESSAGE,)
    binding: ClassVar[bool] = True
    permission: ClassVar[bool] = False
    crowding: ClassVar[bool] = False
    passable: ClassVar[bool] = False

    @abstractmethod
    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Divide `rows` into those kept, in their order, and exclusions for the rest, in theirs."""

    def still(self, ask: Ask, rows: Rows) -> Checked:
        """Divide rows that were confirmed before; of permission only."""
        return self.check(ask, rows)

    def without(self, rows: Rows, ends: Mapping[int, Instant | None]) -> Checked:
        """Divide `rows`: those whose `id()` is a key of `ends` go, until the moment it maps to."""
        if not ends:
            return rows, ()
        gone = [row for row in rows if id(row) in ends]
        kept = [row for row in rows if id(row) not in ends]
        return kept, [Exclusion(row.message.message_id, self.code, ends[id(row)]) for row in gone]


class UserWide(Constraint):
    """A constraint that looks at the user alone, once for all candidates."""

    after: ClassVar[tuple[ExclusionCode, ...]] = ()

    @abstractmethod
    def forbids(self, ask: Ask) -> bool:
        """Whether nothing may be sent to this user."""

    def until(self, ask: Ask) -> Instant | None:
        """When that ends; None where it has no end of its own."""
        del ask
        return None

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Keep all candidates or none."""
        if not self.forbids(ask):
            return rows, ()
        until = self.until(ask)
        return (), [Exclusion(row.message.message_id, self.code, until) for row in rows]
