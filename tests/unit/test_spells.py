from __future__ import annotations

from dataclasses import replace

import numpy as np

from pushrank.domain.instants import DAY
from pushrank.learning.dataset import Rows
from pushrank.learning.spells import READ, spells_of
from tests.small_chains import rows_of


def test_a_spell_ends_with_the_next_push_or_the_log() -> None:
    rows = rows_of(np.array([0, 1, 0]), np.array([0, 1, 4]) * DAY, np.zeros(3), np.zeros(3))
    spells = spells_of(rows, READ)
    assert spells.user.tolist() == [0, 0, 1]
    assert spells.days.tolist() == [4.0, 0.0, 3.0]
    assert spells.following.tolist() == [1, -1, -1]


def test_an_opt_out_ends_the_spell_at_its_push() -> None:
    rows = rows_of(np.array([0, 0, 1]), np.array([0, 4, 9]) * DAY, np.zeros(3), np.array([1, 0, 0]))
    spells = spells_of(rows, READ)
    assert spells.days.tolist() == [0.0, 5.0, 0.0]
    assert spells.following.tolist() == [-1, -1, -1]


def test_a_long_gap_is_cut_and_hides_where_the_user_went() -> None:
    rows = rows_of(np.array([0, 0]), np.array([0, 100]) * DAY, np.zeros(2), np.zeros(2))
    spells = spells_of(rows, READ)
    assert spells.days.tolist() == [30.0, 0.0]
    assert spells.following.tolist() == [-1, -1]


def test_an_open_window_is_neither_for_nor_against() -> None:
    rows = rows_of(np.array([0, 1, 2]), np.array([0, 1, 2]) * DAY, np.array([1, 0, -1]), np.array([0, -1, -1]))
    assert spells_of(rows, READ).known.tolist() == [True, False, False]


def test_a_log_that_never_tells_of_opt_outs_is_known_by_its_clicks() -> None:
    rows = rows_of(np.array([0, 1]), np.array([0, 1]) * DAY, np.array([1, -1]), np.array([-1, -1]))
    assert spells_of(rows, READ).known.tolist() == [True, False]


def test_pushes_of_a_week_are_told_only_where_the_log_shows_a_week() -> None:
    rows = rows_of(np.zeros(3, dtype=np.int64), np.arange(3) * DAY, np.zeros(3), np.zeros(3), week=np.array([0, 5, 6]))
    rows.matrix[:, READ.index("user_hours_since_first")] = [2160.0, 100.0, 2160.0]
    np.testing.assert_array_equal(spells_of(rows, READ).week, [np.nan, np.nan, 6.0])


def test_a_first_week_counts_only_where_there_is_not_much_else() -> None:
    user, days = np.repeat(np.arange(400), 2), np.tile(np.array([0, 9]), 400)
    log = rows_of(user, days * DAY, np.zeros(800), np.zeros(800), activity=np.ones(800))
    assert spells_of(log, READ).known.all()
    log.matrix[:400, READ.index("user_hours_since_first")] = 100.0
    assert spells_of(log, READ).known.all()
    later = rows_of(user, days * DAY + 9 * DAY, np.zeros(800), np.zeros(800))
    last = rows_of(np.array([0]), np.array([30]) * DAY, np.zeros(1), np.zeros(1))
    assert spells_of(joined(log, later, last), READ).known.tolist().count(False) == 400


def joined(*logs: Rows) -> Rows:
    order = np.argsort(np.concatenate([log.sent_at for log in logs]), kind="stable")
    names = ("matrix", "user", "message", "decision", "sent_at", "click", "opt_out", "propensity", "local_hour")
    return replace(logs[0], **{name: np.concatenate([getattr(log, name) for log in logs])[order] for name in names})


def test_a_column_that_was_left_out_leaves_one_level() -> None:
    rows = rows_of(np.array([0, 1]), np.array([0, 1]) * DAY, np.zeros(2), np.zeros(2), activity=np.array([1.0, 2.0]))
    without = spells_of(rows, ["other", *READ[1:]])
    assert without.activity.tolist() == [0.0, 0.0]
    assert spells_of(rows, READ).activity.tolist() != [0.0, 0.0]
