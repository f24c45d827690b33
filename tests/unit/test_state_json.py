"""The summary of a user's behaviour leaves nothing out when it is written as named numbers."""

from __future__ import annotations

import json

from pushrank.domain.instants import DAY, iso
from pushrank.features.state import MARK, UserState, empty_state
from pushrank.rights.state_json import state_json
from tests.small_policies import NOON

MOMENTS = ("clock", "recent_at", "category_at", "category_sent_at", "tag_at")


def full_state() -> UserState:
    """A state in which no two places hold the same number."""
    state, number = empty_state(), 0
    for name, array in zip(state._fields, state, strict=True):
        flat = array.reshape(-1)
        for place in range(flat.size):
            number += 1
            flat[place] = NOON - number * DAY if name in MOMENTS else number
    state.clock[MARK] = 31
    return state


def test_every_number_of_a_state_is_told() -> None:
    state = full_state()
    text = json.dumps(state_json(state))
    for name, array in zip(state._fields, state, strict=True):
        numbers = array.reshape(-1).tolist()
        if name == "clock":
            assert '"recent_place": 31' in text
            numbers = numbers[:MARK]
        shown = [f'"{iso(int(one))}"' if name in MOMENTS else f": {one}" for one in numbers]
        assert [one for one in shown if one not in text] == [], name


def test_a_state_that_remembers_nothing_has_no_rows() -> None:
    told = state_json(empty_state())
    assert (told["recent"], told["categories"], told["tags"]) == ([], [], [])
    assert set(told["clock"].values()) == {None}
