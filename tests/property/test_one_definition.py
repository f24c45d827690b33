"""Training and serving read the same figures, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.domain.instants import HOUR
from pushrank.features.columns import from_impressions, from_moments, from_request
from pushrank.features.definitions import FEATURES
from pushrank.features.events import encode_events
from pushrank.features.fold import fold
from pushrank.features.state import decode_state, empty_state, encode_state
from pushrank.features.view import FeatureView
from tests.histories import OFFSET, MadeLog, made_events, made_log, made_messages

OWN = {"user_registered_at": 0.0, "user_language": 0.0}


def requested(log: MadeLog, row: int, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[str, object]:
    """Columns of the candidates `rows` as a request at the moment of impression `row` sees them."""
    user, at = int(log.impressions.user[row]), int(log.impressions.at[row])
    state, events = empty_state(), log.by_user[user]
    fold(state, events.take(np.flatnonzero(events.at < at)))
    facts = log.facts.take(rows)
    counts = log.counts.figures(facts.key, facts.category, np.full(rows.size, at // HOUR))
    return dict(from_request(log.view, decode_state(encode_state(state)), OWN, at, OFFSET, facts, counts))


@given(seed=st.integers(0, 10_000), users=st.integers(1, 4), events=st.integers(1, 120))
@settings(max_examples=25, deadline=None)
def test_a_request_sees_the_row_that_training_saw(seed: int, users: int, events: int) -> None:
    log = made_log(users, events, seed)
    if not log.impressions.at.size:
        return
    trained = log.view.matrix(from_impressions(log.view, log.impressions, log.events, log.users, log.facts, log.counts))

    rng = np.random.default_rng(seed)
    for row in rng.choice(log.impressions.at.size, min(5, log.impressions.at.size), replace=False):
        served = log.view.matrix(requested(log, int(row), np.arange(len(log.messages))))  # type: ignore[arg-type]

        np.testing.assert_array_equal(served[log.impressions.message[row]], trained[row])


@given(seed=st.integers(0, 10_000), users=st.integers(1, 3), events=st.integers(1, 120))
@settings(max_examples=25, deadline=None)
def test_a_row_for_a_moment_is_the_row_of_a_request_then(seed: int, users: int, events: int) -> None:
    log, rng = made_log(users, events, seed), np.random.default_rng(seed)
    state, own = empty_state(), log.by_user[0]
    fold(state, own)
    first = int(own.at[-1]) + 1
    messages = rng.permutation(len(log.messages))[:5]
    moments = np.array([first, *(first // HOUR + rng.permutation(60)[:4] + 1) * HOUR], dtype=np.int64)
    offsets = np.array([OFFSET, OFFSET, 0, -9000, OFFSET], dtype=np.int64)
    place, when = (pair.ravel() for pair in np.meshgrid(np.arange(messages.size), np.arange(moments.size)))
    facts = log.facts.take(messages)
    known = log.counts.figures(facts.key, facts.category, np.full(messages.size, first // HOUR))

    table = log.view.matrix(
        from_moments(log.view, state, OWN, moments[when], offsets[when], facts.take(place), known[place])
    )

    for moment, (at, offset) in enumerate(zip(moments.tolist(), offsets.tolist(), strict=True)):
        alone = log.view.matrix(from_request(log.view, state, OWN, at, offset, facts, known))
        np.testing.assert_array_equal(table[when == moment], alone)


@given(seed=st.integers(0, 10_000), events=st.integers(1, 120))
@settings(max_examples=25, deadline=None)
def test_a_row_for_a_moment_is_the_row_that_training_saw(seed: int, events: int) -> None:
    log = made_log(1, events, seed)
    if not log.impressions.at.size:
        return
    trained = log.view.matrix(from_impressions(log.view, log.impressions, log.events, log.users, log.facts, log.counts))
    row = int(np.random.default_rng(seed).integers(log.impressions.at.size))
    at, message = log.impressions.at[row : row + 1], log.impressions.message[row : row + 1]
    state, own = empty_state(), log.by_user[0]
    fold(state, own.take(np.flatnonzero(own.at < at)))
    facts = log.facts.take(message)
    known = log.counts.figures(facts.key, facts.category, at // HOUR)

    served = log.view.matrix(from_moments(log.view, state, OWN, at, np.array([OFFSET]), facts, known))

    np.testing.assert_array_equal(served[0], trained[row])


@pytest.mark.parametrize("name", sorted(FEATURES))
def test_a_feature_gives_the_same_bits_alone_and_among_others(name: str) -> None:
    log = made_log(users=2, events_each=80, seed=5)
    view = FeatureView((name,), log.view.constants, log.view.basis)
    row = log.impressions.at.size - 1
    everything = np.arange(len(log.messages))

    together = view.matrix(requested(log, row, everything))  # type: ignore[arg-type]

    for place in everything:
        alone = view.matrix(requested(log, row, everything[place : place + 1]))  # type: ignore[arg-type]
        np.testing.assert_array_equal(alone[0], together[place])


@given(seed=st.integers(0, 10_000), cut=st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_folding_in_two_steps_equals_folding_at_once(seed: int, cut: float) -> None:
    events = encode_events(made_events("u", made_messages(30), 150, seed))
    split = int(cut * events.at.size)
    whole, halves = empty_state(), empty_state()

    fold(whole, events)
    fold(halves, events.take(np.arange(split)))
    halves = decode_state(encode_state(halves))
    fold(halves, events.take(np.arange(split, events.at.size)))

    assert encode_state(halves) == encode_state(whole)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_order_of_arrival_does_not_matter(seed: int) -> None:
    arrived = made_events("u", made_messages(30), 100, seed)
    shuffled = [arrived[place] for place in np.random.default_rng(seed).permutation(len(arrived))]
    one, other = empty_state(), empty_state()

    fold(one, encode_events(arrived))
    fold(other, encode_events(shuffled))

    assert encode_state(one) == encode_state(other)


_PLAIN = """
from hashlib import sha256
from pushrank.features.events import encode_events
from pushrank.features.fold import fold
from pushrank.features.state import empty_state, encode_state
from tests.histories import made_events, made_messages
state = empty_state()
fold(state, encode_events(made_events("u", made_messages(30), 400, 11)))
import sys
sys.stdout.write(sha256(encode_state(state)).hexdigest())
"""


def test_the_compiled_fold_equals_the_same_fold_in_plain_python() -> None:
    plain = subprocess.run(
        [sys.executable, "-c", _PLAIN],
        env={"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": "src:.", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    state = empty_state()

    fold(state, encode_events(made_events("u", made_messages(30), 400, 11)))

    assert plain.stdout == sha256(encode_state(state)).hexdigest()
