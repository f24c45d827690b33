"""The real path without HTTP: a store, the shipped policies, the ranker with the item-only scorer, the holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pushrank.config import Category, PolicyConfig, load
from pushrank.config.home import shipped
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.event import Event
from pushrank.policy import Policy
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.holds import Holds
from pushrank.ranking.identifiers import new_decision_id
from pushrank.ranking.intake import record_events
from pushrank.ranking.ranker import Ranker
from pushrank.ranking.served import Served
from pushrank.scoring.fallback import without_model
from pushrank.store import Store, open_store

Wrap = Callable[[Store], Store]


def shipped_policy(name: str) -> Policy:
    """The shipped policy of that name."""
    categories = load(shipped("policy", "categories"), dict[str, Category])
    return Policy.of(load(shipped("policy", name), PolicyConfig), categories)


def named(user_id: str) -> str:
    """The key of a user: here the id itself, so that what the store holds can be read by eye."""
    return user_id


@dataclass(frozen=True, slots=True)
class House:
    """What one process works with; its threads share it."""

    store: Store
    policy: Policy
    ranker: Ranker
    holds: Holds
    catalogue: Catalogue

    @classmethod
    def opened(cls, address: str, policy: Policy, wrap: Wrap | None = None) -> House:
        """Open the store at `address`; after a fork, never before. `wrap` may stand in front of it."""
        store = open_store(address)
        store = store if wrap is None else wrap(store)
        catalogue = Catalogue(store, policy.config)
        ranker = Ranker(store, catalogue, policy, named, Served.of(without_model()))
        return cls(store, policy, ranker, Holds(store, catalogue, policy), catalogue)

    def rank(self, request: RankingRequest, rng: np.random.Generator) -> Decision:
        """Ask for a slate."""
        return self.ranker.rank(request, new_decision_id(request.as_of, rng))

    def report(self, event: Event) -> int:
        """Report an event; gives how many are durable now that were not before."""
        return record_events(self.store, self.catalogue, self.policy, [event], named).accepted
