"""Figures that are remembered between requests equal those that are worked out anew."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.domain.codes import EventType
from pushrank.domain.instants import HOUR
from pushrank.domain.message import Message
from pushrank.ranking.catalogue import Catalogue
from tests.small_house import House
from tests.small_models import small_view
from tests.small_policies import NOON

NAMES = tuple(f"m-{place}" for place in range(6))
CATEGORIES = ("news", "sport", "promo")
TYPES = (EventType.SENT, EventType.CLICKED, EventType.DISMISSED)

hours = st.integers(0, 5)
names = st.sampled_from(NAMES)
steps = st.one_of(
    st.tuples(st.just("event"), st.sampled_from(TYPES), names, hours),
    st.tuples(st.just("move"), st.sampled_from(CATEGORIES), names, hours),
    st.tuples(st.just("ask"), st.lists(names, min_size=1, unique=True), names, hours),
)


def put(house: House, name: str, category: str) -> None:
    house.put(Message(name, category))


@settings(max_examples=40, deadline=None)
@given(plan=st.lists(steps, max_size=25), asked_last=st.permutations(NAMES), hour=hours)
def test_figures_do_not_depend_on_what_was_asked_before(
    plan: list[tuple[str, object, str, int]], asked_last: list[str], hour: int
) -> None:
    with TemporaryDirectory() as made:
        house = House(Path(made))
        for place, name in enumerate(NAMES):
            put(house, name, CATEGORIES[place % 3])
        for what, value, name, at in [*plan, ("ask", asked_last, "", hour)]:
            if isinstance(value, EventType):
                house.take(house.event(value, NOON + at * HOUR, message_id=name))
            elif what == "move":
                put(house, name, str(value))
            else:
                assert isinstance(value, list)
                compare(house, value, NOON + at * HOUR)
        house.store.close()


def compare(house: House, asked: list[str], at: int) -> None:
    fresh, view = Catalogue(house.store), small_view()
    messages = [message for message in map(fresh.live, asked) if message is not None]
    house.catalogue.lookup()
    remembered = house.catalogue.figures(house.catalogue.facts(view, messages), at)
    assert np.array_equal(remembered, fresh.figures(fresh.facts(view, messages), at))
