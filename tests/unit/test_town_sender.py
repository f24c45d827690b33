"""The sender of the town chooses with the probabilities that it writes down."""

from __future__ import annotations

import numpy as np
import pytest

from pushrank.domain.instants import HOUR
from pushrank.town import Plan, Town, make_town
from pushrank.town.sender import FEWEST, MOST, Ledger, decide, pick, probabilities


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(Plan(users=400, days=14, seed=11))


@pytest.fixture
def ledger(town: Town) -> Ledger:
    users, messages = town.plan.users, len(town.catalogue.messages)
    return Ledger(
        reached=np.ones(users, dtype=np.bool_),
        had=np.zeros((users, messages), dtype=np.bool_),
        sends=np.zeros(messages, dtype=np.int64),
        clicks=np.zeros(messages, dtype=np.int64),
    )


def test_probabilities_of_silence_and_candidates_sum_to_one(town: Town, ledger: Ledger) -> None:
    choices = decide(town, ledger, town.plan.start + 12 * HOUR, np.random.default_rng(1))
    shares = probabilities(town, ledger, choices.user, choices.moment, choices.candidates)
    assert len(choices.user) > 10
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert (shares[:, 0] > 0).all()
    assert (shares[:, 1:][choices.candidates < 0] == 0).all()
    assert (shares[:, 1:][choices.candidates >= 0] > 0).all()


def test_the_logged_propensity_is_that_of_the_choice(town: Town, ledger: Ledger) -> None:
    choices = decide(town, ledger, town.plan.start + 12 * HOUR, np.random.default_rng(2))
    shares = probabilities(town, ledger, choices.user, choices.moment, choices.candidates)
    options = np.hstack([np.full((len(choices.user), 1), -1), choices.candidates])
    place = np.where(choices.chosen < 0, 0, (options == choices.chosen[:, None]).argmax(axis=1))
    assert shares[np.arange(len(place)), place] == pytest.approx(choices.propensity)


def test_choices_come_as_often_as_their_probabilities_say(town: Town, ledger: Ledger) -> None:
    choices = decide(town, ledger, town.plan.start + 12 * HOUR, np.random.default_rng(3))
    shares = probabilities(town, ledger, choices.user, choices.moment, choices.candidates)[0]
    times = 50_000
    seen = np.bincount(pick(np.tile(shares, (times, 1)), np.random.default_rng(4)), minlength=len(shares))
    possible = shares > 0
    surprise = ((seen - times * shares)[possible] ** 2 / (times * shares[possible])).sum()
    # The 99.9 % quantile of chi-square with 16 degrees of freedom.
    assert surprise < 39.3
    assert (seen[~possible] == 0).all()


def test_candidates_are_few_distinct_live_and_new(town: Town, ledger: Ledger) -> None:
    ledger.had[:, ::2] = True
    hour = town.plan.start + 12 * HOUR
    choices = decide(town, ledger, hour, np.random.default_rng(5))
    for row in choices.candidates:
        kept = row[row >= 0]
        assert FEWEST <= len(kept) <= MOST
        assert len(set(kept)) == len(kept)
        assert set(kept) <= set(town.catalogue.live(hour))
        assert (kept % 2 == 1).all()


def test_nobody_who_left_is_considered(town: Town, ledger: Ledger) -> None:
    ledger.reached[:200] = False
    choices = decide(town, ledger, town.plan.start + 12 * HOUR, np.random.default_rng(6))
    assert len(choices.user) > 5
    assert (choices.user >= 200).all()


def test_a_message_that_did_well_is_chosen_more_often(town: Town, ledger: Ledger) -> None:
    choices = decide(town, ledger, town.plan.start + 12 * HOUR, np.random.default_rng(7))
    before = probabilities(town, ledger, choices.user, choices.moment, choices.candidates)
    star = choices.candidates[0, 0]
    ledger.sends[star], ledger.clicks[star] = 100, 30
    after = probabilities(town, ledger, choices.user, choices.moment, choices.candidates)
    assert after[0, 1] > before[0, 1]
    assert after[0, 0] < before[0, 0]
