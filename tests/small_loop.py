"""A small town that lives on after its log, and the real ranker over a store in memory that knows the log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pushrank.config import TrainingConfig, load
from pushrank.config.home import shipped
from pushrank.logs import open_log
from pushrank.logs.parts import Windows
from pushrank.policy import Policy
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.ranker import Ranker
from pushrank.ranking.served import Served
from pushrank.scoring.fallback import without_model
from pushrank.store.memory import MemoryStore
from pushrank.town import Plan
from pushrank.town.loop import Past
from pushrank.transfer.loading import Destination, load_log

PLAN = Plan(users=60, days=19, seed=5, log_days=14)


def pseudonym(user_id: str) -> str:
    return f"p-{user_id}"


def loaded(log: Path, policy: Policy, work: Path) -> Ranker:
    """Load a log into a store of its own, and rank over it without a model."""
    store = MemoryStore()
    catalogue = Catalogue(store, policy.config)
    windows = Windows.of(load(shipped("training", "default"), TrainingConfig))
    load_log(open_log(log), Destination(store, catalogue, policy, pseudonym), windows, work, PLAN.log_end)
    return Ranker(store, catalogue, policy, pseudonym, Served.of(without_model()))


def touchy(past: Past, times: float) -> Past:
    """The same town and the same log, but from now on people leave so many times as readily."""
    people = past.town.people
    sent = replace(people.sent, temper=people.sent.temper * times)
    return replace(past, town=replace(past.town, people=replace(people, sent=sent)))
