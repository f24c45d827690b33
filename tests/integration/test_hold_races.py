from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pushrank.domain.codes import EventType, HoldState, Mode
from pushrank.domain.decision import RankingRequest
from pushrank.domain.instants import SECOND
from pushrank.domain.message import Candidate
from pushrank.ranking.identifiers import new_decision_id
from tests.small_house import House
from tests.small_policies import NOON, message

THREADS = 6
CAP = 3
USERS = tuple(f"u-{place}" for place in range(4))


@pytest.fixture
def house(tmp_path: Path) -> House:
    built = House(
        tmp_path,
        "default",
        default_timezone="UTC",
        quiet_hours=(),
        caps=(),
        min_gap_minutes=None,
        ramp_up=None,
        hours=None,  # the race is for the places of one day
    )
    built.put(*(message(f"m-{place}") for place in range(12)))
    return built


def at_once(work: Callable[[int], None]) -> None:
    """Run `work` in threads that start together; what one raises is raised here."""
    barrier, errors = threading.Barrier(THREADS), list[BaseException]()

    def run(place: int) -> None:
        barrier.wait()
        try:
            work(place)
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


def test_holds_and_confirms_of_many_threads_never_exceed_a_cap_and_use_it_up(house: House) -> None:
    sent: list[tuple[str, str]] = []

    def work(place: int) -> None:
        rng = np.random.default_rng(place)
        for step in range(12):
            user = USERS[int(rng.integers(len(USERS)))]
            names = rng.permutation(12)[:4]
            request = RankingRequest(
                user,
                NOON + step * SECOND,
                tuple(Candidate(f"m-{name}") for name in names),
                slots=int(rng.integers(1, 4)),
            )
            decision = house.ranker.rank(request, new_decision_id(NOON, rng))
            listed = [chosen.scored.message_id for chosen in decision.slate]
            listed += [scored.message_id for scored in decision.passed_over]
            listed += [exclusion.message_id for exclusion in decision.excluded]
            assert sorted(listed) == sorted(f"m-{name}" for name in names)
            if rng.random() < 0.3:
                house.holds.release(decision.decision_id, None, NOON + step * SECOND)
            else:
                answer = house.holds.confirm(decision.decision_id, None, NOON + step * SECOND)
                sent.extend((user, name) for name in answer.send)

    at_once(work)
    assert len(set(sent)) == len(sent)
    for user in USERS:
        pushes = house.record(user).pushes
        confirmed = [push for push in pushes if push.state is HoldState.CONFIRMED]
        assert sorted((user, push.message_id) for push in confirmed) == sorted(one for one in sent if one[0] == user)
        assert len(pushes) <= CAP
        assert len(confirmed) == CAP


def test_after_an_acknowledged_opt_out_no_confirm_says_send(house: House) -> None:
    acknowledged = threading.Event()
    wrong: list[str] = []

    def work(place: int) -> None:
        if place == 0:
            house.take(house.event(EventType.OPTED_OUT, scope="all"))
            acknowledged.set()
            return
        rng = np.random.default_rng(place)
        for name in rng.permutation(12):
            too_late = acknowledged.is_set()
            mode = (Mode.HOLD, Mode.CONFIRM)[int(rng.integers(2))]
            request = RankingRequest("u-1", NOON, (Candidate(f"m-{name}"),), mode=mode)
            decision = house.ranker.rank(request, new_decision_id(NOON, rng))
            answer = house.holds.confirm(decision.decision_id, None, NOON)
            if too_late and (decision.slate or answer.send):
                wrong.append(f"m-{name}")

    at_once(work)
    assert not wrong
    assert acknowledged.is_set()


def test_after_an_acknowledged_opt_out_no_repeated_confirm_says_send(house: House) -> None:
    decisions = [house.rank(f"m-{place}", user="u-1") for place in range(CAP)]
    acknowledged = threading.Event()
    wrong: list[str] = []

    def work(place: int) -> None:
        if place == 0:
            house.take(house.event(EventType.OPTED_OUT, scope="all"))
            acknowledged.set()
            return
        rng = np.random.default_rng(place)
        for step in range(20):
            too_late = acknowledged.is_set()
            decision = decisions[int(rng.integers(CAP))]
            answer = house.holds.confirm(decision.decision_id, None, NOON + step * SECOND)
            if too_late and answer.send:
                wrong.extend(answer.send)

    at_once(work)
    assert not wrong
    for decision in decisions:
        (stop,) = house.holds.confirm(decision.decision_id, None, NOON).stop
        assert stop.code == "opted_out"


def test_of_confirms_and_releases_of_one_hold_all_that_come_after_the_first_release_agree(house: House) -> None:
    for round_ in range(10):
        user = f"u-race-{round_}"
        decision = house.rank("m-1", user=user)
        answers: list[str] = []

        def work(place: int, decision_id: str = decision.decision_id, said: list[str] = answers) -> None:
            if place == 0:
                house.holds.release(decision_id, None, NOON)
                return
            answer = house.holds.confirm(decision_id, None, NOON)
            said.extend(answer.send or [stop.code.value for stop in answer.stop])

        at_once(work)
        assert set(answers) <= {"m-1", "released"}
        (stop,) = house.holds.confirm(decision.decision_id, None, NOON).stop
        assert stop.code == "released"
        assert house.record(user).pushes == ()
