"""No offered moment is quiet, by an oracle that reads the wall clock of every single minute."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pushrank.config.types import Hours
from pushrank.domain.instants import DAY, HOUR, MINUTE, from_datetime
from pushrank.domain.user import QuietWindow
from pushrank.policy import exclude, later
from tests.property.test_quiet_windows import SPAN, ZONES, oracle, transitions, windows_drawn
from tests.small_policies import message, policy, user


@pytest.mark.parametrize("zone", [*ZONES, "Asia/Kathmandu"])
@given(
    windows=st.lists(windows_drawn, min_size=1, max_size=3).map(tuple),
    ahead=st.integers(1, 36),
    minutes=st.integers(-36 * 60, 12 * 60),
    life=st.none() | st.integers(1, 48 * 60),
    data=st.data(),
)
@example(windows=(QuietWindow(90, 150),), ahead=30, minutes=-6 * 60, life=None, data=None)
@settings(max_examples=25, deadline=None)
def test_offered_moments_are_open_hours_ahead_within_the_life_of_the_message(
    zone: str, windows: tuple[QuietWindow, ...], ahead: int, minutes: int, life: int | None, data: st.DataObject | None
) -> None:
    middle = transitions(zone)[0] if data is None else data.draw(st.sampled_from(transitions(zone)))
    quiet, first = oracle(windows, zone, middle), from_datetime(middle - SPAN)
    now = from_datetime(middle) + minutes * MINUTE
    asked, record = policy(hours=Hours(ahead, 3), quiet_hours=()), user(quiet_hours=windows, timezone=zone)
    one = message("m-1", expires_at=None if life is None else now + life * MINUTE)
    kept, _ = exclude(asked, record, [("m-1", one)], now, zone)

    offered = [row.send_at for row in later(asked.constraints, asked.ask(record, now, zone), kept)]

    end = min(now + ahead * HOUR, now + 9 * DAY if life is None else now + life * MINUTE - 5 * MINUTE)
    hours = range(-(-(now + 1) // HOUR) * HOUR, end + 1, HOUR)
    after = kept[0].send_at if kept else end
    expected = [at for at in hours if at > after and not quiet[(at - first) // MINUTE]]
    assert offered == expected


def test_the_oracle_knows_days_enough() -> None:
    assert timedelta(hours=36 + 36) < SPAN
