"""One made-up ranking before the first real one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from pushrank.domain.codes import EventType, Mode, Purpose
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.event import Event
from pushrank.domain.instants import HOUR, Instant, instant
from pushrank.domain.message import Message
from pushrank.policy import Policy
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.intake import record_events
from pushrank.ranking.ranker import Ranker
from pushrank.ranking.served import Served
from pushrank.store.opening import open_store

_NOON: Instant = instant("2026-11-23T12:00:00+00:00")
_MESSAGE = Message("m", "rehearsal", Purpose.SERVICE, title="Rehearsal", tags=("rehearsal",))


def rehearse(policy: Policy, served: Served) -> Decision:
    """Take events and rank on a store that is thrown away; return the decision.

    The fold and the features are compiled on their first use, which takes up to a minute on a machine that never ran
    them; no caller should wait for that.
    """
    with (
        TemporaryDirectory(prefix="pushrank-") as folder,
        closing(open_store(f"sqlite:///{Path(folder) / 'rehearsal.sqlite'}")) as store,
    ):
        store.put_messages([_MESSAGE], _NOON)
        catalogue = Catalogue(store, policy.config)
        record_events(store, catalogue, policy, _events(), _same)
        request = RankingRequest("u", _NOON, mode=Mode.LOOK)
        return Ranker(store, catalogue, policy, _same, served).rank(request, "rehearsal")


def _events() -> list[Event]:
    return [
        Event("e-1", EventType.ATTRIBUTE, "u", _NOON - 3 * HOUR, name="timezone", value="UTC"),
        Event("e-2", EventType.ACTIVITY, "u", _NOON - 2 * HOUR, kind="view", tags=("rehearsal",)),
        Event("e-3", EventType.CLICKED, "u", _NOON - HOUR, message_id="m"),
    ]


def _same(user_id: str) -> str:
    return user_id
