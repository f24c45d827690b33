"""The town lives on after its log, and what an arm reports is what happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from pushrank.domain.codes import EventType, HoldState
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.instants import DAY, HOUR, MINUTE
from pushrank.policy import Policy
from pushrank.ranking.ranker import Ranker
from pushrank.town import Plan, live_through, make_town, write_town
from pushrank.town.loop import (
    Past,
    Result,
    SentAfterLeavingError,
    Setting,
    live_on_ranked,
    live_on_unranked,
    past_of,
    read_result,
    write_result,
)
from pushrank.town.loop.asks import asks_of
from pushrank.town.loop.unranked import ledger_of
from pushrank.town.loop.world import Belief, World
from pushrank.town.weeks import NEVER
from tests.small_loop import PLAN, loaded, pseudonym, touchy
from tests.small_policies import policy

TOUCHY = 40.0
NOBODY_KNOWS = Belief(PLAN.log_end, 0.0, 1.0)


@pytest.fixture(scope="module")
def past() -> Past:
    return past_of(PLAN)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closed") / "log"
    write_town(PLAN, folder)
    return folder


@pytest.fixture(scope="module")
def arm(past: Past, log: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ranker, Result]:
    """An arm of the default policy among people who leave readily."""
    ranker = loaded(log, policy("default"), tmp_path_factory.mktemp("work"))
    return ranker, live_on_ranked(touchy(past, TOUCHY), ranker)


def people(past: Past, result: Result) -> pd.DataFrame:
    places = pd.Series(np.arange(past.town.plan.users), index=past.town.people.ids)
    return result.people.assign(place=places[result.people["user_id"]].to_numpy()).set_index("user_id")


def walls(past: Past, result: Result) -> np.ndarray:
    """Microseconds on the wall clock of whom each push went to."""
    place = people(past, result)["place"][result.pushes["user_id"]].to_numpy()
    return past.town.wall(place, result.pushes["sent_at"].to_numpy())


def test_the_log_ends_where_the_town_lives_on(log: Path) -> None:
    end = pd.Timestamp(PLAN.log_end, unit="us", tz="UTC")
    for table, column in (("users", "registered_at"), ("messages", "published_at"), ("activity", "at"),
                          ("consents", "at"), ("decisions", "decided_at"), ("outcomes", "sent_at")):  # fmt: skip
        moments = pd.read_parquet(log / f"{table}.parquet")[column]
        assert end - pd.Timedelta(days=6) < moments.max() < end, (table, column)
    outcomes = pd.read_parquet(log / "outcomes.parquet")
    for column in ("clicked_at", "opted_out_at", "dismissed_at"):
        assert not (outcomes[column] >= end).any(), column


def test_the_log_holds_the_pushes_of_the_past_and_nobody_who_comes_later(past: Past, log: Path) -> None:
    user, message, at = past.pushed
    outcomes = pd.read_parquet(log / "outcomes.parquet")
    assert outcomes["user_id"].tolist() == [past.town.people.ids[place] for place in user]
    assert outcomes["message_id"].tolist() == [past.town.catalogue.messages[place].message_id for place in message]
    assert (outcomes["sent_at"].astype("int64") == at).all()
    there = past.town.registered(PLAN.log_end)
    assert 0 < there.sum() < PLAN.users
    assert pd.read_parquet(log / "users.parquet")["user_id"].tolist() == [
        name for name, here in zip(past.town.people.ids, there, strict=True) if here
    ]


def test_a_log_longer_than_its_town_is_refused() -> None:
    for days in (0, 20):
        with pytest.raises(ValueError, match=f"log_days: expected 1 to 19, the days of the town, got {days}"):
            Plan(days=19, log_days=days)


def test_a_town_that_ends_with_its_log_has_no_loop() -> None:
    with pytest.raises(ValueError, match="log_days: expected less than the 3 days of the town, got None"):
        past_of(Plan(users=2, days=3))


def test_who_was_driven_away_by_the_log_is_not_followed() -> None:
    past = past_of(Plan(users=300, days=29, seed=2, log_days=28))
    user, _, _ = past.pushed
    left = set(user[past.weeks.reactions.opted_out_at != NEVER])
    here = past.town.registered(past.town.plan.log_end)
    assert len(left) > 3
    assert set(np.flatnonzero(past.followed)) == set(np.flatnonzero(here)) - left


def test_asks_come_as_often_as_they_are_set_to_with_allowed_live_messages_and_mostly_in_ones_language(
    past: Past,
) -> None:
    setting = Setting(asks_a_day=4.0, fewest=5, most=9)
    hours = list(asks_of(past, setting))
    asks = [ask for asks in hours for ask in asks]
    expected = 4.0 * 5 * past.followed.sum()
    assert abs(len(asks) - expected) < 4 * np.sqrt(expected)
    allowed, catalogue, town = past.town.people.rights.allowed(), past.town.catalogue, past.town
    own = 0.0
    for ask in asks:
        found = np.array(ask.candidates)
        assert past.followed[ask.user]
        assert allowed[ask.user, catalogue.topic[found]].all()
        assert (catalogue.published[found] <= ask.at).all()
        assert (ask.at < catalogue.expires[found]).all()
        assert len(set(ask.candidates)) == len(found) in range(5, 10)
        own += float(np.mean(catalogue.chinese[found] == town.people.chinese[ask.user])) / len(asks)
    assert own > 0.8
    for place, some in enumerate(hours):
        moments = [ask.at for ask in some]
        assert moments == sorted(moments)
        assert all(0 <= at - PLAN.log_end - place * HOUR < HOUR for at in moments)


def test_every_arm_is_asked_the_same(past: Past) -> None:
    assert list(asks_of(past, Setting())) == list(asks_of(past_of(PLAN), Setting()))


def test_the_same_town_and_ranker_give_the_same_result(
    past: Past, log: Path, arm: tuple[Ranker, Result], tmp_path: Path
) -> None:
    again = live_on_ranked(touchy(past, TOUCHY), loaded(log, policy("default"), tmp_path))
    _, first = arm
    pd.testing.assert_frame_equal(again.pushes, first.pushes)
    pd.testing.assert_frame_equal(again.people, first.people)
    assert (again.asks, again.silences, again.stops) == (first.asks, first.silences, first.stops)


def test_a_push_meets_the_same_luck_in_every_arm(past: Past) -> None:
    at, live = PLAN.log_end + 9 * HOUR, past.town.catalogue.live(PLAN.log_end + 9 * HOUR)
    clicks, delays = Counter[bool](), set[int]()
    for message in live[:-1].tolist():
        fresh, tired = World.after(past), World.after(past)
        for user in np.flatnonzero(past.followed).tolist():
            tired.push(user, int(live[-1]), at - HOUR, NOBODY_KNOWS)
            eager, weary = (world.push(user, message, at, NOBODY_KNOWS).clicked_at for world in (fresh, tired))
            clicks[eager != NEVER] += 1
            delays.add(eager)
            assert weary in (eager, NEVER)
    assert clicks[True] > 8
    assert clicks[False] > clicks[True]
    assert len(delays - {NEVER}) > 0.8 * clicks[True]


def test_what_somebody_had_before_is_wanted_less(past: Past) -> None:
    user, message, at = (int(column[-1]) for column in past.pushed)
    world = World.after(past)
    world.push(user, message, at + HOUR, NOBODY_KNOWS)
    world.had[user, message] = False
    new = World.after(past)
    new.had[user, message] = False
    new.push(user, message, at + HOUR, NOBODY_KNOWS)
    assert world.result(Setting(), 0, {}, {}).pushes["p_click"].item() == pytest.approx(
        0.3 * new.result(Setting(), 0, {}, {}).pushes["p_click"].item()
    )


def test_nobody_gets_a_push_after_leaving(past: Past, arm: tuple[Ranker, Result]) -> None:
    ranker, result = arm
    left = result.people["user_id"][(result.people["opted_out"] == 1) & (result.people["days"] < 5)]
    assert len(left) > 5
    gone_at = PLAN.log_end + people(past, result)["days"] * DAY
    asked = Counter(past.town.people.ids[ask.user] for asks in asks_of(past, Setting()) for ask in asks
                    if ask.at > gone_at[past.town.people.ids[ask.user]])  # fmt: skip
    assert sum(asked[name] for name in left) > 20
    assert (result.pushes["sent_at"] <= result.pushes["user_id"].map(gone_at)).all()
    told = [stored.event for stored in ranker.store.events_since(PLAN.log_end)]
    opted_out = {event.user_id for event in told if event.type is EventType.OPTED_OUT}
    assert {pseudonym(name) for name in left} <= opted_out


def test_a_ranker_that_does_not_see_who_left_is_found_out(past: Past, log: Path, tmp_path: Path) -> None:
    blind = policy("default")
    seeing = [blind.constraints[blind.config.constraints.index(name)] for name in ("not_reachable", "opted_out")]
    blind = Policy(blind.config, blind.tree, tuple(rule for rule in blind.constraints if rule not in seeing))
    with pytest.raises(SentAfterLeavingError, match=r"u-\d+ left at \d+, yet m-\d+ was let go at \d+"):
        live_on_ranked(touchy(past, TOUCHY), loaded(log, blind, tmp_path))


def test_the_caps_of_the_policy_hold_in_what_went_out(past: Past, arm: tuple[Ranker, Result]) -> None:
    _, result = arm
    pushes = result.pushes.assign(wall=walls(past, result))
    pushes = pushes.assign(day=pushes["wall"] // DAY, week=(pushes["wall"] // DAY + 3) // 7)
    assert pushes.groupby(["user_id", "day"]).size().max() == 3
    assert pushes.groupby(["user_id", "week"]).size().max() <= 12
    assert pushes.groupby("user_id")["sent_at"].diff().min() >= 60 * MINUTE
    assert pushes["local_hour"].between(8, 21).all()
    assert (pushes["local_hour"] == pushes["wall"] % DAY // HOUR).all()
    assert not pushes.duplicated(["user_id", "message_id"]).any()


def test_a_push_that_waits_for_a_later_hour_is_confirmed_in_that_hour(arm: tuple[Ranker, Result]) -> None:
    _, result = arm
    waited = result.pushes["sent_at"] > result.pushes["asked_at"]
    assert 0 < waited.sum() < len(waited)
    assert "too_early" not in result.stops


def test_of_a_longer_slate_each_push_is_confirmed_for_itself(past: Past, log: Path, tmp_path: Path) -> None:
    calm = policy("default", max_per_day=3, min_gap_minutes=None)
    result = live_on_ranked(past, loaded(log, calm, tmp_path), Setting(asks_a_day=1.0, slots=3))
    together = result.pushes.groupby(["user_id", "asked_at"]).size()
    assert together.max() == 3
    assert len(result.pushes) > result.asks - sum(result.silences.values())


def test_every_push_was_confirmed_and_the_events_tell_the_same_totals(arm: tuple[Ranker, Result]) -> None:
    ranker, result = arm
    confirmed = {
        (user_key, push.message_id, push.at)
        for user_key in ranker.store.users()
        for push in ranker.store.user(user_key, PLAN.log_end).pushes
        if push.state is HoldState.CONFIRMED and push.at >= PLAN.log_end
    }
    rows = zip(result.pushes["user_id"], result.pushes["message_id"], result.pushes["sent_at"], strict=True)
    assert confirmed == {(pseudonym(user), message, at) for user, message, at in rows}
    told = [stored.event for stored in ranker.store.events_since(PLAN.log_end)]
    ours = Counter(event.type for event in told if not (event.decision_id or "d-").startswith("d-"))
    assert ours[EventType.SENT] == len(result.pushes) > 100
    assert 0 < ours[EventType.CLICKED] <= result.pushes["clicked"].sum()
    early = result.pushes[result.pushes["sent_at"] < PLAN.end - DAY]
    assert early["clicked"].sum() <= ours[EventType.CLICKED]
    assert ours[EventType.DISMISSED] > 0
    left = result.people[result.people["days"] < 5]
    assert ours[EventType.OPTED_OUT] == len(left)


def test_visits_and_the_reactions_to_the_last_pushes_of_the_log_are_told(log: Path, tmp_path: Path) -> None:
    ranker, past = loaded(log, policy("default"), tmp_path), past_of(PLAN)
    became = past.weeks.reactions
    # The town's own reactions to its last pushes come soon, so that here one of each kind comes late.
    for place, at in enumerate((became.clicked_at, became.dismissed_at, became.opted_out_at)):
        at[-1 - place] = PLAN.log_end + (30 + place) * HOUR
    live_on_ranked(past, ranker)
    told = [stored.event for stored in ranker.store.events_since(PLAN.log_end)]
    visits = sum(event.type is EventType.ACTIVITY for event in told)
    assert visits == past.followed[past.visits.user].sum() > 100
    late = [event for event in told if (event.decision_id or "").startswith("d-")]
    expected = sum((at >= PLAN.log_end).sum() for at in (became.clicked_at, became.dismissed_at, became.opted_out_at))
    assert len(late) == expected
    assert {event.type for event in late} == {EventType.CLICKED, EventType.DISMISSED, EventType.OPTED_OUT}
    outcomes = pd.read_parquet(log / "outcomes.parquet").set_index("decision_id")
    for event in late:
        sent = outcomes.loc[event.decision_id]
        assert (event.user_id, event.message_id) == (pseudonym(str(sent["user_id"])), sent["message_id"])


class Listening(Ranker):
    """A ranker that notes at each ask the last thing that its store knows of the user."""

    heard: ClassVar[list[tuple[str, int, int | None]]] = []

    def rank(self, request: RankingRequest, decision_id: str) -> Decision:
        user_key = self.pseudonym(request.user_id)
        self.heard.append((user_key, request.as_of, self.store.user(user_key, request.as_of).last_event_at))
        return super().rank(request, decision_id)


def test_what_happened_to_somebody_is_known_when_the_next_ask_comes(past: Past, log: Path, tmp_path: Path) -> None:
    plain = loaded(log, policy("default"), tmp_path)
    ranker = Listening(plain.store, plain.catalogue, plain.policy, plain.pseudonym, plain.served)
    live_on_ranked(past, ranker)
    moments: dict[str, list[int]] = {}
    for stored in ranker.store.events_since(0):
        moments.setdefault(stored.event.user_id, []).append(stored.event.at)
    recent = 0
    for user_key, at, last in ranker.heard:
        assert last in (max((one for one in moments[user_key] if one < at), default=None), at)
        recent += last is not None and last // HOUR == at // HOUR
    assert len(ranker.heard) == sum(len(asks) for asks in asks_of(past, Setting()))
    assert recent > 10


def test_people_add_up_to_their_pushes(past: Past, arm: tuple[Ranker, Result]) -> None:
    _, result = arm
    assert result.asks == sum(len(asks) for asks in asks_of(past, Setting()))
    found, pushes = result.people.set_index("user_id"), result.pushes
    worth = pd.Series({message.message_id: message.worth for message in past.town.catalogue.messages})
    pushes = pushes.assign(ordinary=pushes["clicked"] * pushes["message_id"].map(worth))
    by_user = pushes.groupby("user_id")[["clicked", "ordinary", "opted_out"]].sum().reindex(found.index, fill_value=0)
    assert len(found) == past.followed.sum()
    assert (found["pushes"] == pushes["user_id"].value_counts().reindex(found.index, fill_value=0)).all()
    assert (found["clicks"] == by_user["clicked"]).all()
    assert np.allclose(found["ordinary_clicks"], by_user["ordinary"])
    assert (found["ordinary_clicks"] != found["clicks"]).any()
    assert (found["opted_out"] == by_user["opted_out"]).all()
    assert ((found["days"] == 5) | (found["opted_out"] == 1)).all()
    assert sum(result.silences.values()) + len(pushes) <= result.asks + sum(result.stops.values())
    assert set(result.silences) <= {"all_excluded", "below_value", "muted"}


def test_chances_are_those_of_the_town_at_the_send(past: Past, arm: tuple[Ranker, Result]) -> None:
    _, result = arm
    pushes = result.pushes
    spread = np.sqrt((pushes["p_click"] * (1 - pushes["p_click"])).sum())
    assert abs(pushes["clicked"].sum() - pushes["p_click"].sum()) < 4 * spread
    first = pushes.iloc[0]
    place = int(people(past, result)["place"][first["user_id"]])
    world = World.after(touchy(past, TOUCHY))
    message = [m.message_id for m in past.town.catalogue.messages].index(first["message_id"])
    world.push(place, message, int(first["sent_at"]), NOBODY_KNOWS)
    again = world.result(Setting(), 0, {}, {}).pushes.iloc[0]
    for name in ("p_click", "p_opt_out", "clicked", "opted_out", "local_hour", "category"):
        assert again[name] == first[name], name


def test_as_before_goes_on_as_a_longer_log_would() -> None:
    plan = Plan(users=600, days=42, seed=4, log_days=28)
    past, longer = past_of(plan), live_through(make_town(replace(plan, log_days=None)))
    result = live_on_unranked(past)
    user, at = longer.decisions.user[longer.sent], longer.decisions.moment[longer.sent]
    after = (at >= plan.log_end) & past.followed[user]
    assert (at < plan.log_end).sum() == len(past.pushed[0])
    assert len(result.pushes) == pytest.approx(after.sum(), rel=0.03)
    for name in ("p_click", "p_opt_out"):
        expected = getattr(longer.reactions, name)[after].mean()
        assert result.pushes[name].mean() == pytest.approx(expected, rel=0.1), name
    assert result.pushes["clicked"].mean() == pytest.approx(result.pushes["p_click"].mean(), rel=0.1)
    assert result.pushes["net_value"].isna().all()
    assert result.pushes["propensity"].between(0, 1, inclusive="neither").all()


def test_as_before_stops_at_leaving_too_and_is_the_same_each_time(past: Past) -> None:
    result = live_on_unranked(touchy(past, TOUCHY))
    gone_at = PLAN.log_end + result.people.set_index("user_id")["days"] * DAY
    assert (result.people["days"] < 5).sum() > 5
    assert (result.pushes["sent_at"] <= result.pushes["user_id"].map(gone_at)).all()
    assert not result.pushes.duplicated(["user_id", "message_id"]).any()
    pd.testing.assert_frame_equal(live_on_unranked(touchy(past, TOUCHY)).pushes, result.pushes)


def test_starved_is_who_can_be_reached_and_had_nothing_for_long(past: Past) -> None:
    result = live_on_unranked(past, Setting(starved_after=2))
    user, _, at = past.pushed
    names = np.array(past.town.people.ids)
    last = pd.Series(past.town.people.registered, index=names)
    for moments in (pd.Series(at, index=names[user]), result.pushes.set_index("user_id")["sent_at"]):
        last = last.combine(moments.groupby(level=0).max(), max, fill_value=0)
    found = result.people.set_index("user_id")
    idle = (found["opted_out"] == 0) & (last[found.index] <= PLAN.end - 2 * DAY)
    assert 0 < idle.sum() < len(found)
    assert (found["starved"] == idle).all()


def test_who_never_had_a_push_starves_from_registration_on(past: Past) -> None:
    world = World.after(past)
    world.last_push[:] = NEVER
    starved = world.result(Setting(starved_after=10), 0, {}, {}).people["starved"]
    early = past.town.people.registered[past.followed] <= PLAN.end - 10 * DAY
    assert not early.all()
    assert (starved == early).all()


def test_the_sender_of_the_log_goes_on_with_what_it_knew(past: Past) -> None:
    known, (_, message, _) = ledger_of(past, World.after(past)), past.pushed
    clicked = past.weeks.reactions.clicked_at
    heard = message[(clicked != NEVER) & (clicked < PLAN.log_end)]
    assert len(heard) > 10
    assert (known.clicks == np.bincount(heard, minlength=len(known.clicks))).all()
    assert (known.sends == np.bincount(message, minlength=len(known.sends))).all()


def test_a_result_is_read_as_it_was_written(arm: tuple[Ranker, Result], tmp_path: Path) -> None:
    _, result = arm
    write_result(result, tmp_path / "new" / "arm")
    again = read_result(tmp_path / "new" / "arm")
    pd.testing.assert_frame_equal(again.people, result.people)
    pd.testing.assert_frame_equal(again.pushes, result.pushes)
    assert (again.asks, again.silences, again.stops) == (result.asks, result.silences, result.stops)


def test_progress_is_told_by_the_day(past: Past) -> None:
    days: list[int] = []
    live_on_unranked(past, tick=days.append)
    assert days == [1, 2, 3, 4, 5]
