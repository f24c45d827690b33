"""The rules are at least as strict as the database behind them: it never has to say no, and it would if they erred."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.config.types import Adaptive, CapRule, RampStep, RampUp
from pushrank.domain.codes import HoldState, Kind
from pushrank.domain.decision import Frequency
from pushrank.domain.instants import DAY, HOUR, MINUTE, Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Change, Push, Reading, Slot, UserRecord
from pushrank.domain.user import UserFacts
from pushrank.policy import Eligible, Policy, hold_of, recheck, slots_of, utmost, zone_of
from pushrank.store import ConflictError, Store, open_store
from tests.contract.stores import sqlite_address
from tests.small_policies import NOON, message, policy, user

TOPICS = ["news", "news.local", "promo", "promo.flash"]
CATALOGUE = [message(f"m-{n}", TOPICS[n % 4], kind=list(Kind)[n % 6]) for n in range(60)]
RULES = (
    CapRule(4, "5h"),
    CapRule(7, "3d"),
    CapRule(2, "day", category="news"),
    CapRule(1, "2h", category="news.local"),
    CapRule(3, "24h", category="*"),
    CapRule(2, "week", kind="offer"),
    CapRule(3, "12h", kind="*"),
    CapRule(3, "6h", channel="*"),
)
WISHES: list[dict[str, int]] = [{}, {"news": 1}, {"news": 3, "news.local": 1}, {"promo": 2, "news": 0}]
SERVICE = ("cap_day", "cap_category", "min_gap")
ADAPTIVE = Adaptive(1, 20, 6, 30.0)


def capped(service_passes: tuple[str, ...] = SERVICE, adaptive: Adaptive | None = None) -> Policy:
    ramp = RampUp(5, (RampStep(1, 2), RampStep(2, 3)))
    caps: dict[str, Any] = {"max_per_day": 4, "max_per_week": 12, "min_gap_minutes": 7.0}
    return policy(caps=RULES, ramp_up=ramp, service_passes=service_passes, adaptive=adaptive, **caps)


class Step(NamedTuple):
    """Something happens `wait` after the last: a message of the catalogue, due `later`, or one of the latest pushes."""

    wait: Instant
    what: str
    which: int
    later: Instant
    channel: str
    suits: int | None = None


def frequency(step: Step) -> Frequency | None:
    """What suits the user by the model when a step is taken."""
    return None if step.suits is None else Frequency(step.suits, 3 * step.suits, 0.0, 0.0, 0.0, 0.0)


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from([0, 1, MINUTE, 5 * MINUTE, 7 * MINUTE, HOUR, 5 * HOUR, DAY, -HOUR]),
        st.sampled_from(["hold", "hold", "hold", "confirm", "confirm", "release", "other", "move", "wish"]),
        st.integers(0, 59),
        st.sampled_from([0, 0, MINUTE, 3 * HOUR, 20 * HOUR]),
        st.sampled_from(["push", "email"]),
        st.sampled_from([None, 1, 1, 2, 3, 6]),
    ),
    max_size=40,
)


class Keeper:
    """Writes one user's pushes with their slots into a real store, each as the rules allow it, or unasked."""

    def __init__(self, store: Store, asked: Policy, *, heedless: bool = False) -> None:
        self.store = store
        self.asked = asked
        self.heedless = heedless
        self.names = 0
        record = replace(user(timezone="Asia/Shanghai"), user_key="u", facts=UserFacts(registered_at=NOON))
        self.write(lambda _: Change(None, record=replace(record, pushes=())), NOON)

    def write(self, rule: object, at: Instant) -> None:
        assert callable(rule)
        self.store.transact("u", rule, at - self.asked.look_back)

    def act(self, step: Step, at: Instant) -> None:
        self.names += 1
        self.write(lambda reading: getattr(self, step.what)(reading, step, at), at)

    def hold(self, reading: Reading, step: Step, at: Instant) -> Change[None]:
        record, one = reading.record, CATALOGUE[step.which]
        # What is due later stands for what waits: the rules look at the moment at which it would go.
        due = at + step.later
        if not self.heedless and not self._allowed(record, one, at, due, step):
            return Change(None)
        push = hold_of(self.asked.config, Eligible(one, due), "d", f"p-{self.names}", step.channel)
        if any(other.content_key == push.content_key for other in record.pushes):
            return Change(None)
        return self._change(record, at, [push], self._suits(step))

    def _suits(self, step: Step) -> Frequency | None:
        return None if self.asked.config.adaptive is None else frequency(step)

    def _allowed(self, record: UserRecord, one: Message, at: Instant, due: Instant, step: Step) -> bool:
        zone = zone_of(record, self.asked.config)
        rows: Sequence[Eligible] = [Eligible(one, due)]
        ask = self.asked.ask(record, at, zone, channel=step.channel, frequency=self._suits(step))
        for constraint in self.asked.constraints:
            rows, _ = constraint.check(ask, rows)
        return bool(rows)

    def confirm(self, reading: Reading, step: Step, at: Instant) -> Change[None]:
        pushes = [push for push in reading.record.pushes if push.state is HoldState.HELD][-(step.which % 3) :]
        verdicts = recheck(self.asked, reading.record, [(push, told(push)) for push in pushes], at)
        changed = [verdict.push for verdict in verdicts if verdict.push not in pushes]
        most = utmost(self.asked.config, reading.record)
        return self._change(reading.record, at, changed, most)

    def release(self, reading: Reading, step: Step, at: Instant) -> Change[None]:
        pushes = reading.record.pushes[-(step.which % 3 + 1) :][:1]
        return self._change(reading.record, at, [replace(push, state=HoldState.RELEASED) for push in pushes])

    def other(self, reading: Reading, step: Step, at: Instant) -> Change[None]:
        one = CATALOGUE[step.which]
        push = hold_of(self.asked.config, Eligible(one, at - step.later // 9), "d", f"p-{self.names}", step.channel)
        push = replace(push, content_key=push.push_id, state=HoldState.CONFIRMED, expires_at=None)
        slots = {push.push_id: slots_of(self.asked, reading.record, push, None)}
        return Change(None, pushes=(*lapsed(reading.record, at), push), slots=slots)

    def move(self, reading: Reading, step: Step, at: Instant) -> Change[None]:
        del at
        zone = ["Asia/Shanghai", "America/New_York", "Pacific/Apia"][step.which % 3]
        preferences = replace(reading.record.preferences, timezone=zone)
        return Change(None, record=replace(reading.record, preferences=preferences))

    def wish(self, reading: Reading, step: Step, at: Instant) -> Change[None]:
        del at
        a_day, a_week = [None, 2, 5][step.which % 3], WISHES[step.which // 3 % 4]
        preferences = replace(reading.record.preferences, max_per_day=a_day, category_caps=a_week)
        return Change(None, record=replace(reading.record, preferences=preferences))

    def _change(
        self, record: UserRecord, at: Instant, pushes: Sequence[Push], suits: Frequency | None = None
    ) -> Change[None]:
        active = [push for push in pushes if push.state in (HoldState.HELD, HoldState.CONFIRMED)]
        slots: dict[str, tuple[Slot, ...]] = {
            push.push_id: slots_of(self.asked, record, push, told(push), suits) for push in active
        }
        named = {push.push_id for push in pushes}
        gone = [push for push in lapsed(record, at) if push.push_id not in named]
        return Change(None, pushes=(*gone, *pushes), slots=slots)


def told(push: Push) -> Message:
    return CATALOGUE[int(push.message_id.removeprefix("m-"))]


def lapsed(record: UserRecord, at: Instant) -> tuple[Push, ...]:
    gone = (push for push in record.pushes if push.state is HoldState.HELD and not push.counts(at))
    return tuple(replace(push, state=HoldState.RELEASED) for push in gone)


@pytest.mark.parametrize("adaptive", [None, ADAPTIVE])
@given(series=steps)
@settings(max_examples=100, deadline=None)
def test_the_database_never_has_to_refuse_what_the_rules_allow(adaptive: Adaptive | None, series: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        store = open_store(sqlite_address(Path(folder)))
        keeper = Keeper(store, capped(adaptive=adaptive))
        moments = accumulate((step.wait for step in series), initial=NOON)
        refused = [step for step, at in zip(series, list(moments)[1:], strict=True) if not taken(keeper, step, at)]
        store.close()
    assert refused == []


def taken(keeper: Keeper, step: Step, at: Instant) -> bool:
    """Whether the database took what the rules allowed."""
    try:
        keeper.act(step, at)
    except ConflictError:
        return False
    return True


ONE_TOO_MANY: dict[str, tuple[dict[str, Any], Instant]] = {
    "cap_day": ({"max_per_day": 1}, 3 * HOUR),
    "cap_week": ({"max_per_week": 1}, 2 * DAY),
    "cap_day by a rule": ({"caps": (CapRule(1, "2h"),)}, 2 * HOUR - 1),
    "cap_week by a rule": ({"caps": (CapRule(1, "8d"),)}, 8 * DAY - 1),
    "cap_category": ({"caps": (CapRule(1, "2h", category="news"),)}, 2 * HOUR - 1),
    "cap_kind": ({"caps": (CapRule(1, "2h", kind="*"),)}, 2 * HOUR - 1),
    "cap_channel": ({"caps": (CapRule(1, "day", channel="push"),)}, 3 * HOUR),
    "min_gap": ({"min_gap_minutes": 60.0}, HOUR - 1),
    "ramp_up": ({"ramp_up": RampUp(30, (RampStep(3, 1),))}, 3 * HOUR),
}


@pytest.mark.parametrize("name", ONE_TOO_MANY)
def test_without_the_rule_the_database_refuses_one_too_many_and_with_it_nothing_is_tried(
    name: str, tmp_path: Path
) -> None:
    changes, later = ONE_TOO_MANY[name]
    for heedless in (True, False):
        store = open_store(f"sqlite:///{tmp_path / f'{heedless}.sqlite'}")
        keeper = Keeper(store, policy(hold_minutes=1440.0, **changes), heedless=heedless)
        keeper.act(Step(0, "hold", 0, 0, "push"), NOON)
        # The second is of the same category and kind as the first, below it where categories nest.
        second = Step(0, "hold", 12, later, "push")
        if heedless:
            with pytest.raises(ConflictError):
                keeper.act(second, NOON)
        else:
            keeper.act(second, NOON)
        assert len(store.user("u", NOON).pushes) == 1
        keeper.heedless = False
        keeper.act(Step(0, "hold", 24, later + 8 * DAY + 1, "push"), NOON)
        assert len(store.user("u", NOON).pushes) == 2
        store.close()


def test_the_database_refuses_one_push_more_than_suits_and_with_the_rule_nothing_is_tried(tmp_path: Path) -> None:
    for heedless in (True, False):
        store = open_store(f"sqlite:///{tmp_path / f'{heedless}.sqlite'}")
        asked = policy(hold_minutes=1440.0, max_per_day=4, max_per_week=12, adaptive=ADAPTIVE)
        keeper = Keeper(store, asked, heedless=heedless)
        for place in range(3):
            step = Step(0, "hold", 6 * place, 0, "push", suits=2)
            assert taken(keeper, step, NOON) is (place < 2 or not heedless)
        assert len(store.user("u", NOON).pushes) == 2
        store.close()


def test_what_suits_may_fall_between_two_holds_and_both_are_confirmed(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'fallen.sqlite'}")
    asked = policy(hold_minutes=1440.0, max_per_day=4, max_per_week=12, adaptive=ADAPTIVE)
    keeper = Keeper(store, asked)
    # More than the policy's own four, for the model says so; then it says two, and there is no place for more.
    for place, suits in enumerate([6, 6, 6, 6, 6, 2, 2]):
        keeper.act(Step(0, "hold", 6 * place, 0, "push", suits=suits), NOON)
    assert len(store.user("u", NOON).pushes) == 5
    keeper.act(Step(0, "confirm", 0, 0, "push", suits=1), NOON)
    assert {push.state for push in store.user("u", NOON).pushes} == {HoldState.CONFIRMED}
    store.close()
