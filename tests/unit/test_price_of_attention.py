"""What one more push takes from the others."""

from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushrank.domain.codes import SilenceCode
from pushrank.domain.instants import DAY, HOUR, Instant
from pushrank.domain.permission import Cohort
from pushrank.domain.record import Presence, UserRecord
from pushrank.domain.user import Preferences
from pushrank.features.usage import Usage
from pushrank.policy import Eligible, Policy, Scores, frequency_of, select
from pushrank.policy.price import price_of
from tests.small_policies import NOON, message, sent, shipped_categories, shipped_config, user

LEVELS = (0.0, 1.0, 7.0, 14.0, 28.0)


def cohort(clicks: tuple[float, ...], opt_outs: tuple[float, ...] | None = None, value: float = 5.0) -> Cohort:
    return Cohort(value, clicks, opt_outs or tuple(0.0 for _ in clicks), 1000.0, 10)


def test_pushes_that_do_not_disturb_each_other_cost_nothing() -> None:
    alike = cohort(tuple(0.1 * level for level in LEVELS), tuple(0.001 * level for level in LEVELS))
    assert [price_of(LEVELS, alike, pushes) for pushes in (0, 1, 7, 20)] == pytest.approx([0.0] * 4)


def test_the_price_is_what_the_others_lose() -> None:
    tired = cohort((0.0, 0.1, 0.56, 0.84, 1.12))
    # At 7 pushes a week each brings .08, at 14 each .06; over log(1 + n) the way from 8 to 15.
    at_eight = 0.08 - 0.02 * log(9 / 8) / log(15 / 8)
    assert price_of(LEVELS, tired, 7) == pytest.approx(7 * (0.08 - at_eight))


def test_the_first_push_takes_nothing_from_others() -> None:
    assert price_of(LEVELS, cohort((0.0, 0.1, 0.3, 0.3, 0.2)), 0) == 0.0


def test_opt_outs_that_pile_up_raise_the_price_by_what_permission_is_worth() -> None:
    clicks, lost = tuple(0.1 * level for level in LEVELS), (0.0, 0.001, 0.01, 0.05, 0.3)
    cheap, dear = (price_of(LEVELS, cohort(clicks, lost, value), 14) for value in (1.0, 10.0))
    assert dear == pytest.approx(10.0 * cheap)
    assert cheap > 0.0


def test_above_the_highest_level_the_price_stays() -> None:
    tired = cohort((0.0, 0.1, 0.5, 0.7, 0.8))
    assert price_of(LEVELS, tired, 500) == price_of(LEVELS, tired, 27) > 0.0


def test_a_log_that_tells_nothing_about_frequency_sets_no_price() -> None:
    assert price_of((), cohort(()), 12) == 0.0


@given(
    st.lists(st.floats(0.0, 5.0), min_size=5, max_size=5),
    st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5),
    st.integers(0, 60),
)
def test_no_price_is_negative(clicks: list[float], lost: list[float], pushes: int) -> None:
    assert price_of(LEVELS, cohort(tuple(sorted(clicks)), tuple(sorted(lost))), pushes) >= 0.0


TIRED = cohort((0.0, 0.1, 0.56, 0.84, 1.12), (0.0, 0.0005, 0.004, 0.012, 0.05))
KEEN = Usage(activity=1.0, click_rate=0.1, opened=0.3, pushes=30)


def price(record: UserRecord) -> float:
    found = frequency_of(shipped_config("default"), LEVELS, TIRED, record, KEEN, NOON)
    assert found is not None
    return found.price


def had(*moments: Instant) -> UserRecord:
    return user(pushes=tuple(sent(f"m-{place}", at) for place, at in enumerate(moments)))


def test_pushes_of_the_last_seven_days_make_the_next_one_dearer() -> None:
    busy = had(*(NOON - place * DAY for place in range(5)))
    assert price(busy) == price_of(LEVELS, TIRED, 5) > price(had(NOON - DAY)) > price(had()) == 0.0


def test_a_push_of_a_week_ago_counts_no_more() -> None:
    assert price(had(NOON - 7 * DAY)) == 0.0 < price(had(NOON - 7 * DAY + 1))


def test_a_push_reserved_for_later_counts() -> None:
    assert price(had(NOON + 5 * HOUR)) == price_of(LEVELS, TIRED, 1)


def test_too_often_makes_pushes_dearer() -> None:
    busy = had(NOON - DAY, NOON - 2 * DAY)
    assert price(replace(busy, presence=Presence(too_often=(NOON,)))) == pytest.approx(2.0 * price(busy))


def test_who_asks_for_more_than_suits_pays_no_price() -> None:
    busy = had(NOON - DAY, NOON - 2 * DAY)
    assert price(replace(busy, preferences=Preferences(max_per_day=9))) == 0.0
    assert price(replace(busy, preferences=Preferences(max_per_day=1))) > 0.0


def test_silence_is_worth_what_a_push_would_take_from_the_others() -> None:
    found = frequency_of(shipped_config("default"), LEVELS, TIRED, had(NOON - DAY), KEEN, NOON)
    assert found is not None
    policy = Policy.of(replace(shipped_config("default"), exploration=None), shipped_categories())
    ask = policy.ask(user(), NOON, "UTC", frequency=found)
    rows = [Eligible(message("m-1"), NOON), Eligible(message("m-2"), NOON)]
    below, above = found.price - 0.001, found.price + 0.001
    chosen = select(policy, ask, rows, Scores(np.array([below, above]), np.zeros(2), 1.0), 2)
    assert [one.scored.message_id for one in chosen.slate] == ["m-2"]
    assert chosen.silence is SilenceCode.BELOW_VALUE
