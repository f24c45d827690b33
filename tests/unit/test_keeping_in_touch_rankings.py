"""Rankings of users who have heard nothing for long: the bonus, its reason, and every wall that it leaves standing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pushrank.config.types import KeepInTouch
from pushrank.domain.codes import EventType, Mode, ReasonCode, SilenceCode
from pushrank.domain.decision import Decision
from pushrank.domain.instants import DAY, HOUR, Instant
from pushrank.domain.user import QuietWindow, UserFacts
from pushrank.ranking.served import Served
from pushrank.scoring.bundle import load, save
from pushrank.service.metrics import Metrics
from tests.small_house import House, codes_of, slate_of
from tests.small_models import small_trained
from tests.small_policies import NOON, message

BONUS = 0.02
TOUCH = KeepInTouch(after_days=30.0, bonus=BONUS)
MONTH = 30 * DAY


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Served:
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    save(small_trained(), folder)
    return Served.of(load(folder))


def settled(
    folder: Path, served: Served | None, touch: KeepInTouch | None = TOUCH, since: Instant = NOON - MONTH, **said: Any
) -> House:
    """A house with one user who registered at `since` and two messages, each at home in a folder of its own."""
    folder.mkdir(exist_ok=True)
    house = House(folder, served=served, keep_in_touch=touch)
    house.put(message("m-1", published_at=NOON - HOUR), message("m-2", published_at=NOON - 2 * HOUR))
    house.settle(facts=UserFacts(registered_at=since), **said)
    return house


def net_values(decision: Decision) -> Mapping[str, float]:
    slate = {chosen.scored.message_id: chosen.scored.net_value for chosen in decision.slate}
    return slate | {passed.message_id: passed.net_value for passed in decision.passed_over}


def reasons(decision: Decision) -> list[list[str]]:
    return [[reason.code for reason in chosen.reasons] for chosen in decision.slate]


def test_the_first_message_is_worth_the_bonus_more_and_says_why(tmp_path: Path, model: Served) -> None:
    plain = settled(tmp_path / "plain", model, None).rank("m-1", "m-2", slots=2)
    found = settled(tmp_path / "touch", model).rank("m-1", "m-2", slots=2)
    first, second = (chosen.scored.message_id for chosen in found.slate)
    assert net_values(found)[first] == pytest.approx(net_values(plain)[first] + BONUS, abs=1e-12)
    assert net_values(found)[second] == pytest.approx(net_values(plain)[second], abs=1e-12)
    assert [ReasonCode.KEEP_IN_TOUCH in codes for codes in reasons(found)] == [True, False]
    assert [ReasonCode.KEEP_IN_TOUCH in codes for codes in reasons(plain)] == [False, False]
    assert (found.bonus, plain.bonus) == (BONUS, 0.0)
    assert all(len(codes) <= 2 for codes in reasons(found))


@pytest.mark.parametrize(("above", "slate"), [(BONUS / 2, ["m-1"]), (BONUS * 2, [])])
def test_a_message_that_is_nearly_worth_it_is_sent_to_who_has_waited(
    above: float, slate: list[str], tmp_path: Path, model: Served
) -> None:
    worth = net_values(settled(tmp_path / "plain", model, None).rank("m-1"))["m-1"]
    house = House(tmp_path, served=model, keep_in_touch=TOUCH, value_floor=worth + above)
    house.put(message("m-1", published_at=NOON - HOUR))
    house.settle(facts=UserFacts(registered_at=NOON - MONTH))
    assert slate_of(house.rank("m-1", mode=Mode.LOOK)) == slate
    house.settle(facts=UserFacts(registered_at=NOON - 29 * DAY - 23 * HOUR))
    assert house.rank("m-1", mode=Mode.LOOK).silence is SilenceCode.BELOW_VALUE


@pytest.mark.parametrize(("ago", "bonus"), [(29 * DAY + 23 * HOUR, 0.0), (MONTH, BONUS)])
def test_a_send_that_was_reported_counts_to_the_hour(ago: Instant, bonus: float, tmp_path: Path, model: Served) -> None:
    house = settled(tmp_path, model, since=NOON - 400 * DAY)
    house.put(message("m-0"))
    house.take(house.event(EventType.SENT, NOON - ago, message_id="m-0"))
    assert house.rank("m-1").bonus == bonus


def test_a_hold_counts_as_had_and_one_given_back_does_not(tmp_path: Path, model: Served) -> None:
    house = settled(tmp_path, model)
    first = house.rank("m-1")
    assert first.bonus == BONUS
    assert house.rank("m-2", mode=Mode.LOOK).bonus == 0.0
    house.holds.release(first.decision_id, None, NOON)
    assert house.rank("m-2", mode=Mode.LOOK).bonus == BONUS


def test_an_old_push_of_a_candidate_does_not_count_as_had(tmp_path: Path, model: Served) -> None:
    house = settled(tmp_path, model, since=NOON - 400 * DAY)
    house.take(house.event(EventType.SENT, NOON - 2 * MONTH, message_id="m-1"))
    found = house.rank("m-1", "m-2")
    assert found.bonus == BONUS
    assert codes_of(found) == {"m-1": "already_sent"}


@pytest.mark.parametrize("with_model", [True, False])
def test_who_wants_no_personalisation_has_no_bonus_and_no_degraded_ranker_gives_one(
    tmp_path: Path, model: Served, *, with_model: bool
) -> None:
    house = settled(tmp_path, model if with_model else None, personalisation=not with_model)
    found = house.rank("m-1", slots=1)
    assert found.bonus == 0.0
    assert all(ReasonCode.KEEP_IN_TOUCH not in codes for codes in reasons(found))


@pytest.mark.parametrize(
    "walls",
    [
        {"push": False},
        {"muted_until": NOON + 1},
        {"categories": {"*": False}},
        {"max_per_day": 0},
        {"timezone": "UTC", "quiet_hours": (QuietWindow(11 * 60, 13 * 60),), "in_quiet_hours": "drop"},
    ],
    ids=lambda walls: next(iter(walls)),
)
@pytest.mark.parametrize("bonus", [BONUS, 1e9])
def test_no_wall_gives_way(walls: dict[str, Any], bonus: float, tmp_path: Path, model: Served) -> None:
    found = settled(tmp_path, model, replace(TOUCH, bonus=bonus), **walls).rank("m-1", "m-2", slots=2)
    assert found.bonus == bonus
    assert slate_of(found) == []
    assert sorted(codes_of(found)) == ["m-1", "m-2"]


def test_rankings_that_had_a_bonus_are_counted_by_what_came() -> None:
    metrics = Metrics()
    metrics.decision("hold", "slate", {}, starved=True)
    metrics.decision("hold", "slate", {})
    metrics.decision("hold", "below_value", {}, starved=True)
    text = metrics.exposition(None).decode()
    assert 'pushrank_starved_rankings_total{mode="hold",outcome="slate"} 1.0' in text
    assert 'pushrank_starved_rankings_total{mode="hold",outcome="below_value"} 1.0' in text
    assert 'pushrank_decisions_total{mode="hold",outcome="slate"} 2.0' in text
