"""When a message goes: at the best of the hours ahead, as the habits of its user tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from pushrank.config.types import Exploration, Hours
from pushrank.domain.codes import EventType, Mode, ReasonCode, SilenceCode
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.instants import DAY, HOUR, MINUTE, Instant
from pushrank.domain.message import Candidate
from pushrank.domain.user import QuietWindow
from pushrank.ranking.ranker import Ranker
from pushrank.ranking.served import Served
from pushrank.scoring.bundle import Trained, load, save
from pushrank.scoring.item_only import ItemOnlyScorer
from pushrank.scoring.permission import Permission
from pushrank.scoring.scorer import Floats, Scores
from pushrank.transfer.batch import Run, rank_users
from tests.small_habits import model_of_habits, pushes
from tests.small_house import House, slate_of
from tests.small_models import small_view
from tests.small_policies import NOON, message

DAYS_AHEAD: dict[str, Any] = {"hours": Hours(23, 3), "value_floor": 0.0}
NEWEST = NOON - DAY


@dataclass(frozen=True)
class ByTheClock:
    """A scorer for whom the hour of the day is all."""

    place: int
    p_click: Callable[[Floats], Floats]
    happening: Callable[[], object] = lambda: None

    def score(self, matrix: Floats) -> Scores:
        self.happening()
        return Scores(self.p_click(matrix[:, self.place]), np.full(len(matrix), 1e-6))


def evening(hour: Floats) -> Floats:
    """Best at 19, and the worse the further away."""
    return 0.2 - np.abs(hour - 19.0) / 200.0


def served_by(model: Trained, folder: Path) -> Served:
    save(model, folder)
    return Served.of(load(folder))


def house_by_the_clock(folder: Path, p_click: Callable[[Floats], Floats] = evening, **changes: Any) -> House:
    view = small_view()
    clock = ByTheClock(view.names.index("hour_of_day"), p_click)
    served = Served(view, clock, ItemOnlyScorer.of(view.names), Permission.flat(4.5), "1", "the-features")
    house = House(folder, served=served, **{**DAYS_AHEAD, **changes})
    house.put(*(message(f"m-{place}", published_at=NEWEST) for place in range(1, 7)))
    return house


def moments(decision: Decision) -> list[Instant]:
    return [chosen.send_at for chosen in decision.slate]


def at_hour(hour: int) -> Instant:
    return NOON + (hour - 12) * HOUR


def test_a_message_goes_at_the_best_hour_ahead_and_is_reserved_for_then(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path)
    decision = house.rank("m-1")
    (push,) = house.record().pushes
    assert moments(decision) == [at_hour(19)]
    assert (push.at, push.expires_at) == (at_hour(19), at_hour(19) + 5 * MINUTE)
    assert decision.slate[0].scored.p_click == 0.2


def test_without_hours_it_goes_now(tmp_path: Path) -> None:
    decision = house_by_the_clock(tmp_path, hours=None).rank("m-1")
    assert moments(decision) == [NOON]
    assert decision.slate[0].scored.p_click == evening(np.array([12.0]))[0]


def test_a_slate_spreads_over_the_hours_that_the_gap_leaves(tmp_path: Path) -> None:
    decision = house_by_the_clock(tmp_path, min_gap_minutes=90.0).rank("m-1", "m-2", "m-3", "m-4", slots=4)
    assert moments(decision) == [at_hour(hour) for hour in (19, 17, 21, 15)]
    clicks = [chosen.scored.p_click for chosen in decision.slate]
    assert clicks == evening(np.array([19.0, 17.0, 21.0, 15.0])).tolist()


def test_of_equal_hours_the_earliest_is_taken(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path, lambda hour: np.full_like(hour, 0.1), min_gap_minutes=60.0)
    decision = house.rank("m-1", "m-2", slots=2, as_of=NOON + 20 * MINUTE)
    assert moments(decision) == [NOON + 20 * MINUTE, NOON + 2 * HOUR]


def test_a_confirm_in_one_trip_asks_about_now_alone(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path)
    assert moments(house.rank("m-1", mode=Mode.CONFIRM)) == [NOON]


def test_only_the_best_are_weighed_at_other_hours(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path, hours=Hours(23, 1))
    decision = house.rank(Candidate("m-1"), Candidate("m-2", worth=2.0), Candidate("m-3"), mode=Mode.LOOK)
    assert (slate_of(decision), moments(decision)) == (["m-2"], [at_hour(19)])
    assert {passed.p_click for passed in decision.passed_over} == set(evening(np.array([12.0])).tolist())


def test_what_the_gap_puts_off_is_scored_as_of_then(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path, lambda hour: np.where(hour == 12, 0.9, hour / 100), min_gap_minutes=90.0)
    house.put(message("seen", published_at=NEWEST))
    house.take(house.event(EventType.SENT, NOON - 10 * MINUTE, message_id="seen"))
    decision = house.rank("m-1", mode=Mode.LOOK)
    assert (moments(decision), decision.slate[0].scored.p_click) == ([at_hour(23)], 0.23)


def test_without_a_model_the_earliest_moment_wins(tmp_path: Path) -> None:
    house = House(tmp_path, **{**DAYS_AHEAD, "min_gap_minutes": 60.0})
    house.put(message("m-1", published_at=NEWEST), message("m-2", published_at=NEWEST))
    assert moments(house.rank("m-1", "m-2", slots=2)) == [NOON, NOON + HOUR]


def test_who_is_not_to_be_known_has_no_hour_of_their_own(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path)
    house.settle(personalisation=False)
    assert moments(house.rank("m-1")) == [NOON]


def during(house: House, happening: Callable[[], object]) -> None:
    """Let something happen while the ranker scores, once."""
    served, scorer = house.ranker.served, house.ranker.served.scorer
    assert isinstance(scorer, ByTheClock)
    left = [happening]
    once = replace(scorer, happening=lambda: left.pop()() if left else None)
    house.ranker.served = replace(served, scorer=once)


def test_an_hour_that_another_decision_took_meanwhile_is_not_taken_again(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path, min_gap_minutes=60.0)
    other = replace(house.ranker, served=house.ranker.served)
    during(house, lambda: Ranker.rank(other, RankingRequest("u-1", NOON, (Candidate("m-2"),)), "other"))
    assert moments(house.rank("m-1")) == [at_hour(18)]
    assert sorted(push.at for push in house.record().pushes) == [at_hour(18), at_hour(19)]


def test_quiet_hours_that_were_set_meanwhile_are_kept(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path)
    during(house, lambda: house.settle(quiet_hours=(QuietWindow(18 * 60, 22 * 60),), timezone="UTC"))
    assert moments(house.rank("m-1")) == [at_hour(17)]


def test_what_became_quiet_now_waits_for_an_hour_that_was_weighed(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path, lambda hour: np.where(hour == 12, 0.3, 0.1))
    during(house, lambda: house.settle(quiet_hours=(QuietWindow(11 * 60, 14 * 60),), timezone="UTC"))
    decision = house.rank("m-1")
    assert moments(decision) == [at_hour(14)]


def test_an_opt_out_meanwhile_leaves_no_hour(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path)
    during(house, lambda: house.settle(push=False))
    decision = house.rank("m-1")
    assert (decision.slate, decision.silence) == ((), SilenceCode.ALL_EXCLUDED)


def test_each_candidate_is_named_once_whatever_its_hours(tmp_path: Path) -> None:
    names = [f"m-{place}" for place in range(1, 7)]
    decision = house_by_the_clock(tmp_path, min_gap_minutes=60.0, max_per_day=2, hours=Hours(6, 2)).rank(
        *names, slots=3
    )
    passed = [one.message_id for one in decision.passed_over]
    assert sorted([*slate_of(decision), *passed, *(one.message_id for one in decision.excluded)]) == names
    assert len(decision.slate) == 2


def test_chance_is_that_of_the_decision_and_a_look_leaves_nothing_to_it(tmp_path: Path) -> None:
    names = tuple(Candidate(f"m-{place}") for place in range(1, 7))
    ranked = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        house = house_by_the_clock(tmp_path / folder, exploration=Exploration(share=0.9, loss=1.0, among=6))
        ranked.append([house.ranker.rank(RankingRequest("u-1", NOON, names), f"d-{n}") for n in range(4)])
        look = house.ranker.rank(RankingRequest("u-2", NOON, names, mode=Mode.LOOK), "d-look")
        assert (slate_of(look), look.propensity) == (["m-1"], 1.0)
    one, other = ([(slate_of(decision), decision.propensity) for decision in decisions] for decisions in ranked)
    assert one == other
    assert {propensity for _, propensity in one} != {1.0}


def test_a_batch_tells_when_each_message_goes(tmp_path: Path) -> None:
    house = house_by_the_clock(tmp_path)
    rank_users(house.ranker, ["u-1"], Run(NOON, tmp_path / "ranked.parquet"))
    rows = pq.read_table(tmp_path / "ranked.parquet").to_pylist()
    assert [row["send_at"].hour for row in rows if row["rank"] is not None] == [19]


@pytest.fixture(scope="module")
def habits(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return served_by(model_of_habits(), tmp_path_factory.mktemp("habits") / "bundle")


class TestHabits:
    """Of a model that was trained on people with hours of their own."""

    @pytest.fixture
    def house(self, tmp_path: Path, habits: Served) -> House:
        house = House(tmp_path, served=habits, **DAYS_AHEAD)
        house.put(message("m-news", published_at=NOON - 40 * DAY), message("m-1", published_at=NEWEST))
        return house

    def hour(self, decision: Decision) -> int:
        (moment,) = moments(decision)
        return moment // HOUR % 24

    def test_one_click_at_three_in_the_morning_proves_nothing(self, house: House) -> None:
        hours = [9, 3, 12, 15, 18, 20, 11, 16, 21, 13]
        house.take(*pushes("u-1", hours, clicked=[1]))
        assert self.hour(house.rank("m-1")) not in range(6)

    def test_thirty_clicks_at_nineteen_do(self, house: House) -> None:
        hours = [19, 9, 15] * 30
        house.take(*pushes("u-1", hours, clicked=list(range(0, 90, 3))))
        decision = house.rank("m-1")
        assert self.hour(decision) in (18, 19, 20)
        assert ReasonCode.GOOD_HOUR in [reason.code for reason in decision.slate[0].reasons]
        assert self.hour(house.rank("m-1", user="u-2", mode=Mode.LOOK)) not in (18, 19, 20)

    def test_the_reason_is_of_the_hour_chosen_and_not_of_now(self, house: House) -> None:
        house.take(*pushes("u-1", [12, 9, 15] * 30, clicked=list(range(0, 90, 3))))
        assert self.hour(house.rank("m-1", mode=Mode.LOOK)) in (11, 12, 13)
        house.settle(quiet_hours=(QuietWindow(10 * 60, 17 * 60),), timezone="UTC")
        decision = house.rank("m-1")
        assert self.hour(decision) in range(17, 24)
        assert ReasonCode.GOOD_HOUR not in [reason.code for reason in decision.slate[0].reasons]
