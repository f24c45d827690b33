"""A bonus adds to value: whatever a constraint removes stays removed, however large it is."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.domain.instants import DAY, HOUR
from pushrank.domain.record import UserRecord
from pushrank.domain.user import QuietWindow
from pushrank.policy import exclude, zone_of
from tests.small_policies import NOON, message, policy, sent, user
from tests.small_slates import Choice, choices

bonuses = st.sampled_from([0.02, 1.0, 1e9])
records = st.builds(
    user,
    st.lists(st.builds(sent, st.sampled_from(["m-1", "m-2", "x"]), st.integers(0, 40).map(lambda h: NOON - h * HOUR))),
    reachable=st.sampled_from([True, True, False]),
    push=st.sampled_from([True, True, False]),
    muted_until=st.sampled_from([None, NOON, NOON + DAY]),
    categories=st.dictionaries(st.sampled_from(["*", "news", "promo"]), st.booleans()),
    max_per_day=st.none() | st.integers(0, 2),
    objected=st.booleans(),
    timezone=st.sampled_from([None, "Asia/Shanghai"]),
    quiet_hours=st.sampled_from([None, (QuietWindow(600, 1300),)]),
)
CANDIDATES = [
    (one.message_id, one)
    for one in (message("m-1"), message("m-2", "promo"), message("m-3", published_at=NOON + 1), message("m-4"))
]


@given(record=records, bonus=bonuses)
@settings(deadline=None)
def test_the_same_candidates_are_removed_for_the_same_reasons(record: UserRecord, bonus: float) -> None:
    asked = policy("default")
    zone = zone_of(record, asked.config)
    assert exclude(asked, record, CANDIDATES, NOON, zone, bonus=bonus) == exclude(
        asked, record, CANDIDATES, NOON, zone, bonus=0.0
    )


@given(choice=choices(), bonus=bonuses)
@settings(deadline=None)
def test_each_place_of_a_slate_goes_to_what_would_be_allowed_there_without_it(choice: Choice, bonus: float) -> None:
    found = replace(choice, ask=replace(choice.ask, bonus=bonus)).select()
    left = replace(choice, ask=replace(choice.ask, bonus=0.0))
    for place in found.rows:
        assert any(choice.rows[place] is row for row in left.rows)
        left = left.without(choice.rows[place])
