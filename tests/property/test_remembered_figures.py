"""Figures that are remembered between requests equal those that are worked out anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pushrank.domain.codes import EventType
from pushrank.domain.instants import HOUR
from pushrank.domain.message import Message
from pushrank.features.state import Floats
from pushrank.ranking.catalogue import Catalogue
from tests.small_house import House
from tests.small_models import small_view
from tests.small_policies import NOON

NAMES = tuple(f"m-{place}" for place in range(6))
CATEGORIES = ("news", "sport", "promo")
TYPES = (EventType.SENT, EventType.CLICKED, EventType.DISMISSED)


@pytest.mark.parametrize("seed", range(8))
def test_figures_do_not_depend_on_what_was_asked_before(tmp_path: Path, seed: int) -> None:
    house, rng = House(tmp_path), np.random.default_rng(seed)
    for name in NAMES:
        house.put(Message(name, CATEGORIES[0]))
    for _ in range(60):
        name, at = str(rng.choice(NAMES)), NOON + int(rng.integers(4)) * HOUR
        what = rng.choice(("event", "move", "ask"), p=(0.4, 0.1, 0.5))
        if what == "event":
            house.take(house.event(TYPES[rng.integers(3)], at, message_id=name))
        elif what == "move":
            house.put(Message(name, str(rng.choice(CATEGORIES))))
        else:
            assert np.array_equal(*both(house, rng.permutation(NAMES)[: rng.integers(1, 7)].tolist(), at))
    house.store.close()


def both(house: House, asked: list[str], at: int) -> tuple[Floats, Floats]:
    """The figures of a catalogue that was asked before, and of one that was not."""
    fresh, view = Catalogue(house.store, house.policy.config), small_view()
    messages = [message for message in map(fresh.live, asked) if message is not None]
    house.catalogue.lookup()
    remembered = house.catalogue.figures(house.catalogue.facts(view, messages), at)
    return remembered, fresh.figures(fresh.facts(view, messages), at)
