"""What every feature of the table keeps to, whoever the user is and whatever the messages are."""

from __future__ import annotations

from inspect import getdoc, signature

import numpy as np
import pytest

from pushrank.features.columns import from_impressions
from pushrank.features.definitions import FEATURES, PLAIN, Column
from pushrank.features.view import FeatureView, feature_names
from pushrank.learning.card import feature_table
from tests.histories import MadeLog, made_log

NAMES = pytest.mark.parametrize("name", FEATURES)


@pytest.fixture(scope="module")
def log() -> MadeLog:
    return made_log(users=3, events_each=80, seed=11)


@pytest.fixture(scope="module")
def columns(log: MadeLog) -> dict[str, Column]:
    """Raw columns of impressions; among them are the first ones of users, of whom nothing is known yet."""
    return from_impressions(log.view, log.impressions, log.events, log.users, log.facts, log.counts)


def computed(name: str, columns: dict[str, Column]) -> Column:
    return FEATURES[name](*(columns[read] for read in signature(FEATURES[name]).parameters))


@NAMES
def test_a_feature_says_what_it_means(name: str) -> None:
    meaning = getdoc(FEATURES[name]) or ""
    assert meaning.endswith(".")
    assert f"| `{name}` |" in feature_table((name,))


@NAMES
def test_a_feature_reads_raw_columns_that_exist_and_no_other_feature(name: str, columns: dict[str, Column]) -> None:
    reads = set(signature(FEATURES[name]).parameters)
    assert reads
    assert reads <= columns.keys()
    assert not reads & FEATURES.keys()


@NAMES
def test_a_feature_is_a_number_for_everybody(name: str, columns: dict[str, Column]) -> None:
    assert np.isfinite(computed(name, columns)).all()


@NAMES
def test_a_feature_changes_nothing_that_it_reads_and_says_the_same_twice(name: str, columns: dict[str, Column]) -> None:
    before = {read: np.copy(column) for read, column in columns.items()}
    np.testing.assert_array_equal(computed(name, columns), computed(name, columns))
    for read, column in before.items():
        np.testing.assert_array_equal(columns[read], column)


@NAMES
def test_a_feature_stands_in_the_view_once_and_under_its_own_name(name: str, log: MadeLog) -> None:
    assert log.view.names.count(name) == 1
    alone = FeatureView((name,), log.view.constants, log.view.basis)
    assert alone.reads == set(signature(FEATURES[name]).parameters)


@NAMES
def test_a_feature_can_be_left_out(name: str) -> None:
    assert name not in feature_names(2, (), leave_out=(name,))


def test_a_raw_column_that_is_a_feature_exists(columns: dict[str, Column]) -> None:
    assert set(PLAIN) <= columns.keys()
    assert not set(PLAIN) & FEATURES.keys()
