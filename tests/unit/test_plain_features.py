"""What the benchmarks hold our models against, checked row by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.newsletter_log import Newsletter, user_rate
from benchmarks.plain_newsletter import features as newsletter_features
from benchmarks.town import attainable_share, first_choice
from benchmarks.town_features import features, read, thought
from pushrank.domain.instants import DAY, HOUR, instant
from pushrank.town import Plan, write_town

CUT = pd.Timestamp("2020-02-15T00:00:00Z")


def _newsletter() -> Newsletter:
    days = pd.to_datetime(["2020-01-01", "2020-02-01", "2020-03-01"], utc=True)
    events = pd.DataFrame(
        {
            "user_id": ["a", "a", "a", "b", "b"],
            "send_id": ["s01", "s06", "s10", "s06", "s10"],
            "sent_at": [*days, *days[1:]],
            "opened": [1, 0, 1, 0, 0],
            "clicked": [1, 0, 1, 0, 0],
            "left_list_after": [0, 0, 1, 0, 0],
        }
    )
    sends = pd.DataFrame({"send_id": ["s01", "s06", "s10"], "sent_at": days})
    for column in ("subject_length", "subject_num_words", "num_words", "num_links", "num_clickable_pics"):
        sends[column] = [1, 2, 3]
    return Newsletter(events, sends, CUT)


def test_a_newsletter_row_knows_only_earlier_sends() -> None:
    found = newsletter_features(_newsletter())
    assert found["sends"].tolist() == [0, 1, 2, 0, 1]
    assert found["clicks"].tolist() == [0, 1, 1, 0, 0]
    assert found["days_since_click"].tolist() == pytest.approx([np.nan, 31, 60, np.nan, np.nan], nan_ok=True)
    assert found["links"].tolist() == [1, 2, 3, 2, 3]


def test_the_past_rate_is_shrunk_to_the_base_before_the_cut() -> None:
    base = 1 / 3
    expected = [base, (1 + 10 * base) / 11, (1 + 10 * base) / 12, base, 10 * base / 11]
    assert user_rate(_newsletter(), "clicked").tolist() == pytest.approx(expected)


def test_robots_and_clean_sends_are_told_before_the_cut() -> None:
    log = _newsletter()
    assert log.robots() == {"a"}
    assert log.clean.tolist() == [False, True, True, True, True]


def test_the_truth_attains_all_and_a_constant_nothing() -> None:
    p = np.array([0.1, 0.4, 0.3])
    assert attainable_share(p, p) == 1.0
    assert attainable_share(p, np.zeros(3)) == 0.0


def test_the_first_choice_is_judged_against_the_best_there_is() -> None:
    table = pd.DataFrame({"user_id": ["a", "a", "b", "b"], "p_true": [0.4, 0.2, 0.1, 0.3], "s": [1.0, 2.0, 5.0, 5.0]})
    assert first_choice(table, "s") == pytest.approx((0.2 + 0.2) / (0.4 + 0.3))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("town") / "log"
    write_town(Plan(users=40, days=14, seed=5), out)
    return out


def test_the_plain_features_of_a_town_are_counts_of_what_came_strictly_before(town: Path) -> None:
    log = read(town, instant("2026-11-12T00:00:00+00:00"))
    found, rows = features(log, log.pushes), log.outcomes
    assert found.shape == (len(rows), 17)
    for row in np.random.default_rng(1).integers(0, len(rows), 40).tolist():
        at, user = log.pushes.at.item(row), rows["user_id"][row]
        own = rows[rows["user_id"] == user]
        earlier = own[own["sent_at"] < at]
        clicks = own[(own["clicked"] == 1) & (own["clicked_at"] < at)]
        same = log.pushes.category[earlier.index] == log.pushes.category[row]
        assert found["user_sends"][row] == len(earlier)
        assert found["user_clicks"][row] == len(clicks)
        assert found["category_sends"][row] == same.sum()
        assert found["sends_24h"][row] == (earlier["sent_at"] >= at - DAY).sum()
        since = (at - earlier["sent_at"].max()) / HOUR if len(earlier) else np.nan
        assert found["hours_since_send"][row] == pytest.approx(since, nan_ok=True)
        local = pd.Timestamp(at, unit="us", tz="UTC").tz_convert(log.zones[log.pushes.user[row]])
        assert (found["hour"][row], found["weekday"][row]) == (local.hour, local.day_of_week)


def test_a_push_that_is_only_thought_of_is_seen_as_one_that_is_sent(town: Path) -> None:
    log = read(town, instant("2026-11-12T00:00:00+00:00"))
    again = features(log, thought(log, log.outcomes, log.outcomes["sent_at"]))
    pd.testing.assert_frame_equal(again, features(log, log.pushes))
