"""A store against a plain model of it: whatever series of changes, both hold the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.domain.codes import HoldState
from pushrank.domain.ledger import Entry
from pushrank.domain.record import Change, CountDelta, DecisionRow, Erasure, Push, StoredEvent, UserRecord
from pushrank.store import ConflictError, Store
from tests.contract.store_values import decision, push, stored
from tests.contract.stores import STORES

ACTIVE = (HoldState.HELD, HoldState.CONFIRMED)
USERS = ("ada", "bob", "cleo")


@dataclass
class Model:
    """The same promises over dictionaries."""

    records: dict[str, UserRecord] = field(default_factory=dict)
    pushes: dict[str, tuple[str, Push]] = field(default_factory=dict)
    events: list[StoredEvent] = field(default_factory=list)
    decisions: dict[str, DecisionRow] = field(default_factory=dict)
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    words: list[tuple[str, object]] = field(default_factory=list)
    erased: frozenset[str] = frozenset()

    def after(self, user_key: str, change: Change[None]) -> Model | None:
        """Give the model after a change, or None where the change must be refused."""
        if change.erase is not None:
            return self._without(user_key)
        if user_key in self.erased:
            return None if change != Change(None, counts=change.counts) else replace(self, counts=self._counted(change))
        return self._with(user_key, change)

    def _with(self, user_key: str, change: Change[None]) -> Model | None:
        pushes = dict(self.pushes)
        for push_ in sorted(change.pushes, key=lambda one: one.state in ACTIVE):
            if pushes.get(push_.push_id, (user_key, push_))[0] != user_key:
                return None
            pushes[push_.push_id] = (user_key, push_)
            taken = [(u, p.content_key) for u, p in pushes.values() if p.state in ACTIVE]
            if len(taken) != len(set(taken)):
                return None
        events = [*self.events, *change.events]
        if len({one.event.event_id for one in events}) != len(events):
            return None
        if change.decision is not None and change.decision.decision_id in self.decisions:
            return None
        records = self.records if change.record is None else {**self.records, user_key: change.record}
        decisions = dict(self.decisions)
        if change.decision is not None:
            decisions[change.decision.decision_id] = change.decision
        words = [*self.words, *((user_key, entry.value) for entry in change.ledger)]
        return Model(records, pushes, events, decisions, self._counted(change), words, self.erased)

    def _counted(self, change: Change[None]) -> Counter[tuple[str, int]]:
        counts = self.counts.copy()
        for delta in change.counts:
            counts[delta.message_id, delta.bucket] += delta.sends
        return counts

    def _without(self, user_key: str) -> Model:
        words = [word if word[0] != user_key else ("", None) for word in self.words]
        told: list[tuple[str, object]] = [] if user_key in self.erased else [("", None)]
        return Model(
            {name: record for name, record in self.records.items() if name != user_key},
            {name: kept for name, kept in self.pushes.items() if kept[0] != user_key},
            [one for one in self.events if one.event.user_id != user_key],
            {name: row for name, row in self.decisions.items() if row.user_key != user_key},
            self.counts,
            words + told,
            self.erased | {user_key},
        )

    def record(self, user_key: str, since: int, content_keys: list[str]) -> UserRecord:
        """Read a user as a store would."""
        if user_key in self.erased:
            return UserRecord(user_key, erased=True)
        mine = [one for owner, one in self.pushes.values() if owner == user_key and one.state in ACTIVE]
        wanted = [one for one in mine if one.at >= since or one.content_key in content_keys]
        state = self.records[user_key].state if user_key in self.records else None
        pushes = tuple(sorted(wanted, key=lambda one: (one.at, one.push_id)))
        return UserRecord(user_key, known=user_key in self.records, state=state, pushes=pushes)


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, Change[None]]:
    user_key = draw(st.sampled_from(USERS))
    if draw(st.integers(0, 9)) == 0:
        return user_key, Change(None, erase=Erasure(9))
    few = st.integers(0, 5)
    pushes = st.builds(
        lambda name, content, at, state: push(f"p-{name}", f"m-{content}#", at, state),
        few,
        few,
        few,
        st.sampled_from(HoldState),
    )
    change = Change(
        None,
        draw(st.none() | st.binary(max_size=3).map(lambda state: UserRecord(user_key, state=state))),
        tuple(draw(st.lists(st.integers(0, 30).map(lambda name: stored(f"e-{name}", user_key, name % 4)), max_size=2))),
        tuple(draw(st.lists(pushes, max_size=3))),
        tuple(draw(st.lists(st.builds(lambda m, b, n: CountDelta(f"m-{m}", b, n), few, few, few), max_size=3))),
        draw(st.none() | st.integers(0, 30).map(lambda name: decision(f"d-{name}", user_key, name % 4))),
        ledger=tuple(
            Entry(user_key, "max_per_day", None, value, 5, "api") for value in draw(st.lists(few, max_size=2))
        ),
    )
    return user_key, change


class Seen(NamedTuple):
    """All that can be read back."""

    records: list[UserRecord]
    users: list[str]
    events: list[StoredEvent]
    decisions: list[DecisionRow]
    counts: dict[tuple[str, int], int]
    words: list[list[tuple[int, object]]]
    links: int


def held_by_store(store: Store, since: int, content_keys: list[str]) -> Seen:
    return Seen(
        [store.user(user_key, since, content_keys) for user_key in USERS],
        list(store.users()),
        list(store.events_since(since)),
        list(store.decisions_since(since)),
        {(one.message_id, one.bucket): one.sends for one in store.all_counts() if one.sends},
        [[(seq, entry.value) for seq, entry in store.words(user_key)] for user_key in USERS],
        store.head().seq,
    )


def held_by_model(model: Model, since: int, content_keys: list[str]) -> Seen:
    events = sorted(model.events, key=lambda one: one.event.at)
    decisions = sorted(model.decisions.values(), key=lambda row: (row.decided_at, row.decision_id))
    return Seen(
        [model.record(user_key, since, content_keys) for user_key in USERS],
        sorted(model.records),
        [one for one in events if one.event.at >= since],
        [row for row in decisions if row.decided_at >= since],
        dict(+model.counts),
        [[(seq, said) for seq, (owner, said) in enumerate(model.words, 1) if owner == user_key] for user_key in USERS],
        len(model.words),
    )


@pytest.mark.parametrize("kind", STORES)
@given(
    series=st.lists(st.lists(steps(), min_size=1, max_size=3), max_size=12),
    since=st.integers(0, 5),
    content_keys=st.lists(st.integers(0, 5).map(lambda name: f"m-{name}#"), max_size=3),
)
@settings(max_examples=40, deadline=None)
def test_a_series_of_changes_leaves_what_a_plain_model_holds(
    kind: str, series: list[list[tuple[str, Change[None]]]], since: int, content_keys: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        store = STORES[kind](Path(folder))
        model = Model()
        for batch in series:
            model = _both(store, model, batch)
        assert held_by_store(store, since, content_keys) == held_by_model(model, since, content_keys)
        store.close()


def _both(store: Store, model: Model, batch: list[tuple[str, Change[None]]]) -> Model:
    after: Model | None = model
    for user_key, change in batch:
        after = after.after(user_key, change) if after is not None else None
    rules = [(user_key, lambda _, change=change: change, 0, ()) for user_key, change in batch]
    if after is None:
        with pytest.raises(ConflictError):
            store.transact_batch(rules)
        return model
    store.transact_batch(rules)
    return after
