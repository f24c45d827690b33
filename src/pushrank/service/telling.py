"""A user's latest decisions in words, for calls and for pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from pushrank.domain.codes import Mode
from pushrank.domain.decision import Decision
from pushrank.domain.instants import Instant
from pushrank.domain.record import Change, DecisionRow, Push, Reading, UserRecord
from pushrank.ranking.decision_json import read
from pushrank.rights.remedies import Standpoint
from pushrank.rights.why import Told, told
from pushrank.service.deployment import Deployment
from pushrank.store.protocol import Store
from pushrank.wording.words import Words

Place: TypeAlias = tuple[Instant, str]
"""Where a list of decisions goes on: moment and id of the last one that was told."""

_NEWEST: Place = (2**62, "")
_ANY_CATEGORY = {"categories": {"*": True}}
_READS = 5  # for one page, where most decisions only looked
_CURSOR = re.compile(r"([0-9]{1,18})\.([A-Za-z0-9_.:-]{1,64})")


def cursor_of(place: Place | None) -> str | None:
    """Write a place as a cursor; None for the end of the list."""
    return None if place is None else f"{place[0]}.{place[1]}"


def place_of(cursor: str) -> Place:
    """Read a cursor; an empty one is the start of the list. Raises ValueError for what is none."""
    if not cursor:
        return _NEWEST
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        msg = f"expected a cursor of the page before, got {cursor[:64]!r}"
        raise ValueError(msg)
    return int(found[1]), found[2]


def latest(
    deployment: Deployment, record: UserRecord, language: str, most: int, place: Place = _NEWEST
) -> tuple[list[Told], Place | None]:
    """Tell the decisions of a user that came before `place`, the newest first, and where the list goes on.

    Looks are left out, since they have no consequences. None: there are no more.
    """
    rows, following = _rows(deployment.store, record.user_key, most, place)
    decisions = [read(row) for row in rows]
    pushes = _pushes(deployment.store, record.user_key, decisions)
    view = standpoint(deployment, record, language)
    return [told(decision, view, pushes) for decision in decisions], following


def standpoint(deployment: Deployment, record: UserRecord, language: str) -> Standpoint:
    """Say from where decisions are told to the user of `record` now."""
    return Standpoint(
        record=record,
        policy=deployment.policy,
        purposes=deployment.purposes,
        words=Words(deployment.categories, language),
        message_of=deployment.catalogue.lookup(),
        now=deployment.clock(),
        terms=deployment.terms.read_for(_ANY_CATEGORY),
    )


def _rows(store: Store, user_key: str, most: int, place: Place) -> tuple[list[DecisionRow], Place | None]:
    found: list[DecisionRow] = []
    for _ in range(_READS):
        rows = _before(store, user_key, place, most + 1)
        for at, row in enumerate(rows[:most]):
            place = (row.decided_at, row.decision_id)
            if row.mode != Mode.LOOK:
                found.append(row)
            if len(found) == most:
                return found, place if rows[at + 1 :] else None
        if len(rows) <= most:
            return found, None
    return found, place


def _before(store: Store, user_key: str, place: Place, most: int) -> list[DecisionRow]:
    """Read what comes after a place of the list, among it what was decided at the same moment."""
    asked = most
    while True:
        rows = store.decisions_of(user_key, place[0] + 1, asked)
        left = [row for row in rows if (row.decided_at, row.decision_id) < place]
        if len(left) >= most or len(rows) < asked:
            return left[:most]
        asked *= 2


def _pushes(store: Store, user_key: str, decisions: Sequence[Decision]) -> Sequence[Push]:
    """Read what became of the slates: what counts still in one round, and what does not only where it is missing."""
    if not any(decision.slate for decision in decisions):
        return ()
    pushes = store.user(user_key, min(decision.decided_at for decision in decisions)).pushes
    known = {(push.decision_id, push.message_id) for push in pushes}
    missing = [
        decision.decision_id
        for decision in decisions
        if any((decision.decision_id, one.scored.message_id) not in known for one in decision.slate)
    ]

    def rule(reading: Reading) -> Change[list[Push]]:
        return Change([push for name in missing for push in reading.pushes_of(name)])

    return (*pushes, *store.transact(user_key, rule, _NEWEST[0])) if missing else pushes
