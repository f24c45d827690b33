"""A whole path in one folder: a real store, the shipped policies, a ranker and what follows a decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pushrank.domain.codes import EventType, Mode
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, Instant
from pushrank.domain.message import Candidate, Message
from pushrank.domain.record import Change, Reading, UserRecord
from pushrank.domain.user import Preferences, UserFacts
from pushrank.policy import Policy
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.holds import Holds
from pushrank.ranking.identifiers import new_decision_id
from pushrank.ranking.intake import IntakeAnswer, record_events
from pushrank.ranking.ranker import Ranker
from pushrank.ranking.served import Served
from pushrank.rights.pseudonyms import Pseudonyms, Secret
from pushrank.scoring.fallback import without_model
from pushrank.store import Store, open_store
from tests.small_policies import NOON, policy

OPENED: list[Store] = []
"""Stores of this test, for `tests/conftest.py` to close."""


class House:
    """Everything that a deployment has beside HTTP; the policy is the shipped `open` with changes."""

    def __init__(
        self,
        folder: Path,
        name: str = "open",
        served: Served | None = None,
        address: str | None = None,
        **changes: Any,
    ) -> None:
        self.address = address or f"sqlite:///{folder / 'house.sqlite'}"
        self.store = open_store(self.address, tomb="t_{}".format)
        OPENED.append(self.store)
        self.policy: Policy = policy(name, **changes)
        self.catalogue = Catalogue(self.store, self.policy.config)
        self.pseudonyms = Pseudonyms(Secret(b"a secret of thirty-two bytes or more"))
        self.served = served or Served.of(without_model())
        self.holds = Holds(self.store, self.catalogue, self.policy)
        self._rng = np.random.default_rng(7)
        self._events = 0

    @cached_property
    def ranker(self) -> Ranker:
        return Ranker(self.store, self.catalogue, self.policy, self.pseudonyms.of, self.served)

    def put(self, *messages: Message) -> None:
        self.store.put_messages(messages, NOON)

    def rank(
        self,
        *names: str | Candidate,
        mode: Mode = Mode.HOLD,
        slots: int = 1,
        as_of: Instant = NOON,
        user: str = "u-1",
        everything: bool = False,
    ) -> Decision:
        candidates = tuple(Candidate(name) if isinstance(name, str) else name for name in names)
        request = RankingRequest(user, as_of, None if everything else candidates, slots, mode=mode)
        return self.ranker.rank(request, new_decision_id(as_of, self._rng))

    def event(self, type_: EventType, at: Instant = NOON, user: str = "u-1", **fields: Any) -> Event:
        self._events += 1
        return replace(Event(f"e-{self._events}", type_, user, at), **fields)

    def take(self, *events: Event, code: Callable[[str], str] | None = None) -> IntakeAnswer:
        return record_events(self.store, self.catalogue, self.policy, events, self.pseudonyms.of, code=code)

    def record(self, user: str = "u-1", content_keys: Sequence[str] = ()) -> UserRecord:
        return self.store.user(self.pseudonyms.of(user), NOON - 365 * DAY, content_keys)

    def settle(self, user: str = "u-1", facts: UserFacts | None = None, **preferences: Any) -> None:
        """Write a user's facts and preferences."""

        def rule(reading: Reading) -> Change[None]:
            record = replace(reading.record, known=True, preferences=Preferences(**preferences))
            return Change(None, replace(record, facts=facts or record.facts))

        self.store.transact(self.pseudonyms.of(user), rule, NOON)


def slate_of(decision: Decision) -> list[str]:
    return [chosen.scored.message_id for chosen in decision.slate]


def codes_of(decision: Decision) -> dict[str, str]:
    return {exclusion.message_id: exclusion.code.value for exclusion in decision.excluded}
