"""Whatever a sender does, in any order and at any hour: no cap is exceeded, nothing comes twice or at night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.config.types import CapRule, RampStep, RampUp, UserCeiling
from pushrank.domain.codes import HoldState, Kind
from pushrank.domain.instants import DAY, HOUR, MINUTE, Instant, instant, to_datetime
from pushrank.domain.message import Message
from pushrank.domain.record import Push, UserRecord
from pushrank.domain.user import UserFacts
from pushrank.policy import Policy, Scores, exclude, hold_of, recheck, select, zone_of
from pushrank.policy.calendar import day_bounds, week_bounds
from tests.small_policies import NO_PACE, message, policy, user

ZONES = ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia"]
STARTS = [
    instant(text) for text in ("2026-10-31T12:00:00+00:00", "2026-04-03T18:00:00+00:00", "2026-09-05T20:00:00+00:00")
]
TOPICS = ["news", "news.local", "news.local.harbour", "sport.tennis", "promo"]
CATALOGUE = [message(f"m-{n}", TOPICS[n % 5], kind=list(Kind)[n % 3]) for n in range(40)]
BY_NAME = {one.message_id: one for one in CATALOGUE}

steps = st.lists(
    st.tuples(
        st.sampled_from([0, MINUTE, 5 * MINUTE, HOUR, 5 * HOUR, 11 * HOUR, DAY - 1, 2 * DAY]),
        st.sampled_from(["rank", "rank", "confirm", "confirm", "release", "fail"]),
        st.integers(1, 4),
        st.integers(0, 5),
    ),
    min_size=10,
    max_size=60,
)


class Sender:
    """Keeps the pushes of one user as a store would, under one policy."""

    def __init__(self, asked: Policy, record: UserRecord, channels: Sequence[str] = ("push",)) -> None:
        self.asked = asked
        self.record = record
        self.channels = channels

    def act(self, what: str, at: Instant, count: int, pick: int) -> None:
        if what == "rank":
            self.rank(at, count, self.channels[pick % len(self.channels)])
        else:
            self.settle(what, at, pick, count)

    def rank(self, at: Instant, slots: int, channel: str) -> None:
        zone = zone_of(self.record, self.asked.config)
        candidates: list[tuple[str, Message | None]] = [(one.message_id, one) for one in CATALOGUE]
        kept, out = exclude(self.asked, self.record, candidates, at, zone, channel=channel)
        scores = Scores(np.linspace(0.5, 0.1, len(kept)), np.zeros(len(kept)), 10.0)
        selection = select(self.asked, self.asked.ask(self.record, at, zone, channel=channel), kept, scores, slots, out)
        considered = len(selection.slate) + len(selection.passed_over) + len(selection.excluded) + len(out)
        assert considered == len(candidates)
        for place in selection.rows:
            name = f"{len(self.record.pushes)}"
            self.put(hold_of(self.asked.config, kept[place], "d", name, channel))

    def settle(self, what: str, at: Instant, pick: int, count: int) -> None:
        chosen = self.record.pushes[-1 - pick :][:count]
        if what == "confirm":
            wanted: list[tuple[Push, Message | None]] = [(push, BY_NAME[push.message_id]) for push in chosen]
            for verdict in recheck(self.asked, self.record, wanted, at):
                self.put(verdict.push)
        for push in chosen:
            if what == "release" and push.state is HoldState.HELD:
                self.put(replace(push, state=HoldState.RELEASED))
            if what == "fail" and push.state is HoldState.CONFIRMED:
                self.put(replace(push, state=HoldState.FAILED))

    def put(self, push: Push) -> None:
        others = tuple(other for other in self.record.pushes if other.push_id != push.push_id)
        self.record = replace(self.record, pushes=(*others, push))


def sent_by(record: UserRecord) -> list[Push]:
    return [push for push in record.pushes if push.state is HoldState.CONFIRMED]


def local_dates(pushes: list[Push], zone: str) -> list[date]:
    return [to_datetime(push.at).astimezone(ZoneInfo(zone)).date() for push in pushes]


@given(
    steps=steps,
    zone=st.sampled_from(ZONES),
    start=st.sampled_from(STARTS),
    per_day=st.integers(0, 3),
    more_a_week=st.integers(0, 4),
)
@settings(max_examples=120, deadline=None)
def test_no_sequence_of_calls_breaks_a_cap_repeats_a_message_or_wakes_anyone(
    steps: list[tuple[Instant, str, int, int]], zone: str, start: Instant, per_day: int, more_a_week: int
) -> None:
    ceiling = UserCeiling(10, 40)
    caps = {"max_per_day": per_day, "max_per_week": per_day + more_a_week, "user_ceiling": ceiling, **NO_PACE}
    sender = Sender(policy("default", **caps), user(timezone=zone))
    at = start
    for wait, what, count, pick in steps:
        at += wait
        sender.act(what, at, count, pick)
        dates = local_dates([push for push in sender.record.pushes if push.counts(at)], zone)
        assert max(Counter(dates).values(), default=0) <= per_day
        assert max(Counter(day.isocalendar()[:2] for day in dates).values(), default=0) <= per_day + more_a_week
        confirmed = sent_by(sender.record)
        assert len({push.content_key for push in confirmed}) == len(confirmed)
        assert all(8 <= to_datetime(push.at).astimezone(ZoneInfo(zone)).hour < 22 for push in confirmed)


@dataclass(frozen=True)
class Within:
    """At most `limit` pushes of `names` in any rolling window of `length`, or on a local day where that is 0."""

    limit: int
    length: Instant
    names: frozenset[str] | None = None
    channel: str | None = None

    def broken_by(self, pushes: Sequence[Push], zone: str) -> bool:
        ours = [
            push.at
            for push in pushes
            if (self.names is None or push.message_id in self.names) and self.channel in (None, push.channel)
        ]
        if self.length:
            return any(sum(end - self.length < at <= end for at in ours) > self.limit for end in ours)
        dates = Counter(to_datetime(at).astimezone(ZoneInfo(zone)).date() for at in ours)
        return max(dates.values(), default=0) > self.limit


def named(*, topic: str = "", kind: Kind | None = None) -> frozenset[str]:
    return frozenset(
        one.message_id
        for one in CATALOGUE
        if f"{one.category}.".startswith(topic and f"{topic}.") and kind in (None, one.kind)
    )


@given(
    steps=steps,
    zone=st.sampled_from(ZONES),
    start=st.sampled_from(STARTS),
    limits=st.tuples(*[st.integers(0, 3)] * 6),
    gap=st.sampled_from([None, 1.0, 60.0, 299.0]),
)
@settings(max_examples=60, deadline=None)
def test_no_sequence_of_calls_breaks_a_rule_a_gap_or_a_ramp(
    steps: list[tuple[Instant, str, int, int]],
    zone: str,
    start: Instant,
    limits: tuple[int, ...],
    gap: float | None,
) -> None:
    everything, local, top, kind, channel, first = limits
    rules = (
        CapRule(everything + 1, "11h"),
        CapRule(local, "day", category="news.local"),
        CapRule(top, "7d", category="*"),
        CapRule(kind, "36h", kind="offer"),
        CapRule(channel, "90m", channel="*"),
    )
    promises = [
        Within(everything + 1, 11 * HOUR),
        Within(local, 0, named(topic="news.local")),
        *[Within(top, 7 * DAY, named(topic=topic)) for topic in ("news", "sport", "promo")],
        Within(kind, 36 * HOUR, named(kind=Kind.OFFER)),
        *[Within(channel, 90 * MINUTE, channel=name) for name in ("push", "email")],
    ]
    if gap is not None:
        promises.append(Within(1, int(gap * MINUTE)))
    ramp = RampUp(5, (RampStep(2, first), RampStep(3, 9)))
    record = replace(user(timezone=zone), facts=UserFacts(registered_at=start))
    sender = Sender(policy(caps=rules, min_gap_minutes=gap, ramp_up=ramp), record, ("push", "email"))
    at = start
    for wait, what, count, pick in steps:
        at += wait
        sender.act(what, at, count, pick)
        counting = [push for push in sender.record.pushes if push.counts(at)]
        broken = [promise for promise in promises if promise.broken_by(counting, zone)]
        assert not broken
        early = [push for push in counting if push.at < start + 2 * DAY]
        assert not Within(first, 0).broken_by(early, zone)


def test_a_patient_sender_uses_every_cap_up() -> None:
    sender = Sender(policy("default", **NO_PACE), user(timezone="Asia/Shanghai"))
    monday = instant("2026-11-23T08:00:00+08:00")
    for hour in range(7 * 24):
        sender.act("rank", monday + hour * HOUR, 2, 0)
        sender.act("confirm", monday + hour * HOUR, 2, 1)
    dates = Counter(local_dates(sent_by(sender.record), "Asia/Shanghai"))
    assert list(dates.values()) == [3, 3, 3, 3]


@pytest.mark.parametrize("bounds", [day_bounds, week_bounds])
@given(zone=st.sampled_from(ZONES), at=st.integers(instant("2025-01-01T00:00:00Z"), instant("2030-01-01T00:00:00Z")))
@settings(max_examples=300, deadline=None)
def test_calendar_windows_hold_their_moment_and_leave_no_gap(bounds: object, zone: str, at: Instant) -> None:
    assert callable(bounds)
    start, end = bounds(zone, at)
    assert start <= at < end
    assert bounds(zone, start) == bounds(zone, end - 1) == (start, end)
    assert bounds(zone, end)[0] == end
    assert (
        to_datetime(start).astimezone(ZoneInfo(zone)).date() != to_datetime(start - 1).astimezone(ZoneInfo(zone)).date()
    )


@given(
    figures=st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.2, float("nan")]), st.sampled_from([0.0, 0.001, 0.01])), max_size=12
    ),
    slots=st.integers(1, 5),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_the_order_of_candidates_never_decides_a_slate(
    figures: list[tuple[float, float]], slots: int, data: st.DataObject
) -> None:
    asked = policy(value_floor=0.0, max_per_day=3)
    at = instant("2026-11-23T12:00:00Z")
    slates = []
    for order in (list(range(len(figures))), data.draw(st.permutations(range(len(figures))))):
        kept, _ = exclude(asked, user(), [(f"m-{n}", message(f"m-{n}")) for n in order], at, "UTC")
        drawn = np.array([figures[n] for n in order]).reshape(-1, 2)
        scores = Scores(drawn[:, 0], drawn[:, 1], 40.0)
        slates.append(select(asked, asked.ask(user(), at, "UTC"), kept, scores, slots))
    assert repr(replace(slates[0], rows=())) == repr(replace(slates[1], rows=()))
    values = [chosen.scored.net_value for chosen in slates[0].slate]
    assert values == sorted(values, reverse=True)
    assert all(value > 0 for value in values)
