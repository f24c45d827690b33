from __future__ import annotations

import time

import pytest

from pushrank.domain.instants import SECOND, instant
from pushrank.service.clock import MOST_DRIFT, Steadiness, elapsed, wall_clock
from pushrank.service.problem import Problem

BEGAN = instant("2026-11-23T10:00:00+00:00")


class Machine:
    """Two clocks, of which one may be set."""

    def __init__(self) -> None:
        self.wall = BEGAN
        self.count = 7 * SECOND
        self.steadiness = Steadiness.of(lambda: self.wall, lambda: self.count)

    def passes(self, microseconds: int) -> None:
        self.wall += microseconds
        self.count += microseconds


def test_time_that_passes_is_no_jump_however_long() -> None:
    machine = Machine()
    machine.passes(400 * 86_400 * SECOND)
    assert machine.steadiness.jump() == 0
    machine.steadiness.require()


@pytest.mark.parametrize("way", [1, -1])
def test_a_clock_may_drift_a_minute_and_no_more(way: int) -> None:
    machine = Machine()
    machine.wall += way * MOST_DRIFT
    machine.steadiness.require()
    machine.wall += way
    with pytest.raises(Problem):
        machine.steadiness.require()


@pytest.mark.parametrize(("seconds", "words"), [(3600, "jumped 3600 s ahead"), (-90, "jumped 90 s back")])
def test_a_jump_is_a_503_that_names_it_and_since_when(seconds: int, words: str) -> None:
    machine = Machine()
    machine.passes(5 * SECOND)
    machine.wall += seconds * SECOND
    with pytest.raises(Problem, match=words) as caught:
        machine.steadiness.require()
    assert caught.value.status == 503
    assert "since 2026-11-23T10:00:00" in caught.value.detail


def test_a_clock_that_is_put_right_is_trusted_again() -> None:
    machine = Machine()
    machine.wall += 3600 * SECOND
    with pytest.raises(Problem):
        machine.steadiness.require()
    machine.passes(60 * SECOND)
    machine.wall -= 3600 * SECOND
    machine.steadiness.require()


def test_sleep_that_the_counter_missed_is_a_jump_ahead() -> None:
    machine = Machine()
    machine.wall += 2 * MOST_DRIFT
    assert machine.steadiness.jump() == 2 * MOST_DRIFT


def test_the_clocks_of_this_machine_agree() -> None:
    assert abs(Steadiness.of(wall_clock, elapsed).jump()) < SECOND
    assert abs(elapsed() - time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000) < SECOND
