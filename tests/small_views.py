"""From where the tests tell decisions: a small house and its user, with the shipped purposes."""

from __future__ import annotations

from collections.abc import Mapping

from pushrank.config import PurposeSpec, load
from pushrank.config.home import shipped
from pushrank.domain.codes import Purpose
from pushrank.domain.decision import Decision
from pushrank.domain.instants import Instant
from pushrank.domain.record import Change, Push, Reading
from pushrank.rights.remedies import Standpoint
from pushrank.rights.why import Told, told
from pushrank.wording.words import Words
from tests.small_house import House
from tests.small_policies import NOON, shipped_categories


def shipped_purposes() -> Mapping[Purpose, PurposeSpec]:
    return load(shipped("policy", "purposes"), dict[Purpose, PurposeSpec])


def view_of(house: House, now: Instant = NOON, language: str = "en", user: str = "u-1") -> Standpoint:
    words = Words(shipped_categories(), language)
    return Standpoint(house.record(user), house.policy, shipped_purposes(), words, house.catalogue.lookup(), now)


def pushes_of(house: House, decision: Decision, user: str = "u-1") -> list[Push]:
    """The pushes by which a decision reserved, whatever became of them."""

    def rule(reading: Reading) -> Change[list[Push]]:
        return Change(list(reading.pushes_of(decision.decision_id)))

    return house.store.transact(house.pseudonyms.of(user), rule, NOON)


def tell(house: House, decision: Decision, now: Instant = NOON, language: str = "en", user: str = "u-1") -> Told:
    return told(decision, view_of(house, now, language, user), pushes_of(house, decision, user))
